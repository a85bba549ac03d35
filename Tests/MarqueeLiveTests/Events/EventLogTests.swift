import Foundation
import GRDB
import MarqueeLive
import Testing

@Suite struct EventLogTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func whatIsAppendedIsReadInOrder() async throws {
        let log = try EventLog(scratch.log, clock: { 42 })
        let acknowledged = try await log.append(clicks(0..<5))
        #expect(acknowledged == (1...5).map { .accepted(sequence: $0) })
        #expect(try await log.append([]) == [])
        #expect(log.lastSequence == 5)
        let read = try await log.reader.events(after: 2)
        #expect(read == zip(3...5, clicks(2..<5)).map { LoggedEvent(sequence: $0, received: 42, event: $1) })
        #expect(try await log.reader.events(after: 0, limit: 2).map(\.sequence) == [1, 2])
    }

    @Test func anIdCountsOnce() async throws {
        let log = try EventLog(scratch.log)
        _ = try await log.append(clicks(0..<3))
        let again = try await log.append(clicks(1..<5) + clicks(3..<4))
        #expect(
            again == [
                .duplicate(sequence: 2), .duplicate(sequence: 3), .accepted(sequence: 4), .accepted(sequence: 5),
                .duplicate(sequence: 4),
            ])
        #expect(log.lastSequence == 5)
    }

    /// With ids that still wait in memory and with ids that are merged into the index.
    @Test(arguments: [1_000_000, 50]) func anIdCountsOnceAfterRestarts(unindexed: Int) async throws {
        var limits = EventLog.Limits()
        limits.unindexed = unindexed
        var known = 0
        for round in 0..<4 {
            let log = try EventLog(scratch.log, limits: limits)
            for start in stride(from: 0, to: 400, by: 50) {
                let acknowledged = try await log.append(clicks(start..<start + 50 + 100 * round))
                #expect(acknowledged.map(\.sequence) == acknowledged.indices.map { Int64(start + $0 + 1) })
                #expect(acknowledged.map(\.isDuplicate) == acknowledged.indices.map { start + $0 < known })
                known = max(known, start + acknowledged.count)
            }
            await log.close()
        }
    }

    @Test func concurrentAppendsShareCommits() async throws {
        let log = try EventLog(scratch.log)
        let acknowledged = try await withThrowingTaskGroup(of: [Acknowledgment].self) { group in
            for start in 0..<200 { group.addTask { try await log.append(clicks(start * 3..<start * 3 + 3)) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(acknowledged.map(\.sequence)) == Set(1...600))
        let read = try await log.reader.events(after: 0)
        #expect(read.map(\.sequence) == Array(1...600))
        #expect(Set(read.map(\.event.id)).count == 600)
    }

    @Test func aFullQueueSaysWhenToComeAgain() async throws {
        var limits = EventLog.Limits()
        limits.waiting = 100
        let log = try EventLog(scratch.log, limits: limits)
        await #expect(throws: EventLogError.tooMany(101, limit: 100)) { try await log.append(clicks(0..<101)) }
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for start in 0..<60 {
                group.addTask {
                    do {
                        _ = try await log.append(clicks(start * 90..<start * 90 + 90))
                        return true
                    } catch EventLogError.busy(let retryAfter) {
                        #expect(retryAfter >= .seconds(1))
                        return false
                    } catch {
                        Issue.record("\(error)")
                        return false
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(log.lastSequence == Int64(90 * outcomes.filter { $0 }.count))
        #expect(log.waiting == 0)
        _ = try await log.append(clicks(9000..<9090))
    }

    @Test func followersSeeEveryEventOnce() async throws {
        var limits = EventLog.Limits()
        limits.recent = 20  // Most must come from disk.
        let log = try EventLog(scratch.log, limits: limits)
        let followers = (0..<3).map { number in
            Task {
                var place: Int64 = 0
                while place < 500 {
                    let events = try await log.next(after: place, limit: 30 + number).events
                    #expect(events.map(\.sequence) == Array(place + 1...place + Int64(events.count)))
                    place += Int64(events.count)
                }
            }
        }
        for start in stride(from: 0, to: 500, by: 25) { _ = try await log.append(clicks(start..<start + 25)) }
        for follower in followers { try await follower.value }
    }

    @Test func aFollowerCanBeCancelledAndIsToldOfTheEnd() async throws {
        let log = try EventLog(scratch.log)
        let cancelled = Task { try await log.next(after: 0) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let left = Task { try await log.next(after: 0) }
        await log.close()
        await #expect(throws: EventLogError.closed) { try await left.value }
        await #expect(throws: EventLogError.closed) { try await log.append(clicks(0..<1)) }
    }

    @Test func closingWritesWhatWaits() async throws {
        let log = try EventLog(scratch.log)
        let appends = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for start in 0..<50 {
                    group.addTask {
                        do { _ = try await log.append(clicks(start..<start + 1)) } catch EventLogError.closed {}
                    }
                }
                try await group.waitForAll()
            }
        }
        _ = try await log.append(clicks(100..<101))
        await log.close()
        try await appends.value
        let reopened = try EventLog(scratch.log)
        #expect(reopened.lastSequence == log.lastSequence)
    }

    @Test func retentionDropsTheOldestAndPlacesGoOn() async throws {
        let clock = Clock()
        let log = try EventLog(scratch.log, clock: { clock.now })
        for day in 0..<5 {
            clock.set(Int64(day) * 1000)
            _ = try await log.append(clicks(day * 10..<day * 10 + 10))
        }
        #expect(try await log.drop(receivedBefore: 2000) == 20)
        #expect(try await log.drop(receivedBefore: 2000) == 0)
        #expect(try await log.reader.kept() == 21...50)
        await #expect(throws: EventLogError.dropped(after: 3, firstKept: 21)) { try await log.reader.events(after: 3) }
        // What is gone may come again; what is kept may not.
        #expect(try await log.append(clicks(19..<21)) == [.accepted(sequence: 51), .duplicate(sequence: 21)])
        #expect(try await log.drop(receivedBefore: .max) == 31)
        await log.close()
        let reopened = try EventLog(scratch.log)
        #expect(reopened.lastSequence == 51)
        #expect(try await reopened.append(clicks(0..<1)) == [.accepted(sequence: 52)])
    }

    /// More than a piece, with the ids in the table and in memory, and beside those who append.
    @Test func retentionLetsOthersWriteInBetween() async throws {
        let clock = Clock()
        var limits = EventLog.Limits()
        limits.unindexed = 2_000
        let log = try EventLog(scratch.log, limits: limits, clock: { clock.now })
        for start in stride(from: 0, to: 50_000, by: 10_000) {
            _ = try await log.append(clicks(start..<start + 10_000))
        }
        clock.set(1_000)
        async let dropped = log.drop(receivedBefore: 500)
        async let appended = withThrowingTaskGroup(of: Int.self) { group in
            for k in 0..<100 { group.addTask { try await log.append(clicks(50_000 + k * 10..<50_010 + k * 10)).count } }
            return try await group.reduce(0, +)
        }
        #expect(try await dropped == 50_000)
        #expect(try await appended == 1_000)
        #expect(try await log.drop(receivedBefore: 500) == 0)
        #expect(try await log.append(clicks(49_999..<50_001)).map(\.isDuplicate) == [false, true])
        await log.close()
        let reopened = try EventLog(scratch.log, limits: limits)
        #expect(try await reopened.reader.kept() == 50_001...51_001)
        #expect(try await reopened.append(clicks(49_998..<50_002)).map(\.isDuplicate) == [false, true, true, true])
        await reopened.close()
        let file = try DatabaseQueue(path: scratch.log.path)
        #expect(
            try await file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM event_id WHERE sequence <= 50000") }
                == 0)
    }

    @Test func anExportAppendedElsewhereGivesTheSameEvents() async throws {
        let log = try EventLog(scratch.log)
        _ = try await log.append(clicks(0..<50))
        var text = Data()
        #expect(try await log.reader.export { text += $0 } == 50)
        let sent = SentEvents(json: Array(text), received: EventLog.now())
        #expect(sent.rejected.isEmpty)
        let other = try EventLog(scratch.file("other.sqlite"))
        _ = try await other.append(sent.events)
        #expect(try await other.reader.events(after: 0).map(\.event) == clicks(0..<50))
    }

    @Test func commitsAreSynced() async throws {
        let log = try EventLog(scratch.log)
        _ = try await log.append(clicks(0..<1))
        // The journal mode is the file's; that every commit is synced shows in the system calls (strace),
        // and here in the connection's own answer.
        #expect(log.journal == "wal, synchronous 2")
    }

    @Test func readersReadBesideAWriter() async throws {
        let log = try EventLog(scratch.log)
        _ = try await log.append(clicks(0..<5))
        let reader = try EventLogReader(scratch.log)
        #expect(try await reader.lastSequence() == 5)
        _ = try await log.append(clicks(5..<6))
        #expect(try await reader.events(after: 5).map(\.event.id) == ["e5"])
    }
}

/// A clock that stands until it is set.
final class Clock: Sendable {
    private let time = Lock<Int64>(0)
    var now: Int64 { time.withLock { $0 } }
    func set(_ now: Int64) { time.withLock { $0 = now } }
}
