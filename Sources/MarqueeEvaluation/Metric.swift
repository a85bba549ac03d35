internal import MarqueeRuntime

/// A figure of merit with its cut-off, written `HR@10`, `NDCG@5`, `AUC`.
///
/// With T targets of a user among the candidates, ranked 1, 2, … by descending score:
///
/// - `HR@K`: 1 when some target has rank ≤ K, else 0.
/// - `Precision@K`: targets of rank ≤ K, over K. `Recall@K`: the same over T.
/// - `NDCG@K`: Σ 1/log₂(rank + 1) over targets of rank ≤ K, over its greatest possible value
///   Σ 1/log₂(p + 1), p = 1 … min(T, K) (Järvelin and Kekäläinen, TOIS 2002).
/// - `MRR@K`: 1/rank of the first target when that is ≤ K, else 0.
/// - `MAP@K`: Σ Precision@rank over targets of rank ≤ K, over min(T, K).
/// - `AUC`: the share of (target, other candidate) pairs in the right order; 1/2 when there is no other.
///
/// Of items that a user rated, where scores are predicted ratings (``CandidateProtocol/rated(liked:)``):
///
/// - `MSE`, `RMSE`, `MAE`: mean squared error of the predictions, its root, and mean absolute error; lower is better.
/// - `AUC`: the same, of ratings that count as liked and all others.
/// - `NDCG@K`: with gain 2^r − 1 of a rating r (Burges et al., ICML 2005).
///
/// Of slates at moments of a world whose truth is known:
///
/// - `CTR`: expected clicks over items shown.
///
/// NDCG, MRR and MAP without a cut-off judge the whole ranking. Scores that tie count as the mean over all
/// orders of the tied candidates, exactly.
public struct Metric: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        case hitRatio = "HR"
        case ndcg = "NDCG"
        case precision = "Precision"
        case recall = "Recall"
        case reciprocalRank = "MRR"
        case averagePrecision = "MAP"
        case auc = "AUC"
        case squaredError = "MSE"
        case rootSquaredError = "RMSE"
        case absoluteError = "MAE"
        case clickThrough = "CTR"

        /// Whether the figure means something only of a list of given length.
        public var needsCutoff: Bool { self == .hitRatio || self == .precision || self == .recall }
        /// Whether it judges all that there is, and takes no cut-off.
        public var isWhole: Bool { self == .auc || self == .clickThrough || isError }
        /// Whether it is an error of predicted ratings: lower is better.
        public var isError: Bool { self == .squaredError || self == .rootSquaredError || self == .absoluteError }
        /// Whether it judges items that the user rated, among one another.
        public var judgesRatings: Bool { isError || self == .auc || self == .ndcg }
    }

    public let kind: Kind
    /// The length of the list judged; nil for figures of the whole ranking.
    public let cutoff: Int?

    /// - Precondition: `cutoff` is positive; present where the kind needs it, absent for AUC and errors.
    public init(_ kind: Kind, at cutoff: Int? = nil) {
        precondition(cutoff.map { $0 > 0 } ?? !kind.needsCutoff, "\(kind.rawValue) needs a positive cut-off")
        precondition(!kind.isWhole || cutoff == nil, "\(kind.rawValue) takes no cut-off")
        self.kind = kind
        self.cutoff = cutoff
    }

    /// Reads what ``description`` writes, whatever its case.
    /// - Throws: ``MetricError`` naming the nearest valid metric.
    public init(_ text: String) throws(MetricError) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let kind = Kind.allCases.first { $0.rawValue.lowercased() == parts[0].lowercased() }
        let cutoff = parts.count == 2 ? Int(parts[1]).flatMap { $0 > 0 ? $0 : nil } : nil
        if let kind, parts.count == 1 ? !kind.needsCutoff : cutoff != nil && !kind.isWhole {
            self.init(kind, at: cutoff)
            return
        }
        let name = kind?.rawValue ?? parts[0].nearest(in: Kind.allCases.map(\.rawValue))
        throw MetricError(
            text: text,
            nearest: name.flatMap(Kind.init).map { kind in
                Metric(kind, at: kind.isWhole ? nil : cutoff ?? (kind.needsCutoff || parts.count == 2 ? 10 : nil))
            })
    }
}

extension Metric {
    /// A value as a figure of merit, higher being better: itself, or of an error minus that.
    public func merit(_ value: Double) -> Double { kind.isError ? -value : value }
}

/// A text that names no metric.
public struct MetricError: Error, Equatable, CustomStringConvertible {
    public let text: String
    public let nearest: Metric?

    public var description: String {
        "unknown metric '\(text)'; "
            + (nearest.map { "did you mean '\($0)'?" }
                ?? "write one of \(Metric.Kind.allCases.map(\.rawValue).joined(separator: ", ")) with its cut-off, "
                + "such as NDCG@10")
    }
}

extension Metric: CustomStringConvertible {
    public var description: String { cutoff.map { "\(kind.rawValue)@\($0)" } ?? kind.rawValue }
}

/// As a string, `"NDCG@10"`.
extension Metric: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(container.decode(String.self))
        } catch let error as MetricError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
