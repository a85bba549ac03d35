import Foundation
import GRDB
import Testing

@testable import MarqueeLive

@Suite struct DecisionJournalTests {
    private typealias Fixture = LoopFixture

    private func file() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("marquee-journal-\(UUID())").path
    }

    private static let decisions: [[UInt8]] = [[1], Array(0..<100), [UInt8](repeating: 7, count: 4_099)]

    @Test func whatWasWrittenIsReadBack() throws {
        let path = file()
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(DecisionJournal.decisions(at: path).isEmpty)
        var journal = try DecisionJournal(path: path)
        #expect(DecisionJournal.decisions(at: path).isEmpty)
        for decision in Self.decisions {
            let isKept = journal.append(decision)
            #expect(isKept)
        }
        #expect(DecisionJournal.decisions(at: path) == Self.decisions)
        for round in 0..<3 as Range<UInt8> {
            try journal.beginAnew([[9, round]])
            let isKept = journal.append([10])
            #expect(isKept && DecisionJournal.decisions(at: path) == [[9, round], [10]])
        }
        try journal.beginAnew([])
        #expect(journal.size == 0 && DecisionJournal.decisions(at: path).isEmpty)
        let isKept = journal.append([11])
        #expect(isKept && DecisionJournal.decisions(at: path) == [[11]])
        // The next process begins with nothing.
        _ = consume journal
        _ = try DecisionJournal(path: path)
        #expect(DecisionJournal.decisions(at: path).isEmpty)
    }

    @Test func aFullHalfIsLeftForTheOther() throws {
        let path = file()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var journal = try DecisionJournal(path: path, half: 99)
        let isKept = [journal.append([UInt8](repeating: 1, count: 50)), journal.append([2]), journal.append([3])]
        #expect(isKept == [true, true, false])
        try journal.beginAnew([[2], [3]])
        #expect(DecisionJournal.decisions(at: path) == [[2], [3]])
        #expect(throws: DecisionLogError.self) { try journal.beginAnew([[UInt8](repeating: 4, count: 90)]) }
        #expect(DecisionJournal.decisions(at: path) == [[2], [3]])
    }

    /// Wherever the file ends and whatever byte is wrong, what comes before it is whole.
    @Test func halfARecordAndWrongBytesEndIt() throws {
        let path = file()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var journal = try DecisionJournal(path: path, half: 400)
        for decision in Self.decisions.prefix(2) { _ = journal.append(decision) }
        let whole = try #require(FileManager.default.contents(atPath: path))
        for place in 4_096..<4_096 + journal.size {
            var wrong = whole
            wrong[place] ^= 0x10
            try wrong.write(to: URL(fileURLWithPath: path))
            let before = DecisionJournal.decisions(at: path)
            #expect(before == Array(Self.decisions.prefix(before.count)) && before.count < 2)
        }
        for length in stride(from: 0, to: whole.count, by: 7) {
            try whole.prefix(length).write(to: URL(fileURLWithPath: path))
            let read = DecisionJournal.decisions(at: path)
            #expect(read == Array(Self.decisions.prefix(read.count)))
        }
    }

    /// The files as a killed process leaves them: what was decided is there, once, and counted once.
    @Test func aKilledProcessLosesNoDecision() async throws {
        let arms = [Experiments.Arm("x", 0.5), Experiments.Arm("y", 0.5)]
        let experiments = try Experiments([Experiments.Experiment("a", arms: arms)])
        try await Fixture.run {
            $0.experiments = experiments
        } _: { loop, _ in
            let decision = try await loop.decide(DecisionQuery(who: .user("u"), count: 3))
            #expect(!decision.assignments.isEmpty)
            let folder = Fixture.folder(), left = Fixture.folder()
            defer { for folder in [folder, left] { try? FileManager.default.removeItem(at: folder) } }
            let log = try DecisionLog(decidingAt: folder.appendingPathComponent("decisions.sqlite"))
            try log.append(Self.decision(decision, 1))
            try await log.flush()
            try await log.database.write { _ in
                // No other can write to the tables meanwhile.
                for id in 2...4 as ClosedRange<UInt8> { try log.append(Self.decision(decision, id)) }
                try FileManager.default.copyItem(at: folder, to: left)
            }
            #expect(DecisionJournal.decisions(at: left.appendingPathComponent("decisions.waiting").path).count == 3)
            for _ in 0..<2 {
                let log = try DecisionLog(decidingAt: left.appendingPathComponent("decisions.sqlite"))
                #expect(try await log.decisions(limit: 10).map(\.id) == [1, 2, 3, 4])
                let count = try await log.database.read { db in
                    try Int.fetchOne(db, sql: "SELECT decisions FROM tallies")
                }
                #expect(count == 4)
            }
        }
    }

    /// The same decision under another id.
    private static func decision(_ decision: Decision, _ id: UInt8) throws -> Decision {
        var bytes = decision.bytes
        bytes.replaceSubrange(8..<16, with: [id, 0, 0, 0, 0, 0, 0, 0])
        return try Decision(bytes: bytes)
    }
}
