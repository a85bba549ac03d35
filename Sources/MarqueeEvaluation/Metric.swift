/// A figure of merit with its cut-off, written `HR@10`, `NDCG@5`, `AUC`.
public struct Metric: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        case hitRatio = "HR", ndcg = "NDCG", precision = "Precision", recall = "Recall"
        case reciprocalRank = "MRR", averagePrecision = "MAP", auc = "AUC"
    }

    public let kind: Kind
    /// The length of the list judged; nil for figures of the whole ranking.
    public let cutoff: Int?

    public init(_ kind: Kind, at cutoff: Int? = nil) {
        self.kind = kind
        self.cutoff = cutoff
    }
}

extension Metric: CustomStringConvertible {
    public var description: String { cutoff.map { "\(kind.rawValue)@\($0)" } ?? kind.rawValue }
}
