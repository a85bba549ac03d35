internal import MarqueeRuntime

/// One step between the files and the split. In YAML a name, or a name with its settings:
///
///     prepare: [ { sample-users: 0.3 }, dates, { binarize: { threshold: 4 } }, deduplicate, { k-core: 5 } ]
public enum PreparationStep: Sendable, Hashable {
    /// A share of the users with all their interactions.
    case sampleUsers(UserSample)
    /// Timestamps floored to their UTC date.
    case dates
    /// Ratings to interactions, all of them or those from a threshold on.
    case binarize(Binarization)
    /// One interaction for each user, item and behavior.
    case deduplicate(Deduplication)
    /// Only users and items that have enough of one another.
    case kCore(KCore)
    /// Ratings to weights between 0 and 1.
    case normalize(RatingNormalization)
    /// Only users and items whose number of interactions is not far out.
    case outliers(OutlierRemoval)
    /// What is not known of items and users filled in.
    case impute(Imputation)

    static let names = [
        "sample-users", "dates", "binarize", "deduplicate", "k-core", "normalize", "outliers", "impute",
    ]

    /// As YAML spells it.
    public var name: String {
        switch self {
        case .sampleUsers: "sample-users"
        case .dates: "dates"
        case .binarize: "binarize"
        case .deduplicate: "deduplicate"
        case .kCore: "k-core"
        case .normalize: "normalize"
        case .outliers: "outliers"
        case .impute: "impute"
        }
    }

    /// The data after this step, and what the step did. Users and items that a step leaves without
    /// interactions go from the vocabularies, the catalog, the attributes and the ties; only
    /// ``sampleUsers(_:)`` keeps every item, for what the sample has not seen can still be recommended.
    /// - Throws: ``PreparationError``.
    public func apply(to dataset: Dataset, seed: UInt64) throws -> (dataset: Dataset, report: StepReport) {
        let (result, sentence) =
            switch self {
            case .sampleUsers(let sample): try sample.apply(to: dataset, seed: seed)
            case .dates: try dataset.flooringTimestampsToDates()
            case .binarize(let binarization): try binarization.apply(to: dataset)
            case .deduplicate(let deduplication): deduplication.apply(to: dataset)
            case .kCore(let core): core.apply(to: dataset)
            case .normalize(let normalization): try normalization.apply(to: dataset)
            case .outliers(let removal): try removal.apply(to: dataset)
            case .impute(let imputation): imputation.apply(to: dataset)
            }
        guard result.log.count > 0 || dataset.log.count == 0 else {
            throw PreparationError(
                step: name, reason: "nothing is left of \(dataset.log.count) interactions; ask for less")
        }
        return (result, StepReport(name: name, before: dataset.counts, after: result.counts, sentence: sentence))
    }
}

extension [PreparationStep] {
    /// The steps one after the other, with a report of each.
    public func apply(to dataset: Dataset, seed: UInt64) throws -> (dataset: Dataset, reports: [StepReport]) {
        var current = dataset
        var reports: [StepReport] = []
        for step in self {
            let (next, report) = try step.apply(to: current, seed: seed)
            current = next
            reports.append(report)
        }
        return (current, reports)
    }
}

/// A step that the data does not allow.
public struct PreparationError: Error, Equatable, CustomStringConvertible {
    public let step, reason: String
    public var description: String { "preparation step '\(step)': \(reason)" }
}

extension PreparationStep: Codable {
    public init(from decoder: any Decoder) throws {
        let choice = try NamedChoice(from: decoder, kind: "preparation step", among: Self.names)
        switch choice.name {
        case "sample-users": self = .sampleUsers(try choice.settings(UserSample.self))
        case "dates": self = .dates
        case "binarize": self = .binarize(try choice.settings(Binarization.self, standard: Binarization()))
        case "deduplicate": self = .deduplicate(try choice.settings(Deduplication.self, standard: Deduplication()))
        case "normalize":
            self = .normalize(try choice.settings(RatingNormalization.self, standard: RatingNormalization()))
        case "outliers": self = .outliers(try choice.settings(OutlierRemoval.self, standard: OutlierRemoval()))
        case "impute": self = .impute(try choice.settings(Imputation.self, standard: Imputation()))
        default: self = .kCore(try choice.settings(KCore.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        if self == .dates || self == .binarize(Binarization()) {
            var container = encoder.singleValueContainer()
            return try container.encode(name)
        }
        var container = encoder.container(keyedBy: AnyCodingKey.self)
        let key = AnyCodingKey(name)
        switch self {
        case .sampleUsers(let sample): try container.encode(sample, forKey: key)
        case .dates: break
        case .binarize(let binarization): try container.encode(binarization, forKey: key)
        case .deduplicate(let deduplication): try container.encode(deduplication, forKey: key)
        case .kCore(let core): try container.encode(core, forKey: key)
        case .normalize(let normalization): try container.encode(normalization, forKey: key)
        case .outliers(let removal): try container.encode(removal, forKey: key)
        case .impute(let imputation): try container.encode(imputation, forKey: key)
        }
    }
}
