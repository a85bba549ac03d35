import Foundation
import MarqueeLive
import MarqueeRuntime
import ProcessTesting
import Testing

@Suite struct FeatureWriterTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    static let definitions = """
        entities: { user: user, item: item }
        features:
          clicks: { entity: item, count: click }
          heat: { entity: item, decayed-count: { of: click, half-life: 1h } }
          recent: { entity: user, last: { of: click, keep: 3 } }
          friends: { entity: user, friends: { recent: recent, keep: 4 } }
        """

    static func labels(_ definitions: FeatureDefinitions) -> [String] {
        definitions.features.filter { $0.stored != nil }.map(\.label)
    }

    /// What the log gives when it is replayed into nothing.
    static func fresh(_ log: EventLogReader, _ definitions: FeatureDefinitions) async throws -> EmbeddedStore {
        let store = EmbeddedStore()
        try await FeatureWriter(definitions, store: store).recover(log)
        return store
    }

    @Test func eventsAreInFeaturesAsTheyAreCommitted() async throws {
        let log = try EventLog(scratch.log)
        let features = try Features(Self.definitions)
        let following = Task { try await features.writer.follow(log) }
        for round in 0..<20 {
            let acknowledged = try await log.append(clicks(round * 10..<round * 10 + 10))
            try await features.writer.settle(through: acknowledged[9].sequence)
            #expect(try await features.reader.read("clicks", of: "item-3", at: 0) == .number(Double(round + 1)))
        }
        #expect(
            try await features.reader.read("recent", of: "ann", at: 0).items.map(\.item) == [
                "item-9", "item-8", "item-7",
            ])
        await log.close()
        try await following.value
    }

    /// A log that begins while it is first looked at has no event that was dropped.
    @Test func theFirstEventsCountWheneverTheyCome() async throws {
        for round in 0..<40 {
            let log = try EventLog(scratch.file("\(round).sqlite"))
            let features = try Features(Self.definitions)
            let following = Task { try await features.writer.follow(log) }
            let last = try await log.append(clicks(0..<20)).last?.sequence
            try await features.writer.settle(through: #require(last))
            #expect(try await features.reader.read("clicks", of: "item-3", at: 0) == .number(2))
            await log.close()
            try await following.value
        }
    }

    /// What ended the following is told to who waits for it.
    @Test func whoWaitsIsToldOfTheEnd() async throws {
        let log = try EventLog(scratch.log)
        let writer = try Features(Self.definitions).writer
        let following = Task { try await writer.follow(log) }
        await log.close()
        try await following.value
        await #expect(throws: EventLogError.self) { try await writer.settle(through: 1) }
    }

    /// Snapshots at any moment, each restored and brought up to date, equal a replay from nothing.
    @Test func aSnapshotAndTheLogGiveTheSame() async throws {
        let definitions = try FeatureDefinitions(yaml: Self.definitions)
        let log = try EventLog(scratch.log)
        let store = EmbeddedStore()
        let writer = FeatureWriter(definitions, store: store)
        let following = Task { try await writer.follow(log) }
        for round in 0..<10 {
            _ = try await log.append(clicks(round * 50..<round * 50 + 50))
            try store.write(snapshot: scratch.file("\(round)"))
        }
        try await writer.settle(through: log.lastSequence)
        let expected = try await Self.fresh(log.reader, definitions)
        #expect(store.digest == expected.digest)
        for round in 0..<10 {
            let restored = try EmbeddedStore(snapshot: scratch.file("\(round)"))
            let replayed = try await FeatureWriter(definitions, store: restored).recover(log.reader)
            #expect(replayed <= 500 && restored.digest == expected.digest && restored.marks() == expected.marks())
        }
        following.cancel()
        await #expect(throws: CancellationError.self) { try await following.value }
    }

    @Test func aDamagedSnapshotIsTold() throws {
        let store = EmbeddedStore()
        let file = scratch.file("snapshot")
        try store.write(snapshot: file)
        var random = RandomStream(seed: 8, "snapshots")
        let whole = try Data(contentsOf: file)
        #expect(try EmbeddedStore(snapshot: file).count == 0)
        for _ in 0..<50 {
            var damaged = whole
            if random.next() % 2 == 0 {
                damaged.removeLast(1 + Int(random.next() % UInt64(damaged.count)))
            } else {
                damaged[Int(random.next() % UInt64(damaged.count))] ^= 1 << UInt8(random.next() % 8)
            }
            try damaged.write(to: file)
            #expect(throws: FeatureStoreError.damaged(file.path)) { try EmbeddedStore(snapshot: file) }
        }
    }

    /// A feature that joins is computed from the log, one that changes starts anew from the log, one that
    /// goes is forgotten, and none of it touches the others.
    @Test(arguments: StoreKind.available) func featuresComeAndGo(kind: StoreKind) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let log = try EventLog(scratch.log)
        _ = try await log.append(clicks(0..<100))
        let before = try FeatureDefinitions(yaml: Self.definitions)
        try await FeatureWriter(before, store: store).recover(log.reader)
        _ = try await log.append(clicks(100..<150))
        let yaml = Self.definitions.replacingOccurrences(of: "half-life: 1h", with: "half-life: 2h")
            .replacingOccurrences(
                of: "clicks: { entity: item, count: click }", with: "seen: { entity: item, time-since: click }")
        let after = try FeatureDefinitions(yaml: yaml)
        let writer = FeatureWriter(after, store: store)
        #expect(try await writer.recover(log.reader) == 150)
        #expect(try await Set(store.marks().keys) == Set(Self.labels(after) + ["log"]))
        let expected = try await Self.fresh(log.reader, after)
        let keys = Self.labels(after).flatMap { label in
            (["ann"] + (0..<10).map { "item-\($0)" }).map { FeatureKey(label: label, entity: $0) }
        }
        #expect(try await store.values(of: keys) == expected.values(of: keys))
        #expect(try await store.values(of: [FeatureKey(label: before.features[0].label, entity: "item-1")]) == [nil])
        // What has not changed went on from its mark.
        #expect(before["recent"]?.label == after["recent"]?.label)
        #expect(before["heat"]?.label != after["heat"]?.label)
    }

    @Test func afterRetentionFeaturesKeepWhatTheyLearned() async throws {
        let clock = Clock()
        let log = try EventLog(scratch.log, clock: { clock.now })
        let definitions = try FeatureDefinitions(yaml: Self.definitions)
        let store = EmbeddedStore()
        _ = try await log.append(clicks(0..<100))
        try await FeatureWriter(definitions, store: store).recover(log.reader)
        let snapshot = scratch.file("early")
        try store.write(snapshot: snapshot)
        clock.set(10)
        _ = try await log.append(clicks(100..<120))
        try await FeatureWriter(definitions, store: store).recover(log.reader)
        #expect(try await log.drop(receivedBefore: 5) == 100)
        let features = Features(definitions, store)
        #expect(try await features.writer.recover(log.reader) == 0)
        #expect(try await features.reader.read("clicks", of: "item-0", at: 0) == .number(12))
        #expect(
            try await FeatureWriter(definitions, store: EmbeddedStore(snapshot: snapshot)).recover(log.reader) == 20)
        clock.set(20)
        _ = try await log.append(clicks(120..<130))
        try await log.drop(receivedBefore: 15)
        await #expect(throws: EventLogError.dropped(after: 100, firstKept: 121)) {
            try await FeatureWriter(definitions, store: EmbeddedStore(snapshot: snapshot)).recover(log.reader)
        }
    }

    /// kill -9 of Redis again and again while events stream in: it comes back with what its file had, and
    /// the writer brings it to what a replay from nothing gives.
    @Test(.enabled(if: RedisServer.isInstalled, "redis-server is not installed"), arguments: ["everysec", "none"])
    func redisIsKilledUnderLoad(persistence: String) async throws {
        let server = try RedisServer(
            options: persistence == "none"
                ? ["--appendonly", "no"] : ["--appendonly", "yes", "--appendfsync", persistence])
        defer { server.stop() }
        let definitions = try FeatureDefinitions(yaml: Self.definitions)
        let log = try EventLog(scratch.log)
        let store = RedisStore(server.address, prefix: "test")
        let features = Features(definitions, store)
        let writer = features.writer
        let failures = Lock(0)
        let following = Task { try await writer.follow(log) { _ in failures.withLock { $0 += 1 } } }
        _ = try await log.append(clicks(0..<20))
        let load = Task {
            for start in stride(from: 20, to: 4000, by: 20) {
                _ = try await log.append(clicks(start..<start + 20))
                // Reads fail with one clear error while it is down.
                do { _ = try await features.reader.read("clicks", of: "item-1", at: 0) } catch let error
                    as FeatureStoreError
                {
                    #expect(error.isTransient)
                }
            }
        }
        var random = RandomStream(seed: 9, "moments of death")
        for outage in 0..<3 {
            // The writer is at work, and stays at it while the server dies.
            try await writer.settle(through: max(1, log.lastSequence))
            try await Task.sleep(for: .milliseconds(Int(random.next() % 40)))
            server.kill()
            // Something to notice it by, also where the load is over.
            let last = try await log.append(clicks(4_001 + outage..<4_002 + outage))[0].sequence
            for _ in 0..<6_000 where failures.withLock({ $0 == 0 }) { try await Task.sleep(for: .milliseconds(10)) }
            try server.restart()
            try await writer.settle(through: last)
        }
        try await load.value
        // A writer that is at rest learns at the next event that Redis has forgotten.
        let last = try await log.append(clicks(4000..<4001))[0].sequence
        try await writer.settle(through: last)
        let expected = try await Self.fresh(log.reader, definitions)
        let keys = Self.labels(definitions).flatMap { label in
            (["ann"] + (0..<10).map { "item-\($0)" }).map { FeatureKey(label: label, entity: $0) }
        }
        // Connections of its own: the store's may still be those that died.
        let reader = RedisStore(server.address, prefix: "test")
        #expect(try await reader.values(of: keys) == expected.values(of: keys))
        #expect(failures.withLock { $0 } > 0)
        #expect(try await store.marks() == expected.marks())
        following.cancel()
        _ = await following.result
    }

    @Test(.enabled(if: RedisServer.isInstalled, "redis-server is not installed"))
    func aDeadRedisIsToldAtOnce() async throws {
        let server = try RedisServer()
        let store = RedisStore(server.address)
        #expect(try await store.values(of: [FeatureKey(label: "a", entity: "b")]) == [nil])
        server.kill()
        for _ in 0..<5 {
            do {
                _ = try await store.values(of: [FeatureKey(label: "a", entity: "b")])
                Issue.record("answered")
            } catch {
                guard case .unavailable(let reason) = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(reason.hasPrefix("127.0.0.1:\(server.address.port): "))
            }
        }
    }

    /// What is still being sent when it dies ends nobody's process; in one of its own, for others here ignore SIGPIPE.
    @Test func aRedisThatDiesWhileItIsSentToIsAnError() throws {
        let address = try dyingRedis()
        let child = Process()
        child.executableURL = Programs.beside("live-child")
        child.arguments = ["redis", "\(address.port)"]
        let pipe = Children.pipe()
        child.standardOutput = pipe
        try Children.start(child)
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        #expect(child.terminationReason == .exit && child.terminationStatus == 0)
        #expect(said.contains("127.0.0.1:\(address.port): "), "\(said)")
    }

    /// A Redis that has started and still reads its file says LOADING: that is told apart, and waited for.
    @Test func aLoadingRedisIsWaitedFor() async throws {
        let server = try LoadingRedis()
        let store = RedisStore(server.address)
        await #expect(throws: FeatureStoreError.loading) { try await store.marks() }
        let log = try EventLog(scratch.log)
        let writer = FeatureWriter(try FeatureDefinitions(yaml: Self.definitions), store: store)
        let told = Lock<[FeatureStoreError]>([])
        let following = Task { try await writer.follow(log) { error in told.withLock { $0.append(error) } } }
        // It is asked again and again, and told of once.
        let asked = server.asked
        while server.asked < asked + 4 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(told.withLock { $0 } == [.loading])
        following.cancel()
        await #expect(throws: CancellationError.self) { try await following.value }
    }
}
