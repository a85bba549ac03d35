public import MarqueeData

/// What models of clicks learn from: impressions, and later ones to stop and to calibrate by.
public struct TrainingImpressions: Sendable {
    public let training: ImpressionLog
    /// Under the same vocabularies; nil when nothing was held out.
    public let validation: ImpressionLog?

    public init(_ training: ImpressionLog, validation: ImpressionLog? = nil) {
        self.training = training
        self.validation = validation
    }
}

extension TrainingSet {
    /// What is learned from impressions; as interactions, the clicks, and what histories hold that was before them.
    /// - Parameter training: what is learned from, with ``ImpressionLog/rememberingClicks()`` of the whole log.
    public init(_ training: ImpressionLog, validation: ImpressionLog? = nil, catalog: Catalog = Catalog()) {
        var log = InteractionLog(
            userVocabulary: training.userVocabulary, itemVocabulary: training.itemVocabulary, behaviorNames: ["click"])
        let end = training.timestamps.max().map { $0 + 1 }
        if let histories = training.histories {
            for user in 0..<Int32(histories.userCount) {
                let history = end.map { histories[user].before($0) } ?? histories[user]
                for event in history {
                    log.users.append(user)
                    log.items.append(event.item)
                    if !histories.times.isEmpty { log.timestamps.append(event.time) }
                    if !histories.values.isEmpty { log.values.append(event.value) }
                }
            }
        } else {
            log = training.clicks()
        }
        self.init(log: log, catalog: catalog)
        impressions = TrainingImpressions(training, validation: validation)
    }
}
