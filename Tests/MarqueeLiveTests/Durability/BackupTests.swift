import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime
import Synchronization
import Testing

@testable import MarqueeLive

@Suite struct BackupTests {
    typealias Fixture = LoopFixture

    private static func answers(_ loop: LiveLoop) async throws -> [[String]] {
        var answers: [[String]] = []
        for user in 0..<40 {
            answers.append(try await loop.decide(DecisionQuery(who: .user("user-\(user)"), count: 10)).shownIDs)
        }
        return answers
    }

    @Test func aServerStartedOfABackupAnswersTheSame() async throws {
        let folder = Fixture.folder(), backup = Fixture.folder(), model = Fixture.folder()
        defer { for folder in [folder, backup, model] { try? FileManager.default.removeItem(at: folder) } }
        try Fixture.model.write(to: model)
        let clock = TestClock()
        let expected = Mutex<[[String]]>([])
        let memory = Mutex<SnapshotTests.Memory?>(nil)
        try await Fixture.run(folder: folder, clock: clock) {
            $0.arms = [PolicyArm(try! Greedy())]
        } _: { loop, clock in
            try await loop.take(SnapshotTests.events(0..<300))
            try await loop.snapshot()
            try await loop.take(SnapshotTests.events(300..<400))
            loop.settle()
            let written = try Backup.write(Backup.Source(folder: folder, model: model), to: backup)
            #expect(written.lastEvent == 400 && written.log == loop.events.id)
            // What comes after it is not in it.
            memory.withLock { $0 = SnapshotTests.Memory(loop, at: clock.now) }
            let answers = try await Self.answers(loop)
            expected.withLock { $0 = answers }
            try await loop.take(SnapshotTests.events(400..<500))
        }
        let saved = try SavedModel(contentsOf: backup.appendingPathComponent("model"))
        try await Fixture.run(
            folder: backup.appendingPathComponent("live"), clock: clock, model: saved, keeps: true
        ) {
            $0.arms = [PolicyArm(try! Greedy())]
            $0.report = { Issue.record("\($0)") }
        } _: { loop, clock in
            try await loop.caughtUp()
            #expect(loop.readCount.load(ordering: .relaxed) == 100)
            #expect(SnapshotTests.Memory(loop, at: clock.now) == memory.withLock { $0 })
            #expect(try await Self.answers(loop) == expected.withLock { $0 })
        }
        let manifest = try JSONDecoder().decode(
            Backup.self, from: Data(contentsOf: backup.appendingPathComponent("backup.json")))
        #expect(manifest.lastEvent == 400)
    }

    /// While events come, decisions are made and snapshots written, no copy names a place that its log does not have.
    @Test func placesAreNeverBeyondTheCopiedLog() async throws {
        let folder = Fixture.folder()
        let clock = TestClock()
        try await Fixture.run(folder: folder, clock: clock) { loop, clock in
            try await loop.take(SnapshotTests.events(0..<50))
            let load = Task {
                var number = 50
                while !Task.isCancelled {
                    let decision = try await loop.decide(DecisionQuery(who: .user("user-\(number % 40)"), count: 2))
                    var events = SnapshotTests.events(number..<number + 20)
                    events.append(
                        Fixture.event(
                            .impression, decision.shownIDs[0], by: "u", at: clock.now, decision: decision.name))
                    _ = try await loop.append(events)
                    number += 20
                    if number % 100 == 10 { try await loop.snapshot() }
                }
            }
            for _ in 0..<6 {
                let copy = Fixture.folder()
                let written = try Backup.write(Backup.Source(folder: folder), to: copy)
                let live = copy.appendingPathComponent("live")
                let place = try? LoopMemory.place(live.appendingPathComponent("memory.snapshot"))
                #expect(place?.through ?? 0 <= written.lastEvent)
                let decisions = try DecisionLog(url: live.appendingPathComponent("decisions.sqlite"))
                #expect(try await decisions.learnedThrough() <= written.lastEvent)
                let names = Set(try await decisions.decisions(limit: .max >> 1).map(\.name))
                await decisions.close()
                let reader = try EventLogReader(live.appendingPathComponent("events.sqlite"))
                #expect(try await reader.events(after: 0, limit: .max >> 1).count == Int(written.lastEvent))
                #expect(!names.isEmpty || written.lastEvent <= 71)
                try FileManager.default.removeItem(at: copy)
            }
            load.cancel()
            try? await load.value
        }
    }

    @Test func whatIsNoBackupIsNotReplaced() throws {
        let scratch = try Scratch()
        try Data("mine".utf8).write(to: scratch.file("notes.txt"))
        #expect(throws: BackupError.notABackup(scratch.url.path)) {
            try Backup.write(Backup.Source(folder: scratch.url), to: scratch.url)
        }
        #expect(throws: BackupError.nothingThere(scratch.url.path)) {
            try Backup.write(Backup.Source(folder: scratch.url), to: scratch.file("new"))
        }
        #expect(try String(contentsOf: scratch.file("notes.txt"), encoding: .utf8) == "mine")
    }
}
