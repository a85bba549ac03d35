public import MarqueeRuntime

/// One step between the files and the split. In YAML a name, or a name with its settings:
///
///     prepare: [ { sample-users: 0.3 }, dates, { binarize: { threshold: 4 } }, deduplicate, { k-core: 5 } ]
public enum PreparationStep: Sendable, Hashable {
    /// A share of the users with all their interactions.
    case sampleUsers(UserSample)
    /// Only users with an interaction of the target behavior.
    case targetUsers
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

    /// The data after this step, and what the step did. Users and items that a step leaves without
    /// interactions go from the vocabularies, the catalog, the attributes and the ties; only
    /// ``sampleUsers(_:)`` and ``targetUsers`` keep every item, for what is not seen can still be recommended.
    /// - Throws: ``PreparationError``.
    public func apply(to dataset: Dataset, seed: UInt64) throws -> (dataset: Dataset, report: StepReport) {
        let (result, sentence) =
            switch self {
            case .sampleUsers(let sample): try sample.apply(to: dataset, seed: seed)
            case .targetUsers: dataset.keepingTargetUsers()
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

extension PreparationStep: NamedChoice, Encodable {
    public static let what = "preparation step"
    public static let choices: [Choice<PreparationStep>] = [
        Choice("sample-users", PreparationStep.sampleUsers) { if case .sampleUsers(let it) = $0 { it } else { nil } },
        Choice("target-users", .targetUsers) { $0 == .targetUsers },
        Choice("dates", .dates) { $0 == .dates },
        Choice("binarize", standard: Binarization(), PreparationStep.binarize) {
            if case .binarize(let it) = $0 { it } else { nil }
        },
        Choice("deduplicate", standard: Deduplication(), PreparationStep.deduplicate) {
            if case .deduplicate(let it) = $0 { it } else { nil }
        },
        Choice("k-core", PreparationStep.kCore) { if case .kCore(let it) = $0 { it } else { nil } },
        Choice("normalize", standard: RatingNormalization(), PreparationStep.normalize) {
            if case .normalize(let it) = $0 { it } else { nil }
        },
        Choice("outliers", standard: OutlierRemoval(), PreparationStep.outliers) {
            if case .outliers(let it) = $0 { it } else { nil }
        },
        Choice("impute", standard: Imputation(), PreparationStep.impute) {
            if case .impute(let it) = $0 { it } else { nil }
        },
    ]
}
