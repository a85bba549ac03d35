internal import Synchronization

/// Lists by key, computed once; at capacity a part is forgotten.
final class ListMemory<Key: Hashable & Sendable, List: Sendable>: Sendable {
    private final class Shard: Sendable {
        let lists = Mutex<[Key: List]>([:])
    }
    private let shards = (0..<32).map { _ in Shard() }
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity / 32) }

    var count: Int { shards.reduce(0) { $0 + $1.lists.withLock { $0.count } } }

    /// The list of a key that was asked for before.
    subscript(key: Key) -> List? { shards[key.hashValue & 31].lists.withLock { $0[key] } }

    func list(_ key: Key, _ make: () -> List) -> List {
        if let list = self[key] { return list }
        // Not under the lock: two who ask at once both compute the same.
        let list = make()
        keep(key, list)
        return list
    }

    func keep(_ key: Key, _ list: List) {
        shards[key.hashValue & 31].lists.withLock { lists in
            if lists.count >= capacity {
                for old in lists.keys.prefix(capacity / 4) { lists[old] = nil }
            }
            lists[key] = list
        }
    }
}
