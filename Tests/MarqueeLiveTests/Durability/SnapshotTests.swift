import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime
import ProcessTesting
import Synchronization
import Testing

@testable import MarqueeLive

@Suite struct SnapshotTests {
    typealias Fixture = LoopFixture

    /// Everything that is computed from the log, as far as it can be seen.
    struct Memory: Equatable {
        var people: [Who: UserState]
        var trends: [Int32: Float]
        var rates: [Double]
        var unknownItems: Int

        init(_ loop: LiveLoop, at time: Int64) {
            people = loop.audience.people().reduce(into: [:]) { $0.merge($1) { $1 } }
            trends = Dictionary(uniqueKeysWithValues: loop.trends.people(at: time).map { ($0.item, $0.people) })
            rates = loop.trends.rates(of: 0..<Int32(loop.catalog.snapshot.count), at: time)
            unknownItems = loop.status.unknownItems
        }
    }

    /// Events of every kind, of users and sessions, about items known and unknown.
    static func events(_ numbers: Range<Int>, seed: UInt64 = 1) -> [Event] {
        let types = EventType.allCases
        return numbers.map { number in
            var random = RandomStream(seed: seed << 32 | UInt64(number), "event")
            let type = types[Int(random.next() % UInt64(types.count))]
            let user = "user-\(random.next() % 40)", session = "session-\(random.next() % 60)"
            let item =
                random.next() % 20 == 0
                ? "unknown-\(random.next() % 5)" : Fixture.model.items[Int32(random.next() % 150)]
            let kind = random.next() % 4
            return Event(
                id: "e\(number)", user: kind == 0 ? nil : user, session: kind == 1 ? nil : session,
                item: type == .search ? "" : item, type: type,
                value: type == .rating || type == .view
                    ? Double(random.next() % 50) / 10 : type == .scroll ? 0.5 : nil,
                context: type == .gaze ? ["x": "0.5", "y": "0.25"] : [:],
                time: Fixture.start - 1_000_000 + Int64(random.next() % 900_000),
                query: type == .search ? "what they look for" : nil)
        }
    }

    /// What a loop remembers that reads the whole log of a folder.
    static func replayed(_ folder: URL, clock: TestClock) async throws -> Memory {
        let copy = Fixture.folder()
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        for name in ["events.sqlite", "catalog.sqlite", "decisions.sqlite"] {
            try FileManager.default.copyItem(
                at: folder.appendingPathComponent(name), to: copy.appendingPathComponent(name))
        }
        let memory = Mutex<Memory?>(nil)
        try await Fixture.run(folder: copy, clock: clock, deploys: false) { loop, clock in
            try await loop.caughtUp()
            #expect(loop.readCount.load(ordering: .relaxed) == Int(loop.events.lastSequence))
            memory.withLock { $0 = Memory(loop, at: clock.now) }
        }
        return try #require(memory.withLock { $0 })
    }

    @Test func afterASnapshotOnlyTheEventsBehindItAreRead() async throws {
        let folder = Fixture.folder()
        let clock = TestClock()
        let expected = Mutex<Memory?>(nil)
        try await Fixture.run(folder: folder, clock: clock, keeps: true) { loop, clock in
            try await loop.take(Self.events(0..<600))
            #expect(try await loop.snapshot() == 600)
            try await loop.take(Self.events(600..<650))
            expected.withLock { $0 = Memory(loop, at: clock.now) }
            // As a kill leaves it: what the stop would write is not there.
            try FileManager.default.copyItem(at: loop.memoryFile, to: folder.appendingPathComponent("kept"))
        }
        let snapshot = folder.appendingPathComponent("memory.snapshot")
        #expect(try LoopMemory.place(snapshot).through == 650, "a clean stop writes one")
        for (behind, kept) in [(0, false), (50, true)] {
            if kept {
                try FileManager.default.removeItem(at: snapshot)
                try FileManager.default.copyItem(at: folder.appendingPathComponent("kept"), to: snapshot)
            }
            try await Fixture.run(folder: folder, clock: clock, deploys: false, keeps: true) { loop, clock in
                try await loop.caughtUp()
                #expect(loop.readCount.load(ordering: .relaxed) == behind)
                #expect(Memory(loop, at: clock.now) == expected.withLock { $0 })
            }
        }
        #expect(try await Self.replayed(folder, clock: clock) == expected.withLock { $0 })
        try FileManager.default.removeItem(at: folder)
    }

    /// Events about items that nobody knew are in the snapshot, and count once the catalog has them.
    @Test func whatWaitsForItsItemWaitsOverARestart() async throws {
        let folder = Fixture.folder()
        let clock = TestClock()
        try await Fixture.run(folder: folder, clock: clock, deploys: false, keeps: true) { loop, clock in
            try await loop.take([Fixture.event(.click, "new", by: "ann", at: clock.now)])
            #expect(loop.status.unknownItems == 1)
        }
        try await Fixture.run(folder: folder, clock: clock, deploys: false) { loop, _ in
            try await loop.caughtUp()
            #expect(loop.readCount.load(ordering: .relaxed) == 0)
            #expect(loop.status.unknownItems == 1)
            try await loop.catalog.put([CatalogItem(id: "new")])
            #expect(loop.audience[.user("ann")].consumed == [0])
        }
    }

    @Test func policiesLearnOnlyWhatCameAfterTheyWereKept() async throws {
        try await Fixture.run {
            $0.arms = [PolicyArm(try! BetaThompson())]
        } _: { loop, clock in
            func play(_ rounds: Int) async throws {
                for round in 0..<rounds {
                    let user = Fixture.model.users[Int32(round)]
                    let decision = try await loop.decide(DecisionQuery(who: .user(user), count: 3))
                    try await loop.take(
                        decision.shownIDs.map {
                            Fixture.event(.impression, $0, by: user, at: clock.now, decision: decision.name)
                        })
                }
                try await loop.decisions.flush()
            }
            let fresh = try BetaThompson()
            // The loop itself may have kept a part of them by then.
            try await play(5)
            #expect(try await loop.decisions.keep(fresh, arm: "") <= 15)
            try await play(2)
            #expect(try await loop.decisions.keep(fresh, arm: "") <= 6)
            #expect(try await loop.decisions.keep(fresh, arm: "") == 0)
            let restored = try await loop.decisions.policy(fresh, arm: "")
            #expect(restored.version == 21)
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let now = try #require(loop.configuration.arms.first).current
            #expect(try encoder.encode(PolicyState(restored)) == encoder.encode(PolicyState(now)))
        }
    }

    /// Of another form, damaged, of another log, of a log that went another way, of another catalog: left aside, told of, and
    /// the log read.
    @Test(arguments: ["garbled", "cut", "older form", "other log", "other history", "other catalog"])
    func whatDoesNotFitIsLeftAside(kind: String) async throws {
        let folder = Fixture.folder(), other = Fixture.folder()
        let clock = TestClock()
        try await Fixture.run(folder: folder, clock: clock, keeps: true) { loop, _ in
            try await loop.take(Self.events(0..<100))
        }
        let snapshot = folder.appendingPathComponent("memory.snapshot")
        var bytes = try Data(contentsOf: snapshot)
        switch kind {
        case "garbled": bytes[bytes.count / 2] ^= 4
        case "cut": bytes.removeLast(9)
        case "older form": bytes.replaceSubrange(15..<16, with: Data("0".utf8))
        case "other log":
            try await Fixture.run(folder: other, clock: clock, keeps: true) { loop, _ in
                try await loop.take(Self.events(0..<100))
            }
            bytes = try Data(contentsOf: other.appendingPathComponent("memory.snapshot"))
        case "other history":
            // The log goes back to a copy, and on from there.
            try FileManager.default.copyItem(at: folder, to: other)
            try await Fixture.run(folder: other, clock: clock, keeps: true) { loop, _ in
                try await loop.take(Self.events(100..<120))
            }
            bytes = try Data(contentsOf: other.appendingPathComponent("memory.snapshot"))
            try await Fixture.run(folder: folder, clock: clock, keeps: true) { loop, _ in
                try await loop.take(Self.events(200..<230))
            }
        default:
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(at: folder.appendingPathComponent("catalog.sqlite" + suffix))
            }
            // Items of other indices than people remember.
            let catalog = try CatalogStore(url: folder.appendingPathComponent("catalog.sqlite"))
            try await catalog.put([CatalogItem(id: "first")])
            await catalog.close()
        }
        try bytes.write(to: snapshot)
        let told = Mutex<[String]>([])
        try await Fixture.run(folder: folder, clock: clock, deploys: kind == "other catalog", keeps: true) {
            $0.report = { text in told.withLock { $0.append(text) } }
        } _: { loop, _ in
            try await loop.caughtUp()
            #expect(loop.readCount.load(ordering: .relaxed) == Int(loop.events.lastSequence))
        }
        #expect(told.withLock { $0.count } == 1)
        #expect(told.withLock { $0.first }?.hasPrefix("\(snapshot.path) is not used (") == true)
        #expect(FileManager.default.fileExists(atPath: snapshot.path + ".unused"))
        for folder in [folder, other] { try? FileManager.default.removeItem(at: folder) }
    }

    @Test func untilItHasReadItsLogItDoesNotDecide() async throws {
        let folder = Fixture.folder()
        let clock = TestClock()
        let item = Fixture.model.items[3]
        try await Fixture.run(folder: folder, clock: clock, keeps: true) { loop, clock in
            try await loop.take([Fixture.event(.click, item, by: "ann", at: clock.now)])
        }
        var configuration = LiveLoop.Configuration()
        configuration.clock = { clock.now }
        let loop = try await LiveLoop(folder: folder, configuration: configuration)
        try await loop.deploy(Fixture.model, version: "ials-test")
        let query = DecisionQuery(who: .user("ann"), count: 100)
        // Nobody follows yet.
        await #expect(throws: LiveLoopError.catchingUp(applied: 0, of: 1)) { try await loop.decide(query) }
        let following = Task { try await loop.follow() }
        try await loop.caughtUp()
        #expect(try await !loop.decide(query).choices.items.contains(item))
        await loop.close()
        try await following.value
        try FileManager.default.removeItem(at: folder)
    }

    /// kill -9 at random moments while events come and snapshots are written all the time: the same as a replay.
    @Test func killedBetweenSnapshotAndLog() async throws {
        var random = RandomStream(seed: 11, "moments of death")
        let folder = Fixture.folder()
        let clock = TestClock()
        var snapshots = 0
        for round in 0..<8 {
            let child = Process()
            child.executableURL = Programs.beside("live-child")
            child.arguments = ["loop", folder.path, "\(round)"]
            let pipe = Children.pipe()
            child.standardOutput = pipe
            try Children.start(child)
            for _ in 0..<1 + Int(random.next() % 12) { _ = pipe.fileHandleForReading.availableData }
            usleep(UInt32(random.next() % 20_000))
            kill(child.processIdentifier, SIGKILL)
            _ = pipe.fileHandleForReading.readDataToEndOfFile()
            child.waitUntilExit()
            #expect(child.terminationReason == .uncaughtSignal)
            let hasSnapshot = FileManager.default.fileExists(
                atPath: folder.appendingPathComponent("memory.snapshot").path)
            let memory = Mutex<Memory?>(nil)
            try await Fixture.run(folder: folder, clock: clock, deploys: false, keeps: true) {
                $0.report = { Issue.record("\($0)") }
            } _: { loop, clock in
                try await loop.caughtUp()
                if hasSnapshot { #expect(loop.readCount.load(ordering: .relaxed) < Int(loop.events.lastSequence)) }
                memory.withLock { $0 = Memory(loop, at: clock.now) }
            }
            if hasSnapshot { snapshots += 1 }
            #expect(try await Self.replayed(folder, clock: clock) == memory.withLock { $0 })
        }
        #expect(snapshots > 0)
        try FileManager.default.removeItem(at: folder)
    }
}
