import Foundation
import MarqueeData
import Testing

@testable import MarqueeLive

@Suite("A server's events as data to learn from")
struct EventLogSourceTests {
    static let hour: Int64 = 3_600_000
    static let start: Int64 = 1_700_000_000_000

    /// Sent in another order than it happened.
    static let events: [Event] = [
        Event(id: "2", user: "ann", item: "b", type: .click, time: start + 2 * hour),
        Event(id: "1", user: "ann", item: "a", type: .view, value: 12.5, time: start + hour),
        Event(id: "3", session: "s1", item: "c", type: .click, time: start + 3 * hour),
        Event(id: "4", user: "bob", session: "s1", item: "a", type: .purchase, value: 30, time: start + 4 * hour),
        Event(id: "5", session: "s2", item: "a", type: .click, time: start + 5 * hour),
        Event(id: "6", user: "ann", item: "c", type: .impression, time: start + 6 * hour),
        Event(id: "7", user: "ann", item: "c", type: .rating, value: 4, time: start + 7 * hour),
        Event(id: "8", user: "ann", item: "c", type: .hide, time: start + 8 * hour),
    ]

    /// A server's folder with these events and a catalog.
    static func folder(_ events: [Event] = events) async throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-events-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let catalog = try CatalogStore(url: folder.appendingPathComponent("catalog.sqlite"))
        try await catalog.put([
            CatalogItem(id: "a", title: "Heat", domain: "movie", categories: ["Crime"], year: 1995),
            CatalogItem(id: "z", title: "Nobody touched it", domain: "movie"),
        ])
        try await catalog.put([CatalogUser(id: "bob", friends: ["ann", "nobody"])])
        let log = try EventLog(folder.appendingPathComponent("events.sqlite"))
        _ = try await log.append(events)
        await log.close()
        return folder
    }

    @Test("Types are behaviors, in order of time; sessions belong to whom they name; the catalog has the titles")
    func reads() async throws {
        let folder = try await Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = EventLogSource()
        #expect(source.recognizes(folder))
        let (dataset, report) = try source.read(folder)
        let log = dataset.log
        let rows = (0..<log.count).map { row in
            [
                log.userVocabulary[log.users[row]], log.itemVocabulary[log.items[row]],
                log.behaviorNames[Int(log.behavior(of: row))], "\(log.values[row])",
                "\((log.timestamps[row] - Self.start) / Self.hour)",
            ]
        }
        #expect(
            rows == [
                ["ann", "a", "view", "12500.0", "1"], ["ann", "b", "click", "1.0", "2"],
                ["bob", "c", "click", "1.0", "3"], ["bob", "a", "purchase", "1.0", "4"],
                ["session:s2", "a", "click", "1.0", "5"], ["ann", "c", "rating", "4.0", "7"],
            ])
        #expect(log.behaviorNames == ["view", "click", "rating", "purchase"] && log.targetName == "click")
        #expect(log.sessions.map { $0 < 0 } == [true, true, false, false, false, true])
        let a = try #require(log.itemVocabulary.index(of: "a"))
        #expect(dataset.catalog[a]?.title == "Heat" && dataset.catalog[a]?.genres == ["Crime"])
        #expect(log.itemVocabulary.index(of: "z") != nil)
        #expect(dataset.socialEdges.count == 1)
        let notes = report.notes.map { "\($0)" }
        #expect(report.interactions == 6 && report.files[0].lines == 8)
        #expect(notes.contains("no interactions: hide 1, impression 1"))
        #expect(notes.contains("1 sessions in which nobody signed in are people of their own"))
        #expect(notes.contains("to predict: click"))
    }

    @Test("What earns the most at the server is to be predicted")
    func reward() async throws {
        let folder = try await Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var reward = RewardDefinition()
        (reward.click, reward.purchase, reward.limit) = (0.1, 5, 5)
        #expect(try EventLogSource(reward: reward).read(folder).dataset.log.targetName == "purchase")
        (reward.click, reward.purchase) = (0, 0)
        // Nothing earns anything: the most committed, then.
        #expect(try EventLogSource(reward: reward).read(folder).dataset.log.targetName == "purchase")
    }

    @Test("What somebody took back is nothing to learn from: before it, by its type, of their sessions too")
    func retractions() async throws {
        var hour: Int64 = 0
        func event(
            _ user: String?, _ type: EventType, _ item: String, session: String? = nil, value: Double? = nil,
            _ context: [String: String] = [:]
        ) -> Event {
            hour += 1
            return Event(
                id: "\(hour)", user: user, session: session, item: item, type: type, value: value, context: context,
                time: Self.start + hour * Self.hour)
        }
        let folder = try await Self.folder([
            event("ann", .click, "a"), event("ann", .view, "a"), event("ann", .rating, "a", value: 2),
            event("bob", .click, "a"), event("ann", .retract, "a"),  // All of hers, and nobody else's.
            event("ann", .click, "b"), event("ann", .view, "b"), event("ann", .retract, "b", ["of": "view"]),
            event("ann", .click, "c"), event("ann", .favorite, "c"), event("ann", .retract, "c", ["left": "favorite"]),
            event(nil, .click, "d", session: "s"), event(nil, .click, "e", session: "s"),
            event("bob", .view, "f", session: "s"), event("bob", .retract, "d"),
            event("ann", .click, "a"),  // What comes after it counts.
            event("ann", .retract, "nothing"),
        ])
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try EventLogSource().read(folder).dataset.log
        let rows = (0..<log.count).map { row in
            let behavior = log.behaviorNames[Int(log.behavior(of: row))]
            return "\(log.userVocabulary[log.users[row]]) \(behavior) \(log.itemVocabulary[log.items[row]])"
        }
        #expect(
            rows == [
                "bob click a", "ann click b", "ann favorite c", "bob click e", "bob view f", "ann click a",
            ])
    }

    @Test("An export says the same as its log, while the server runs too")
    func roundTrip() async throws {
        let folder = try await Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appendingPathComponent("events.sqlite")
        let open = try EventLog(url)
        var text = Data()
        _ = try await EventLogReader(url).export { text += $0 }
        // The catalog is not in an export.
        let export = FileManager.default.temporaryDirectory.appendingPathComponent("export-\(UUID()).ndjson")
        defer { try? FileManager.default.removeItem(at: export) }
        try text.write(to: export)
        let source = EventLogSource()
        #expect(source.recognizes(url) && source.recognizes(export))
        let (log, exported) = (try source.read(url).dataset.log, try source.read(export).dataset.log)
        #expect(exported.users == log.users && exported.items == log.items && exported.values == log.values)
        #expect(exported.timestamps == log.timestamps && exported.behaviors == log.behaviors)
        #expect(exported.userVocabulary == log.userVocabulary)
        await open.close()
    }

    @Test("A line that is no event is named; what is something else is left to others")
    func refused() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("export-\(UUID()).ndjson")
        defer { try? FileManager.default.removeItem(at: file) }
        let good = #"{"id":"1","user":"u","item":"i","type":"click","time":1700000000000}"#
        try Data("\(good)\n{\"id\":\"2\",\"item\":\"i\"}\n".utf8).write(to: file)
        let error = #expect(throws: ReadError.self) { try EventLogSource().read(file) }
        #expect("\(try #require(error))".hasPrefix("\(file.lastPathComponent):2: expected an event"))
        for text in ["1,2,3\n", "{\"user\": 1}\n", ""] {
            try Data(text.utf8).write(to: file)
            #expect(!EventLogSource().recognizes(file))
        }
        #expect(
            !EventLogSource().recognizes(FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")))
    }
}
