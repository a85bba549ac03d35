internal import Foundation
internal import MarqueeRuntime
internal import Synchronization

/// Statistics in this process's memory, in shards by key, each behind a lock of its own.
///
/// A snapshot and the log make it durable: ``write(snapshot:)``, ``init(snapshot:)``, and the writer
/// replays what came after. Recovery is exact.
///
/// At capacity the statistics that were updated longest ago are forgotten, a tenth of a shard at once: whom they
/// are of, a person or an item, is as new when it comes back. One takes about 0.3 kB, and a list of
/// the last items 24 bytes an item more.
public final class EmbeddedStore: FeatureStore {
    static let shardCount = 64

    final class Shard: Sendable {
        let values = Mutex<[FeatureKey: Entry]>([:])
    }

    struct Entry: Sendable {
        var statistic: Statistic
        /// The number of the batch of updates that changed it last; numbers begin again after 2³².
        var batch: UInt32 = 0
    }

    let shards = (0..<shardCount).map { _ in Shard() }
    private let shardCapacity: Int
    private let lastBatch = Atomic<UInt32>(0)
    /// Held while values and marks change, so that a snapshot has both of one moment. Reads do not need it.
    let stored = Mutex<[String: Int64]>([:])

    /// - Parameter capacity: how many statistics are kept at most.
    public init(capacity: Int = 4_000_000) { shardCapacity = max(1, capacity / Self.shardCount) }

    /// How many statistics there are.
    public var count: Int { shards.reduce(0) { $0 + $1.values.withLock { $0.count } } }
    public var statisticCount: Int? { count }

    public func values(of keys: [FeatureKey]) -> [Statistic?] {
        keys.map { key in shards[Self.shard(of: key)].values.withLock { $0[key]?.statistic } }
    }

    public func marks() -> [String: Int64] { stored.withLock { $0 } }

    public func update(
        _ updates: [FeatureUpdate], marks: [String: Int64], expected: [String: Int64]
    ) async throws(FeatureStoreError) {
        try updateNow(updates, marks: marks, expected: expected)
    }

    func updateNow(_ updates: [FeatureUpdate], marks: [String: Int64], expected: [String: Int64])
        throws(FeatureStoreError)
    {
        try stored.withLock { stored throws(FeatureStoreError) in
            guard stored == expected else { throw .marksChanged }
            let batch = lastBatch.wrappingAdd(1, ordering: .relaxed).newValue
            if updates.count < 4096 {
                for update in updates {
                    shards[Self.shard(of: update.key)].values.withLock { apply(update, batch, to: &$0) }
                }
            } else {
                inParallel(updates, batch)
            }
            stored.merge(marks) { $1 }
        }
    }

    public func forget(_ labels: Set<String>) {
        stored.withLock { stored in
            for label in labels { stored[label] = nil }
            for shard in shards { shard.values.withLock { $0 = $0.filter { !labels.contains($0.key.label) } } }
        }
    }

    public func keys(_ label: String, named names: Set<String>, at field: Int, of width: Int) -> [FeatureKey] {
        shards.flatMap { shard in
            shard.values.withLock { $0.keys.filter { $0.label == label && $0.isNamed(names, at: field) } }
        }
    }

    public func forget(_ keys: [FeatureKey]) {
        for key in keys { _ = shards[Self.shard(of: key)].values.withLock { $0.removeValue(forKey: key) } }
    }

    /// Takes over everything that another store has.
    func adopt(_ other: EmbeddedStore) {
        stored.withLock { stored in
            for (shard, theirs) in zip(shards, other.shards) {
                let values = theirs.values.withLock { $0 }
                shard.values.withLock { $0 = values }
            }
            stored = other.marks()
        }
    }

    static func shard(of key: FeatureKey) -> Int { Int(UInt(bitPattern: key.hash) >> 58) }

    private func apply(_ update: FeatureUpdate, _ batch: UInt32, to values: inout [FeatureKey: Entry]) {
        if values.count >= shardCapacity, values[update.key] == nil {
            values.forgetTenth { UInt32.max - (batch &- $0.batch) }
        }
        Self.change(&values[update.key, default: Entry(statistic: update.rule.zero)], update, batch)
    }

    private static func change(_ entry: inout Entry, _ update: FeatureUpdate, _ batch: UInt32) {
        entry.statistic.add(update.observation, by: update.rule)
        entry.batch = batch
    }

    /// Updates sorted by shard, and each worker's shards by that worker: every key sees its updates in order.
    private func inParallel(_ updates: [FeatureUpdate], _ batch: UInt32) {
        var starts = [Int](repeating: 0, count: Self.shardCount + 1)
        for update in updates { starts[Self.shard(of: update.key) + 1] += 1 }
        for shard in 0..<Self.shardCount { starts[shard + 1] += starts[shard] }
        var next = starts
        var order = [Int32](repeating: 0, count: updates.count)
        for (index, update) in updates.enumerated() {
            let shard = Self.shard(of: update.key)
            order[next[shard]] = Int32(index)
            next[shard] += 1
        }
        let pool = WorkerPool.shared
        pool.run { [order, starts] worker in
            for shard in pool.shard(worker, of: Self.shardCount) {
                shards[shard].values.withLock { values in
                    for index in order[starts[shard]..<starts[shard + 1]] {
                        apply(updates[Int(index)], batch, to: &values)
                    }
                }
            }
        }
    }
}
