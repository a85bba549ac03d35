public import MarqueeData
public import MarqueeEvaluation

extension SavedModel {
    /// A question for somebody, in the model's vocabulary: what they did in training and what came after.
    ///
    ///     let query = saved.query(user: "42", adding: saved.events(items: ["1210"]))
    ///     let scores = saved.model.historyScorer?.scores(query)
    ///
    /// What they have consumed (the target behavior) is excluded. O(history).
    /// - Parameters:
    ///   - user: an outside id; nil, or one that the model does not know, for somebody who came after.
    ///   - events: what is not part of the training data, in any order.
    public func query(
        user: String? = nil, adding events: [History.Event] = [], context: RequestContext = RequestContext()
    ) -> Query {
        let index = user.flatMap(users.index)
        var history = index.map { histories[$0] } ?? History()
        if !events.isEmpty { history = History(Array(history) + events) }
        let consumed = Set(history.lazy.filter { $0.behavior == target }.map(\.item))
        return Query(user: index, history: history, context: context, excluded: consumed.sorted())
    }

    /// Events of the target behavior, later than any of the training data; items that the model does not know are left
    /// out.
    public func events(items ids: [String]) -> [History.Event] {
        let time = histories.times.max().map { $0 + 1 } ?? 0
        return ids.compactMap(items.index).map { History.Event(item: $0, behavior: target, time: time) }
    }
}
