/// What a policy chooses among: candidates in a fixed order, each with an identity, a ranker's score and,
/// for policies that learn from features, a vector.
public struct ChoiceSet: Codable, Sendable, Equatable {
    /// Identities, all different; policies that learn item by item keep their statistics under them.
    public var items: [String]
    /// The ranker's scores, higher is better. [items]
    public var scores: [Double]
    /// Row-major feature vectors of person and candidate. [items × width]
    public var features: [Double]
    /// Features a candidate; 0 without any.
    public var width: Int

    public init(items: [String], scores: [Double], features: [Double] = [], width: Int = 0) {
        precondition(scores.count == items.count && features.count == items.count * width)
        self.items = items
        self.scores = scores
        self.features = features
        self.width = width
    }

    public var count: Int { items.count }

    /// The feature vector of a candidate. [width]
    public func features(of candidate: Int) -> ArraySlice<Double> {
        features[candidate * width..<(candidate + 1) * width]
    }

    /// Places as somebody logged them, who may have had other candidates.
    func check(_ candidates: [Int]) throws(PolicyError) {
        var seen: Set<Int> = []
        for candidate in candidates where !items.indices.contains(candidate) || !seen.insert(candidate).inserted {
            throw .badCandidate(candidate, candidates: count)
        }
    }
}
