internal import Dispatch
public import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
public import MarqueeModels
internal import MarqueeRuntime
internal import Synchronization

/// A model at work: a saved model, bound to the catalog's indices, with the lists that requests share.
///
/// Immutable but for its memory of lists: the best items of somebody and the neighbors of an item are
/// computed when they are first asked for, and kept while the model is deployed.
public final class DeployedModel: Sendable {
    public let saved: SavedModel
    /// Names the model in decisions and metrics: its kind and a digest of its file.
    public let version: String
    public var kind: String { type(of: saved.model).kind }
    /// Where it was loaded from; nil for one from memory.
    public let folder: URL?

    /// Catalog index by model index.
    let items: [Int32]
    /// Model index by catalog index, -1 for what the model does not know; shorter than a catalog that
    /// has grown since.
    private let modelItems: [Int32]
    private let historyReasons: HistoryReasons
    var byItem: InteractionMatrix { historyReasons.byItem }
    private let behaviors: BehaviorTable
    /// The model, if it answers from what somebody did; else it knows its training's users alone.
    private let historyScorer: (any HistoryScorer)?
    /// Of the model's users with the histories of the training, by model index.
    private let top: ListMemory<Int32, TopList>
    /// Of everybody else, by what they did: of those who asked lately.
    private let topByHistory: ListMemory<ModelQuery.Key, TopList>
    private let queue = DispatchQueue(label: "marquee.best-items", qos: .utility)
    /// When the next list may be begun behind a decision; nil while one is made.
    private let nextList = Mutex<ContinuousClock.Instant?>(ContinuousClock.now)
    private let neighborLists: ListMemory<Int32, Neighbors>
    let similarLists = ListMemory<Int32, SimilarByModel>(capacity: 50_000)
    let content = Mutex<ContentFeatures?>(nil)

    /// The items most like an item, by catalog index, the best first.
    struct Neighbors: Sendable {
        var items: [Int32] = []
        /// How alike they are, 1 for the most alike and above 0.
        var likeness: [Float] = []
        /// How alike the most alike one is: see ``DeployedModel/surplus(_:)``, or what the model measures.
        var best: Float = 0
    }

    /// The best items for somebody, by catalog index, with the model's scores of them.
    private struct TopList {
        var items: [Int32] = []
        var scores: [Float] = []
    }

    /// How many items a list keeps.
    static let topLimit = 300, neighborLimit = 100
    /// How many items of a history are asked whether they speak for something.
    static let reasonLimit = 200
    /// A decision looks through as many items for what somebody just did, which takes well under a millisecond; of a
    /// larger model the best are found behind it, in a fifth of one core's time at most.
    private let promptLimit: Int

    /// Binds a model to a catalog that knows its items; those it does not know are never recommended.
    public convenience init(_ saved: SavedModel, version: String, from folder: URL? = nil, snapshot: CatalogSnapshot) {
        self.init(saved, version: version, from: folder, snapshot: snapshot, promptLimit: 25_000)
    }

    init(
        _ saved: SavedModel, version: String, from folder: URL? = nil, snapshot: CatalogSnapshot, promptLimit: Int
    ) {
        self.promptLimit = promptLimit
        self.folder = folder
        self.saved = saved
        self.version = version
        items = (0..<Int32(saved.items.count)).map { snapshot.ids.index(of: saved.items[$0]) ?? -1 }
        var modelItems = [Int32](repeating: -1, count: snapshot.count)
        for (index, item) in items.enumerated() where item >= 0 { modelItems[Int(item)] = Int32(index) }
        self.modelItems = modelItems
        historyReasons = HistoryReasons(saved)
        behaviors = BehaviorTable(saved.behaviorNames, target: saved.target)
        // What is popular is the same for everybody, and answers no history.
        historyScorer = saved.model is Popularity ? nil : saved.model.historyScorer
        top = ListMemory(capacity: 200_000)
        topByHistory = ListMemory(capacity: 4_096)
        neighborLists = ListMemory(capacity: 400_000)
    }

    /// How many lists are remembered: best items of users, and neighbors of items, each at most one an index, but for
    /// some thousand best items of those who did something since the training.
    public var listCounts: (users: Int, items: Int) { (top.count + topByHistory.count, neighborLists.count) }

    /// Whether it answers from what somebody did, newcomers included, and not only for users of its training.
    public var scoresHistories: Bool { historyScorer != nil }

    /// Loads a model's folder.
    /// - Throws: what ``SavedModel/init(contentsOf:)`` throws: one error that names the folder.
    public static func load(_ url: URL) throws -> (model: SavedModel, version: String) {
        let saved = try SavedModel(contentsOf: url)
        let description = try Data(contentsOf: url.appendingPathComponent("model.json"))
        var digest = Digest()
        description.withUnsafeBytes { digest.add($0) }
        return (saved, "\(type(of: saved.model).kind)-\(digest.text.prefix(8))")
    }

    /// What the model is asked for somebody: their training history, then what they did since.
    /// - Parameter interactions: by catalog index, the newest first; those of before the end of the training history are
    ///   in it, or were left out of it on purpose, and items that the model does not know tell it nothing.
    func query(_ who: Who, _ interactions: [UserState.Interaction], _ request: RequestContext) -> ModelQuery {
        var user: Int32?
        if case .user(let id) = who { user = saved.users.index(of: id) }
        let training = user.map { saved.histories[$0] } ?? History()
        let end = training.times.last ?? .min
        var events: [History.Event] = []
        for interaction in interactions.reversed() where interaction.time > end {
            guard let item = index(of: interaction.item) else { continue }
            events.append(
                History.Event(
                    item: item, behavior: behaviors[interaction.type], time: interaction.time,
                    value: interaction.value))
        }
        let query =
            events.isEmpty
            ? Query(user: user, history: training, context: request)
            : saved.query(user: user.map { saved.users[$0] }, adding: events, context: request)
        return ModelQuery(query, since: events)
    }

    /// Whether the model can say anything for this query.
    func answers(_ query: ModelQuery) -> Bool {
        if historyScorer != nil, !query.query.history.isEmpty { return true }
        return query.query.user.map { !saved.history[$0].isEmpty } ?? false
    }

    /// The model, where this query has to be asked by its history: for newcomers, and for what a user did since the
    /// training. Else the user's index says as much, and costs less.
    private func scorer(for query: ModelQuery) -> (any HistoryScorer)? { query.isNew ? historyScorer : nil }

    /// The model's index of a catalog item, nil when it does not know it.
    func index(of item: Int32) -> Int32? {
        guard Int(item) < modelItems.count, modelItems[Int(item)] >= 0 else { return nil }
        return modelItems[Int(item)]
    }

    /// The best items for a query, without those that were consumed; none where the model has no answer. O(items) when it
    /// is asked for the first time. For what somebody just did, a large model has none yet when it is asked for the first
    /// time: the decision goes by those of the training, and by the other sources' candidates.
    func topItems(for query: ModelQuery) -> [Int32] {
        if let scorer = scorer(for: query) {
            if let list = topByHistory[query.key] { return list.items }
            guard scorer.itemCount > promptLimit else { return topList(query, scorer).items }
            makeBehind { [self] in _ = topList(query, scorer) }
        }
        guard answers(query), let user = query.query.user else { return [] }
        return topList(user).items
    }

    private func topList(_ user: Int32) -> TopList {
        top.list(user) {
            guard let best = try? saved.model.topK(Self.topLimit, for: [user], excluding: saved.history) else {
                return TopList()
            }
            return topList(best.items, best.scores)
        }
    }

    private func topList(_ query: ModelQuery, _ scorer: some HistoryScorer) -> TopList {
        topByHistory.list(query.key) {
            var scores = [Float](repeating: 0, count: scorer.itemCount)
            var span = scores.mutableSpan
            scorer.score([query.query], items: 0..<scorer.itemCount, into: &span)
            for item in query.query.excluded { scores[Int(item)] = -.infinity }
            var best = BestItems(limit: Self.topLimit)
            for (item, score) in scores.enumerated() where best.takes(score) { best.insert(Int32(item), score) }
            return topList(best.items, best.scores)
        }
    }

    /// Makes a list on the queue, unless one is being made or the last one was long.
    private func makeBehind(_ make: @escaping @Sendable () -> Void) {
        let begins = nextList.withLock { next in
            guard let time = next, time <= .now else { return false }
            next = nil
            return true
        }
        guard begins else { return }
        queue.async { [self] in
            let start = ContinuousClock.now
            make()
            nextList.withLock { $0 = ContinuousClock.now.advanced(by: start.duration(to: .now) * 4) }
        }
    }

    /// Returns once the lists that are being made behind decisions are there.
    func settle() { queue.sync {} }

    /// By catalog index, without those that the catalog does not know.
    private func topList(_ indices: some Sequence<Int32>, _ scores: some Sequence<Float>) -> TopList {
        var list = TopList()
        for (index, score) in zip(indices, scores) where items[Int(index)] >= 0 {
            list.items.append(items[Int(index)])
            list.scores.append(score)
        }
        return list
    }

    /// Fills the memory of best items for many users of the training at once, which costs each a fraction.
    public func warm(_ users: some Sequence<String>) {
        let indices = users.compactMap { saved.users.index(of: $0) }.filter { !saved.history[$0].isEmpty }
        for start in stride(from: 0, to: indices.count, by: 256) {
            let block = Array(indices[start..<min(start + 256, indices.count)])
            guard let best = try? saved.model.topK(Self.topLimit, for: block, excluding: saved.history) else { return }
            for (k, user) in block.enumerated() {
                top.keep(user, topList(best[k], best.scores(k)))
            }
        }
    }

    /// The items most like an item, the best first: by who touched both in training; of an item that nobody touched by the
    /// model, where it knows which items are alike.
    func neighbors(of item: Int32) -> Neighbors {
        guard let index = index(of: item) else { return Neighbors() }
        return neighborLists.list(index) {
            var best = BestItems(limit: Self.neighborLimit, above: 0)
            if !byItem[index].isEmpty {
                for (other, score) in surplus(index) where other != index { best.insert(other, score) }
            } else if let model = saved.model as? any ItemSimilarity {
                for (other, score) in model.similarities(to: index).enumerated() where best.takes(score) {
                    if other != index { best.insert(Int32(other), score) }
                }
            }
            var neighbors = Neighbors(best: best.scores.first ?? 0)
            for (other, score) in zip(best.items, best.scores) where items[Int(other)] >= 0 {
                neighbors.items.append(items[Int(other)])
                neighbors.likeness.append(score / best.scores[0])
            }
            return neighbors
        }
    }

    /// Computes the neighbors of the first `limit` of `items` that nobody asked for yet.
    func makeReady(_ items: [Int32], atMost limit: Int) {
        var left = limit
        for item in items where left > 0 {
            guard let index = index(of: item), neighborLists[index] == nil else { continue }
            _ = neighbors(of: item)
            left -= 1
        }
    }

    /// How much more the people of an item touch each other one than everybody does, in standard deviations of chance:
    ///
    ///     z_ij = (c_ij - m p_j) / √(m p_j (1 - p_j) + 1),
    ///
    /// of m people of i, c_ij touched j, and of all people the part p_j. What everybody touches is nobody's neighbor for
    /// it, as it would be by the cosine; without the 1, one common person would do for what hardly anybody touched.
    /// O(256 × 1,024), as of longer lists so many are asked, from all over them.
    private func surplus(_ index: Int32) -> [(item: Int32, score: Float)] {
        var counts = [Float](repeating: 0, count: items.count)
        var touched: [Int32] = []
        let people = Self.some(256, of: byItem[index])
        for user in people {
            let history = saved.history[user]
            let sample = Self.some(1_024, of: history)
            let weight = Float(history.count) / Float(sample.count)
            for other in sample {
                if counts[Int(other)] == 0 { touched.append(other) }
                counts[Int(other)] += weight
            }
        }
        let all = Float(saved.users.count)
        return touched.map { other in
            let usual = Float(byItem[other].count) / all
            let expected = Float(people.count) * usual
            return (other, (counts[Int(other)] - expected) / (expected * (1 - usual) + 1).squareRoot())
        }
    }

    /// So many of a list at most, from all over it.
    private static func some(_ limit: Int, of list: ArraySlice<Int32>) -> [Int32] {
        guard list.count > limit else { return Array(list) }
        return (0..<limit).map { list[list.startIndex + $0 * list.count / limit] }
    }

    /// For each of some items the `count` items of a query's history that speak for it most; of long histories the newest
    /// are asked.
    func reasons(_ count: Int, for items: [Int32], of query: ModelQuery) -> [[HistoryReasons.Reason]] {
        var history: [Int32] = []
        var seen: Set<Int32> = []
        for event in query.query.history.reversed() where history.count < Self.reasonLimit {
            if seen.insert(event.item).inserted { history.append(event.item) }
        }
        let known = items.map { index(of: $0) }
        var reasons = historyReasons.strongest(count, for: known.compactMap { $0 }, of: query.query, among: history)
            .makeIterator()
        return known.map { $0 == nil ? [] : reasons.next() ?? [] }
    }

    /// How many of the training history touched each item, by catalog index.
    func popularity() -> [Float] {
        var counts = [Float](repeating: 0, count: modelItems.count)
        for (index, item) in items.enumerated() where item >= 0 {
            counts[Int(item)] = Float(byItem[Int32(index)].count)
        }
        return counts
    }

    /// Scores of catalog items for a query that the model ``answers(_:)``; not a number for an item that it does not
    /// know. Those of the best items are known already. `marks` is scratch.
    func score(_ candidates: [Int32], for query: ModelQuery, _ marks: inout ItemMarks) -> [Float] {
        let scorer = scorer(for: query)
        var scores = [Float](repeating: .nan, count: candidates.count)
        if let best = scorer == nil ? query.query.user.flatMap({ top[$0] }) : topByHistory[query.key] {
            marks.match(candidates, with: best.items, below: modelItems.count) { index, rank in
                scores[index] = best.scores[rank]
            }
        }
        var indices: [Int32] = [], left: [Int32] = []
        indices.reserveCapacity(candidates.count)
        left.reserveCapacity(candidates.count)
        for (index, item) in candidates.enumerated() where scores[index].isNaN {
            guard let known = self.index(of: item) else { continue }
            indices.append(Int32(index))
            left.append(known)
        }
        guard !left.isEmpty else { return scores }
        var others = [Float](repeating: 0, count: left.count)
        var span = others.mutableSpan
        if let scorer {
            scorer.score(query.query, candidates: left, into: &span)
        } else if let user = query.query.user {
            saved.model.score(user: user, candidates: left, into: &span)
        }
        for (index, score) in zip(indices, others) { scores[Int(index)] = score }
        return scores
    }
}
