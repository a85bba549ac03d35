import Foundation
import MarqueeLive

/// A process that ingests until it is killed: `live-child LOG ROUND`. Prints `id sequence` for each event
/// after it was acknowledged, and `FAULT …` when something sent again was counted again.
///
/// Or a loop that takes events and writes snapshots all the time: `live-child loop FOLDER ROUND`.
///
/// Or one that asks a Redis for more than a connection takes at once: `live-child redis PORT`. Prints what went wrong.
@main
struct LiveChild {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments[1] == "redis" {
            let store = RedisStore(RedisAddress(port: Int(arguments[2]) ?? 0))
            let key = FeatureKey(label: "clicks", entity: String(repeating: "x", count: 16 << 20))
            do { _ = try await store.values(of: [key]) } catch { say("\(error)") }
            return
        }
        if arguments[1] == "loop" { return try await loop(URL(fileURLWithPath: arguments[2]), round: arguments[3]) }
        var limits = EventLog.Limits()
        limits.unindexed = 200  // Ids are merged into the index all the time.
        let log = try EventLog(URL(fileURLWithPath: arguments[1]), limits: limits)
        let round = arguments[2]

        // What was there before is sent again.
        let known = try await log.reader.events(after: max(0, log.lastSequence - 300))
        for (acknowledgment, logged) in zip(try await log.append(known.map(\.event)), known)
        where acknowledgment != .duplicate(sequence: logged.sequence) {
            say("FAULT \(logged.event.id) was at \(logged.sequence), now \(acknowledgment)")
        }

        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<6 {
                group.addTask {
                    var count = 0
                    while true {
                        let events = (0..<1 + count % 17).map { number in
                            Event(
                                id: "\(round)-\(task)-\(count + number)", user: "user-\(task)",
                                item: "item-\((count + number) % 7)",
                                type: .click, time: EventLog.now())
                        }
                        count += events.count
                        let acknowledgments = try await log.append(events)
                        say(zip(events, acknowledgments).map { "\($0.id) \($1.sequence)" }.joined(separator: "\n"))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    static func loop(_ folder: URL, round: String) async throws {
        let loop = try await LiveLoop(folder: folder)
        try await loop.catalog.put((0..<20).map { CatalogItem(id: "item-\($0)") })
        let following = Task { try await loop.follow() }
        try await loop.caughtUp()
        let types: [EventType] = [.click, .impression, .view, .hide, .impression]
        var count = 0
        while true {
            let events = (0..<1 + count % 50).map { number in
                Event(
                    id: "\(round)-\(count + number)", user: "user-\((count + number) % 11)",
                    item: "item-\((count * 7 + number) % 23)", type: types[(count + number) % types.count],
                    time: 1_750_000_000_000 - Int64((count + number) * 7_919 % 100_000))
            }
            count += events.count
            _ = try await loop.append(events)
            if count % 3 == 0 { try await loop.snapshot() }
            say("\(count)")
            if following.isCancelled { return }
        }
    }

    static func say(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(1, $0.baseAddress!, $0.count) }
    }
}
