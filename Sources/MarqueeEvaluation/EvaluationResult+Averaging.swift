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
            values: sums.map { $0.map { $0 / count } })
    }
}
