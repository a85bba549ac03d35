extension SplitReport {
    /// Of impressions: interactions are what was shown, users impressions.
    public init(_ split: ImpressionSplit) {
        name = "impressions by time"
        trainInteractions = split.train.candidateCount
        validationUsers = split.validation?.count ?? 0
        validationItems = split.validation?.candidateCount ?? 0
        testUsers = split.test.count
        testItems = split.test.candidateCount
        usersWithoutTest = 0
        droppedRepeats = 0
        (droppedAuxiliary, overlap, ties, given) = (nil, nil, nil, nil)
        choice =
            "each 'user' is an impression, each interaction an item that was shown; every impression knows the clicks before it"
    }
}
