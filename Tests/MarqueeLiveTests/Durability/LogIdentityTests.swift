import Foundation
import MarqueeData
import MarqueeRuntime
import ProcessTesting
import Synchronization
import Testing

@testable import MarqueeLive

@Suite struct LogIdentityTests {
    typealias Fixture = LoopFixture

    private static func remove(_ name: String, in folder: URL) {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(name + suffix))
        }
    }

    @Test func aLogKeepsItsIdAndAnotherHasAnother() async throws {
        let scratch = try Scratch()
        let log = try EventLog(scratch.log)
        let id = log.id
        #expect(id != 0)
        #expect(try await log.reader.id() == id)
        await log.close()
        let again = try EventLog(scratch.log)
        #expect(again.id == id)
        await again.close()
        let other = try EventLog(scratch.file("other.sqlite"))
        #expect(other.id != id)
        await other.close()
    }

    /// The damage message's advice: the log is moved away, what was exported of it appended to a new one. Places of the old
    /// log mean nothing in it: what happens from then on is learned, and what comes again is not learned twice.
    @Test func afterTheLogIsReplacedItIsLearnedFrom() async throws {
        let folder = Fixture.folder()
        let clock = TestClock()
        let exported = Mutex<[Event]>([])
        try await Fixture.run(folder: folder, clock: clock, keeps: true) { loop, clock in
            for _ in 0..<3 {
                let decision = try await loop.decide(DecisionQuery(who: .user("u"), count: 3))
                for item in decision.shownIDs {
                    try await loop.take([
                        Fixture.event(.impression, item, by: "u", at: clock.now, decision: decision.name)
                    ])
                }
            }
            #expect(try await loop.decisions.learnedThrough() <= 9)
            let events = try await loop.events.reader.events(after: 0).map(\.event)
            exported.withLock { $0 = events }
        }
        Self.remove("events.sqlite", in: folder)
        let told = Mutex<[String]>([])
        try await Fixture.run(folder: folder, clock: clock) {
            $0.report = { text in told.withLock { $0.append(text) } }
        } _: { loop, clock in
            try await loop.take(Array(exported.withLock { $0 }.prefix(4)))
            try await loop.decisions.flush()
            #expect(try await loop.decisions.outcomes(arm: "").count == 9, "what came again was learned already")
            let decision = try await loop.decide(DecisionQuery(who: .user("u"), count: 1))
            try await loop.take([
                Fixture.event(.click, decision.shownIDs[0], by: "u", at: clock.now, decision: decision.name)
            ])
            try await loop.decisions.flush()
            #expect(
                try await loop.decisions.outcomes(arm: "").map(\.outcome.reward) == Array(repeating: 0, count: 9) + [1])
            #expect(loop.audience[.user("u")].consumed.count == 1)
        }
        #expect(told.withLock { $0 }.contains { $0.contains("another event log") })
    }

    /// A copy of before takes the place of the log: what is appended from then on has places that were learned once.
    @Test func afterTheLogGoesBackToACopyItIsLearnedFrom() async throws {
        let folder = Fixture.folder(), copy = Fixture.folder()
        let clock = TestClock()
        @Sendable func show(_ loop: LiveLoop) async throws {
            let decision = try await loop.decide(DecisionQuery(who: .user("u"), count: 2))
            try await loop.take(
                decision.shownIDs.map {
                    Fixture.event(.impression, $0, by: "u", at: clock.now, decision: decision.name)
                })
            try await loop.decisions.flush()
        }
        try await Fixture.run(folder: folder, clock: clock, keeps: true) { loop, _ in try await show(loop) }
        try FileManager.default.copyItem(at: folder.appendingPathComponent("events.sqlite"), to: copy)
        try await Fixture.run(folder: folder, clock: clock, keeps: true) { loop, _ in
            try await loop.caughtUp()
            for _ in 0..<3 { try await show(loop) }
        }
        Self.remove("events.sqlite", in: folder)
        try FileManager.default.moveItem(at: copy, to: folder.appendingPathComponent("events.sqlite"))
        try await Fixture.run(folder: folder, clock: clock) { loop, _ in
            try await loop.caughtUp()
            let before = try await loop.decisions.outcomes(arm: "").count
            try await show(loop)
            #expect(try await loop.decisions.outcomes(arm: "").count == before + 2)
        }
    }

    /// Statistics whose marks are of another log are computed again, in either store.
    @Test(arguments: StoreKind.available) func featuresOfAnotherLogAreComputedAgain(kind: StoreKind) async throws {
        let scratch = try Scratch()
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let definitions = try FeatureDefinitions(yaml: FeatureWriterTests.definitions)
        let first = try EventLog(scratch.log)
        _ = try await first.append(clicks(0..<50))
        try await FeatureWriter(definitions, store: store).recover(first.reader)
        let second = try EventLog(scratch.file("second.sqlite"))
        // As long as the first, so that its places tell nothing.
        _ = try await second.append(clicks(100..<180))
        #expect(try await FeatureWriter(definitions, store: store).recover(second.reader) == 80)
        let fresh = try await FeatureWriterTests.fresh(second.reader, definitions)
        #expect(try await store.marks() == fresh.marks())
        let keys = FeatureWriterTests.labels(definitions).flatMap { label in
            (["ann"] + (0..<10).map { "item-\($0)" }).map { FeatureKey(label: label, entity: $0) }
        }
        #expect(try await store.values(of: keys) == fresh.values(of: keys))
        // And of its own nothing is read twice.
        #expect(try await FeatureWriter(definitions, store: store).recover(second.reader) == 0)
        await first.close()
        await second.close()
    }

    /// Only the files themselves are copied, as many do; nothing of what was acknowledged is missing.
    @Test func afterACleanStopEveryFileIsWhole() async throws {
        let folder = Fixture.folder(), copy = Fixture.folder()
        let clock = TestClock()
        try await Fixture.run(folder: folder, clock: clock, keeps: true) { loop, clock in
            try await loop.take(SnapshotTests.events(0..<700))
            _ = try await loop.decide(DecisionQuery(who: .user("u"), count: 2))
            try await loop.catalog.put([CatalogItem(id: "late", title: "Late")])
            // Readers are at it too, who must not keep the write-ahead log.
            _ = try await loop.events.reader.events(after: 0)
            _ = try await loop.decisions.decisions(limit: 1)
            _ = try await loop.catalog.item("late")
        }
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        for name in ["events.sqlite", "decisions.sqlite", "catalog.sqlite"] {
            let log = folder.appendingPathComponent(name + "-wal")
            #expect((try? log.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0 == 0, "\(name)")
            try FileManager.default.copyItem(
                at: folder.appendingPathComponent(name), to: copy.appendingPathComponent(name))
        }
        try await Fixture.run(folder: copy, clock: clock, deploys: false) { loop, _ in
            try await loop.caughtUp()
            #expect(loop.events.lastSequence == 700)
            #expect(try await loop.decisions.decisions(limit: 9).count == 1)
            #expect(try await loop.catalog.item("late")?.title == "Late")
        }
        try FileManager.default.removeItem(at: folder)
    }
}
