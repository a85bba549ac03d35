import Foundation
import MarqueeLive
import MarqueeRuntime
import ProcessTesting
import Testing

/// The back ends under one behavior suite.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case embedded, redis

    static var available: [StoreKind] { RedisServer.isInstalled ? allCases : [.embedded] }
    var testDescription: String { rawValue }

    /// A fresh store, and what must live as long as it.
    func make() throws -> (store: any FeatureStore, server: RedisServer?) {
        switch self {
        case .embedded: return (EmbeddedStore(), nil)
        case .redis:
            let server = try RedisServer()
            return (RedisStore(server.address, prefix: "test"), server)
        }
    }
}

@Suite struct FeatureStoreTests {
    @Test(
        .enabled(
            if: RedisServer.isInstalled, "redis-server is not installed: the suite runs on the embedded store alone"))
    func redisIsUnderTheSuite() {
        #expect(StoreKind.available == StoreKind.allCases)
    }

    @Test(arguments: StoreKind.available, GoldenVector.names)
    func goldenVectors(kind: StoreKind, name: String) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let (vector, events) = try GoldenVector.read(name)
        let features = Features(try FeatureDefinitions(yaml: vector.definition), store)
        let all = logged(events)
        var start = 0
        // In batches of any size.
        for size in [1, 2, 3, 50, 1000] where start < all.count {
            let end = min(all.count, start + size)
            try await features.writer.apply(Array(all[start..<end]))
            start = end
        }
        try await vector.check(features)
    }

    /// Any order of arrival gives the same statistics.
    @Test(arguments: StoreKind.available) func ordersDoNotMatter(kind: StoreKind) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        var random = RandomStream(seed: 5, "orders")
        for name in GoldenVector.names {
            let (vector, events) = try GoldenVector.read(name)
            let definitions = try FeatureDefinitions(yaml: vector.definition)
            // Of events with one id the first counts, whatever the order of the others.
            let unique = logged(events).map(\.event)
            for _ in 0..<(kind == .embedded ? 10 : 1) {
                let features = Features(definitions, store)
                try await store.forget(Set(definitions.features.map(\.label)))
                var shuffled = unique
                for index in shuffled.indices.reversed() {
                    shuffled.swapAt(index, Int(random.next() % UInt64(index + 1)))
                }
                try await features.writer.apply(logged(shuffled))
                try await vector.check(features)
            }
        }
    }

    @Test(arguments: StoreKind.available) func whatIsNotThereIsNil(kind: StoreKind) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        #expect(try await store.values(of: []) == [])
        #expect(try await store.values(of: [FeatureKey(label: "clicks", entity: "film")]) == [nil])
        #expect(try await store.marks() == [:])
    }

    /// Whoever reads after an update has returned reads it, on whichever connection, while others update.
    @Test(arguments: StoreKind.available) func readYourWrites(kind: StoreKind) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let key = FeatureKey(label: "clicks", entity: "film")
        let reader = Task {
            var last: Int64 = 0
            while !Task.isCancelled {
                guard let count = try await store.values(of: [key])[0]?.as(EventCount.self)?.count else { continue }
                #expect(count >= last)
                last = count
            }
        }
        var marks: [String: Int64] = [:]
        for place in 1...300 {
            let next = ["clicks": Int64(place)]
            let update = FeatureUpdate(key: key, rule: .count, observation: Observation(time: 0))
            try await store.update([update], marks: next, expected: marks)
            marks = next
            #expect(try await store.values(of: [key, key]) == [.count(Int64(place)), .count(Int64(place))])
            #expect(try await store.marks() == marks)
        }
        reader.cancel()
        try await reader.value
    }

    @Test(arguments: StoreKind.available) func anUpdateFromAnotherPastChangesNothing(kind: StoreKind) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let key = FeatureKey(label: "clicks", entity: "film")
        let update = FeatureUpdate(key: key, rule: .count, observation: Observation(time: 0))
        try await store.update([update], marks: ["clicks": 1], expected: [:])
        await #expect(throws: FeatureStoreError.marksChanged) {
            try await store.update([update], marks: ["clicks": 2], expected: [:])
        }
        #expect(try await store.values(of: [key]) == [.count(1)])
        #expect(try await store.marks() == ["clicks": 1])
    }

    @Test(arguments: StoreKind.available) func forgettingAFeatureKeepsTheOthers(kind: StoreKind) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let keys = ["a#1", "a#12", "b*#1"].flatMap { label in
            (0..<50).map { FeatureKey(label: label, entity: "item \($0)") }
        }
        let updates = keys.map { FeatureUpdate(key: $0, rule: .instant, observation: Observation(time: 7)) }
        try await store.update(updates, marks: ["a#1": 3, "a#12": 3, "b*#1": 3], expected: [:])
        try await store.forget(["a#1", "b*#1"])
        let values = try await store.values(of: keys)
        #expect(values == keys.map { $0.label == "a#12" ? .instant(7) : nil })
        #expect(try await store.marks() == ["a#12": 3])
    }

    /// The many updates of one batch go the parallel way, and give what one after the other gives.
    @Test(arguments: StoreKind.available) func largeBatches(kind: StoreKind) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let updates = (0..<10_000).map { number in
            FeatureUpdate(
                key: FeatureKey(label: "f", entity: "\(number % 321)"), rule: .latest(keep: 3),
                observation: Observation(time: Int64(number * 7919 % 10_007), item: "i\(number % 13)"))
        }
        try await store.update(updates, marks: ["f": 10_000], expected: [:])
        var expected: [FeatureKey: Statistic] = [:]
        for update in updates {
            expected[update.key, default: update.rule.zero].add(update.observation, by: update.rule)
        }
        let keys = Array(expected.keys)
        #expect(try await store.values(of: keys) == keys.map { expected[$0] })
    }

    /// Bytes of a statistic are read as what they were; damaged bytes as nothing or another, never a trap.
    @Test func statisticsAsBytes() throws {
        let statistics: [Statistic] = [
            .count(0), .count(.max), .count(.min), .instant(.min), .decayed([]),
            .decayed([.init(epoch: -5, sum: .max)]),
            .window([.init(bucket: 1, hits: 2, trials: 3), .init(bucket: 4, hits: 0, trials: 1)]),
            .latest([.init(time: 9, item: "ニュース"), .init(time: -9, item: "")]),
            .grid([.init(epoch: 1, cell: 63, sum: -1)]),
        ]
        var random = RandomStream(seed: 6, "bytes")
        for statistic in statistics {
            let bytes = statistic.encoded
            #expect(bytes.withUnsafeBytes { Statistic(encoded: $0) } == statistic)
            #expect((bytes + [0]).withUnsafeBytes { Statistic(encoded: $0) } == nil)
            for _ in 0..<200 {
                var damaged = bytes
                damaged[Int(random.next() % UInt64(damaged.count))] = UInt8(truncatingIfNeeded: random.next())
                if random.next() % 2 == 0 { damaged.removeLast() }
                _ = damaged.withUnsafeBytes { Statistic(encoded: $0) }
            }
        }
    }
}
