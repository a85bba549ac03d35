/// What an evaluation found: each metric for each held-out user, and how it was measured.
public struct EvaluationResult: Sendable, Equatable, Codable {
    public let `protocol`: EvaluationProtocol
    public let metrics: [Metric]
    /// The users evaluated, in the holdout's order.
    public let users: [Int32]
    /// By metric, then by user: expected values where scores tie.
    public let values: [[Double]]
    /// By metric's name, figures over all held-out ratings at once, where the mean over users is something else; nil in
    /// protocols that have none.
    public let pooled: [String: Double]?
    /// How much each user counts in means: as many targets as were judged one by one; nil where all count the same.
    public let weights: [Double]?

    package init(
        protocol: EvaluationProtocol, metrics: [Metric], users: [Int32], values: [[Double]],
        pooled: [String: Double]? = nil, weights: [Double]? = nil
    ) {
        self.protocol = `protocol`
        self.metrics = metrics
        self.users = users
        self.values = values
        self.pooled = pooled
        self.weights = weights
    }

    public var userCount: Int { users.count }

    /// A metric for each user, nil when it was not evaluated.
    public subscript(perUser metric: Metric) -> [Double]? {
        metrics.firstIndex(of: metric).map { values[$0] }
    }

    /// A metric over all ratings where it is one of those, else its mean over users as ``weights`` weigh them; nil when it
    /// was not evaluated.
    public subscript(metric: Metric) -> Double? {
        pooled?[metric.description] ?? self[perUser: metric].map { mean($0, over: $0.indices) }
    }

    /// The mean over some users, as ``weights`` weigh them.
    func mean(_ values: [Double], over users: some Collection<Int>) -> Double {
        guard let weights else { return users.reduce(0) { $0 + values[$1] } / Double(users.count) }
        return users.reduce(0) { $0 + weights[$1] * values[$1] } / users.reduce(0) { $0 + weights[$1] }
    }

    /// Each metric by its name, `"HR@10"`: the `metrics` of metrics.json.
    public var means: [String: Double] {
        var means: [String: Double] = [:]
        for metric in metrics { means[metric.description] = self[metric] }
        return means
    }
}
