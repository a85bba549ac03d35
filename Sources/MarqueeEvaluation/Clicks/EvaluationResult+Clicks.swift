public import MarqueeData
internal import MarqueeRuntime

extension EvaluationResult {
    /// The figures within each impression with a click, by impression in place of by user, so that models are compared
    /// as they are elsewhere: paired over the same impressions.
    public init(_ clicks: ClickResult, of log: ImpressionLog) {
        self.init(
            protocol: EvaluationProtocol(shown: log), metrics: clicks.metrics,
            users: clicks.impressionsWithClick.map { Int32($0) }, values: clicks.values)
    }
}

extension EvaluationProtocol {
    /// What was shown, as it was shown: users are impressions with a click, targets the clicks.
    public init(shown log: ImpressionLog) {
        var digest = Digest()
        for values in [log.users, log.items] {
            digest.add(UInt64(values.count))
            for value in values { digest.add(UInt64(UInt32(bitPattern: value))) }
        }
        for (row, isClicked) in log.clicked.enumerated() where isClicked { digest.add(UInt64(row)) }
        candidates = "shown"
        (negatives, masked, auxiliary) = (nil, nil, nil)
        (maskedPairs, targetsAmongNegatives, repeatedNegatives) = (0, 0, 0)
        users = (0..<log.count).count { log.candidates(of: $0).contains { log.clicked[$0] } }
        targets = log.clicked.count { $0 }
        self.digest = digest.text
    }
}
