/// Impressions before a moment train, those from it on test: nothing that trains is younger than anything tested.
///
///     let split = try ImpressionSplit(log, validationFrom: .share(0.8), testFrom: .share(0.9))
///
/// A moment is a time, or the share of impressions that lie before it; impressions of one time are never torn apart.
/// Within each part rows keep their order.
public struct ImpressionSplit: Sendable, Equatable {
    public let train: ImpressionLog
    /// From `validationFrom` to before `testFrom`; nil where no validation was asked for.
    public let validation: ImpressionLog?
    public let test: ImpressionLog

    /// O(n log n) for shares, else O(n).
    /// - Throws: ``SplitError`` when the impressions have no times, or a part would be empty.
    public init(
        _ log: ImpressionLog, validationFrom: GlobalTimeSplit.Moment? = nil, testFrom: GlobalTimeSplit.Moment
    ) throws(SplitError) {
        guard !log.timestamps.isEmpty else {
            throw SplitError(
                splitter: "global-time",
                reason: log.count == 0 ? "there are no impressions" : "the impressions have no times")
        }
        let sorted = log.timestamps.sorted()
        let test = testFrom.time(in: sorted)
        let validation = validationFrom?.time(in: sorted) ?? test
        guard validation <= test else {
            throw SplitError(splitter: "global-time", reason: "validation-from lies behind test-from; swap them")
        }
        func part(_ name: String, _ isIncluded: (Int64) -> Bool) throws(SplitError) -> ImpressionLog {
            let rows = log.timestamps.indices.filter { isIncluded(log.timestamps[$0]) }
            guard !rows.isEmpty else {
                throw SplitError(
                    splitter: "global-time", reason: "no impression is left for \(name); move the moments apart")
            }
            return log.selecting(rows)
        }
        train = try part("training") { $0 < validation }
        self.validation = validationFrom == nil ? nil : try part("validation") { $0 >= validation && $0 < test }
        self.test = try part("the test") { $0 >= test }
    }
}
