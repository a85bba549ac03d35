import Foundation
import MarqueeLive

/// A process that ingests until it is killed: `live-child LOG ROUND`. Prints `id sequence` for each event
/// after it was acknowledged, and `FAULT …` when something sent again was counted again.
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

    static func say(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(1, $0.baseAddress!, $0.count) }
    }
}
