public import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
public import MarqueeModels
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

    /// Catalog index by model index.
    let items: [Int32]
    /// Model index by catalog index, -1 for what the model does not know; shorter than a catalog that
    /// has grown since.
    private let modelItems: [Int32]
    private let byItem: InteractionMatrix
    /// By model index, in descending order of how many touched them.
    private let top: ListMemory<TopList>
    private let neighborLists: ListMemory<[Int32]>

    /// A user's best items, by catalog index, with the model's scores of them.
    private struct TopList {
        var items: [Int32] = []
        var scores: [Float] = []
    }

    /// How many items a list keeps.
    static let topLimit = 300, neighborLimit = 50

    /// Binds a model to a catalog that knows its items; those it does not know are never recommended.
    public init(_ saved: SavedModel, version: String, snapshot: CatalogSnapshot) {
        self.saved = saved
        self.version = version
        items = (0..<Int32(saved.items.count)).map { snapshot.ids.index(of: saved.items[$0]) ?? -1 }
        var modelItems = [Int32](repeating: -1, count: snapshot.count)
        for (index, item) in items.enumerated() where item >= 0 { modelItems[Int(item)] = Int32(index) }
        self.modelItems = modelItems
        byItem = saved.history.transposed()
        top = ListMemory(capacity: 200_000)
        neighborLists = ListMemory(capacity: 400_000)
    }

    /// How many lists are remembered: best items of users, and neighbors of items, each at most one an index.
    public var listCounts: (users: Int, items: Int) { (top.count, neighborLists.count) }

    /// Loads a model's folder.
    /// - Throws: what ``SavedModel/init(contentsOf:)`` throws: one error that names the folder.
    public static func load(_ url: URL) throws -> (model: SavedModel, version: String) {
        let saved = try SavedModel(contentsOf: url)
        let description = try Data(contentsOf: url.appendingPathComponent("model.json"))
        var digest = Digest()
        description.withUnsafeBytes { digest.add($0) }
        return (saved, "\(type(of: saved.model).kind)-\(digest.text.prefix(8))")
    }

    /// The user's model index, nil for somebody whom the model does not know.
    func user(_ who: Who) -> Int32? {
        guard case .user(let id) = who, let index = saved.users.index(of: id), !saved.history[index].isEmpty else {
            return nil
        }
        return index
    }

    /// The model's index of a catalog item, nil when it does not know it.
    func index(of item: Int32) -> Int32? {
        guard Int(item) < modelItems.count, modelItems[Int(item)] >= 0 else { return nil }
        return modelItems[Int(item)]
    }

    /// The best items for a user of the model, without those of the training history.
    func topItems(for user: Int32) -> [Int32] { topList(user).items }

    private func topList(_ user: Int32) -> TopList {
        top.list(user) {
            guard let best = try? saved.model.topK(Self.topLimit, for: [user], excluding: saved.history) else {
                return TopList()
            }
            return topList(best.items, best.scores)
        }
    }

    /// By catalog index, without those that the catalog does not know.
    private func topList(_ indices: some Sequence<Int32>, _ scores: some Sequence<Float>) -> TopList {
        var list = TopList()
        for (index, score) in zip(indices, scores) where items[Int(index)] >= 0 {
            list.items.append(items[Int(index)])
            list.scores.append(score)
        }
        return list
    }

    /// Fills the memory of ``topItems(for:)`` for many users at once, which costs each a fraction.
    public func warm(_ users: some Sequence<String>) {
        let indices = users.compactMap { user(.user($0)) }
        for start in stride(from: 0, to: indices.count, by: 256) {
            let block = Array(indices[start..<min(start + 256, indices.count)])
            guard let best = try? saved.model.topK(Self.topLimit, for: block, excluding: saved.history) else { return }
            for (k, user) in block.enumerated() {
                top.keep(user, topList(best[k], best.scores(k)))
            }
        }
    }

    /// The items most like an item, the best first: by the model where it knows which items are alike, else
    /// by who touched both.
    func neighbors(of item: Int32) -> [Int32] {
        guard let index = index(of: item) else { return [] }
        return neighborLists.list(index) {
            if let model = saved.model as? any ItemSimilarity { return best(model.similarities(to: index), but: index) }
            var best = Best(limit: Self.neighborLimit)
            for (other, score) in cosines(index) { best.insert(other, score) }
            return offered(best)
        }
    }

    /// Computes the neighbors of the first `limit` of `items` that nobody asked for yet.
    func makeReady(_ items: [Int32], atMost limit: Int) {
        var seen: Set<Int32> = []
        var missing: [Int32] = []
        for item in items where missing.count < limit {
            guard let index = index(of: item), seen.insert(index).inserted, neighborLists[index] == nil else {
                continue
            }
            missing.append(index)
        }
        guard let model = saved.model as? any ItemSimilarity else {
            for index in missing { _ = neighbors(of: self.items[Int(index)]) }
            return
        }
        // Some at a time cost a fraction each; more would cost memory.
        for start in stride(from: 0, to: missing.count, by: 16) {
            let block = Array(missing[start..<min(start + 16, missing.count)])
            for (index, scores) in zip(block, model.similarities(to: block)) {
                neighborLists.keep(index, best(scores, but: index))
            }
        }
    }

    /// The items with the highest scores above 0, the best first, without one of them.
    private func best(_ scores: [Float], but index: Int32) -> [Int32] {
        var best = Best(limit: Self.neighborLimit)
        for other in scores.indices where scores[other] > best.floor && other != index {
            best.insert(Int32(other), scores[other])
        }
        return offered(best)
    }

    /// By catalog index, without those that the catalog does not know.
    private func offered(_ best: Best) -> [Int32] { best.items.map { items[Int($0)] }.filter { $0 >= 0 } }

    /// |U_i ∩ U_j| / √(|U_i||U_j|) over at most 256 users of i, by what each touched.
    private func cosines(_ index: Int32) -> [(Int32, Float)] {
        var counts: [Int32: Int] = [:]
        for user in byItem[index].prefix(256) {
            for other in saved.history[user].prefix(256) where other != index { counts[other, default: 0] += 1 }
        }
        let own = byItem[index].count
        return counts.map { ($0.key, Float($0.value) / Float(own * byItem[$0.key].count).squareRoot()) }
    }

    /// How many of the training history touched each item, by catalog index.
    func popularity() -> [Float] {
        var counts = [Float](repeating: 0, count: modelItems.count)
        for (index, item) in items.enumerated() where item >= 0 {
            counts[Int(item)] = Float(byItem[Int32(index)].count)
        }
        return counts
    }

    /// Scores of catalog items for a user of the model; not a number for an item that it does not know. Those of the
    /// user's best items are known already. `marks` is scratch.
    func score(_ candidates: [Int32], for user: Int32, _ marks: inout ItemMarks) -> [Float] {
        var scores = [Float](repeating: .nan, count: candidates.count)
        if let best = top[user] {
            marks.match(candidates, with: best.items, below: modelItems.count) { place, rank in
                scores[place] = best.scores[rank]
            }
        }
        var places: [Int32] = [], left: [Int32] = []
        places.reserveCapacity(candidates.count)
        left.reserveCapacity(candidates.count)
        for (place, item) in candidates.enumerated() where scores[place].isNaN {
            guard let index = index(of: item) else { continue }
            places.append(Int32(place))
            left.append(index)
        }
        for (place, score) in zip(places, saved.model.scores(user: user, candidates: left)) {
            scores[Int(place)] = score
        }
        return scores
    }
}

/// The best few of many, the best first; of equal scores the lower index. O(1) for what is not among them.
private struct Best {
    let limit: Int
    private var entries: [(item: Int32, score: Float)] = []

    init(limit: Int) { self.limit = limit }

    var items: [Int32] { entries.map(\.item) }

    /// What a later item has to exceed; nothing that is not positive counts.
    private(set) var floor: Float = 0

    mutating func insert(_ item: Int32, _ score: Float) {
        if entries.count == limit, let last = entries.last, (last.score, item) >= (score, last.item) { return }
        let place = entries.firstIndex { (score, $0.item) > ($0.score, item) } ?? entries.count
        entries.insert((item, score), at: place)
        if entries.count > limit { entries.removeLast() }
        if entries.count == limit, let last = entries.last { floor = last.score }
    }
}

/// Lists by key, computed once; at capacity a part is forgotten.
private final class ListMemory<List: Sendable>: Sendable {
    private final class Shard: Sendable {
        let lists = Mutex<[Int32: List]>([:])
    }
    private let shards = (0..<32).map { _ in Shard() }
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity / 32) }

    var count: Int { shards.reduce(0) { $0 + $1.lists.withLock { $0.count } } }

    /// The list of a key that was asked for before.
    subscript(key: Int32) -> List? { shards[Int(key) & 31].lists.withLock { $0[key] } }

    func list(_ key: Int32, _ make: () -> List) -> List {
        if let list = self[key] { return list }
        // Not under the lock: two who ask at once both compute the same.
        let list = make()
        keep(key, list)
        return list
    }

    func keep(_ key: Int32, _ list: List) {
        shards[Int(key) & 31].lists.withLock { lists in
            if lists.count >= capacity {
                for old in lists.keys.prefix(capacity / 4) { lists[old] = nil }
            }
            lists[key] = list
        }
    }
}
