extension EvaluationResult {
    /// Each user's metrics averaged over results on the same users, such as those of several seeds.
    /// - Precondition: there is at least one result.
    /// - Throws: ``EvaluationError`` when protocols, users or metrics differ.
    public init(averaging results: [EvaluationResult]) throws(EvaluationError) {
        let first = results[0]
        var sums = first.values
        for other in results.dropFirst() {
            guard other.protocol == first.protocol else {
                throw .differentProtocols(first.protocol.description, other.protocol.description)
            }
            guard other.users == first.users else { throw .differentUsers }
            guard other.metrics == first.metrics else {
                throw .missingMetric(
                    first.metrics.first { !other.metrics.contains($0) } ?? first.metrics[0], available: other.metrics)
            }
            for metric in sums.indices {
                for user in sums[metric].indices { sums[metric][user] += other.values[metric][user] }
            }
        }
        let count = Double(results.count)
        self.init(
            protocol: first.protocol, metrics: first.metrics, users: first.users,
            values: sums.map { $0.map { $0 / count } }, pooled: Self.mean(results.map(\.pooled)), weights: first.weights
        )
    }

    /// Results on different parts of one data set, such as those of k folds, as one: of a user who was tested in several
    /// parts the mean over these.
    /// - Precondition: there is at least one result.
    /// - Throws: ``EvaluationError`` when metrics or ways of asking differ.
    public init(joining results: [EvaluationResult]) throws(EvaluationError) {
        let first = results[0]
        guard results.count > 1 else {
            self = first
            return
        }
        var sums: [Int32: (count: Double, values: [Double])] = [:]
        for result in results {
            guard result.metrics == first.metrics else {
                throw .missingMetric(
                    first.metrics.first { !result.metrics.contains($0) } ?? first.metrics[0], available: result.metrics)
            }
            for (k, user) in result.users.enumerated() {
                var sum = sums[user] ?? (0, first.metrics.map { _ in 0 })
                let weight = result.weights?[k] ?? 1
                sum.count += weight
                for metric in sum.values.indices { sum.values[metric] += weight * result.values[metric][k] }
                sums[user] = sum
            }
        }
        let users = sums.keys.sorted()
        self.init(
            protocol: try EvaluationProtocol(joining: results.map(\.protocol), users: users.count),
            metrics: first.metrics, users: users,
            values: first.metrics.indices.map { metric in
                users.map { user in sums[user].map { $0.values[metric] / $0.count } ?? 0 }
            }, pooled: Self.mean(results.map(\.pooled)),
            weights: first.weights == nil ? nil : users.map { sums[$0]?.count ?? 0 })
    }

    private static func mean(_ pooled: [[String: Double]?]) -> [String: Double]? {
        guard let names = pooled[0]?.keys else { return nil }
        return Dictionary(
            uniqueKeysWithValues: names.map { name in
                (name, pooled.reduce(0) { $0 + ($1?[name] ?? .nan) } / Double(pooled.count))
            })
    }
}
