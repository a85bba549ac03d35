internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels

/// A saved model as a scorer of other data, users and items matched by their outside ids: it answers for somebody as the
/// server would, from the history of its training and what they did since.
///
/// An item that it does not know has the least score of all; somebody of whom it knows nothing finds all others alike.
struct ModelAtWork: Scorer {
    private let saved: SavedModel
    private let log: InteractionLog
    private let histories: UserHistories
    /// The model's index of each item, -1 for none.
    private let items: [Int32]
    /// Of the log's behaviors, as the model calls them.
    private let behaviors: [UInt8]

    var userCount: Int { log.userCount }
    var itemCount: Int { log.itemCount }

    /// - Parameter log: what people did before they are asked for.
    init(_ saved: SavedModel, of log: InteractionLog) {
        self.saved = saved
        self.log = log
        histories = UserHistories(log)
        items = (0..<Int32(log.itemCount)).map { saved.items.index(of: log.itemVocabulary[$0]) ?? -1 }
        let table = BehaviorTable(saved.behaviorNames, target: saved.target)
        behaviors = log.behaviorNames.map { name in
            EventType(rawValue: name).map { table[$0] } ?? saved.behaviorNames.firstIndex(of: name).map { UInt8($0) }
                ?? saved.target
        }
    }

    /// What the model's users consumed in its training, by the log's indices.
    var consumed: InteractionMatrix {
        var own = [Int32](repeating: -1, count: saved.items.count)
        for (item, index) in items.enumerated() where index >= 0 { own[Int(index)] = Int32(item) }
        let pairs = (0..<Int32(log.userCount)).flatMap { user -> [(user: Int32, item: Int32)] in
            guard let index = saved.users.index(of: log.userVocabulary[user]) else { return [] }
            return saved.history[index].compactMap { own[Int($0)] >= 0 ? (user, own[Int($0)]) : nil }
        }
        return InteractionMatrix(Holdout(pairs: pairs), rowCount: log.userCount, columnCount: log.itemCount)
    }

    func score(users: [Int32], items range: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (row, user) in users.enumerated() {
            let own = answer(for: user)
            for (column, item) in range.enumerated() {
                let index = items[item]
                scores[row * range.count + column] = index < 0 ? -.greatestFiniteMagnitude : own?[Int(index)] ?? 0
            }
        }
    }

    /// The scores of the model's items; nil where it knows nothing of somebody.
    private func answer(for user: Int32) -> [Float]? {
        let id = log.userVocabulary[user]
        let known = saved.users.index(of: id)
        guard let scorer = saved.model.historyScorer else { return known.map { saved.model.scores(user: $0) } }
        let end = known.flatMap { saved.histories[$0].times.last } ?? .min
        let since = histories[user].filter { $0.time > end && items[Int($0.item)] >= 0 }.map { event in
            var event = event
            event.item = items[Int(event.item)]
            event.behavior = behaviors[Int(event.behavior)]
            return event
        }
        let query = saved.query(user: known.map { _ in id }, adding: since)
        return query.history.isEmpty ? nil : scorer.scores(query)
    }
}
