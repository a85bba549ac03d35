import Foundation
import MarqueeLive
import MarqueeRuntime
import Testing

@Suite struct SentEventsTests {
    static let now: Int64 = 1_790_000_000_000

    static func read(_ text: String) -> SentEvents { SentEvents(json: text, received: now) }

    static let one = #"{"id":"a","user":"ann","item":"film","type":"click","time":1789999999000}"#

    @Test func oneObject() {
        let sent = Self.read(Self.one)
        #expect(sent.rejected.isEmpty)
        #expect(sent.events == [Event(id: "a", user: "ann", item: "film", type: .click, time: 1_789_999_999_000)])
    }

    @Test func everyField() {
        let sent = Self.read(
            #"""
            {"id": "é\n\"😀\u00e9\ud83d\ude00", "user": null, "session": "s", "item": "i", "domain": "news",
             "type": "gaze", "value": 1.5e0, "context": {"x": 0.25, "y": "1", "dark": true, "none": null},
             "time": "2026-09-21T14:13:20.5+02:00", "decision": "d", "pos\u0069tion": 3}
            """#.replacingOccurrences(of: #"\n"#, with: ""))
        #expect(sent.rejected.isEmpty, "\(sent.rejected)")
        #expect(
            sent.events == [
                Event(
                    id: "é\"😀é😀", session: "s", item: "i", domain: "news", type: .gaze, value: 1.5,
                    context: ["x": "0.25", "y": "1", "dark": "true"], time: 1_789_992_800_500, decision: "d",
                    position: 3)
            ])
    }

    @Test func anArrayKeepsItsValidOnes() {
        let sent = Self.read("[\(Self.one), 7, {\"id\": \"b\"},\n \(Self.one)]")
        #expect(sent.indices == [0, 3])
        #expect(
            sent.rejected == [
                .init(
                    index: 1, line: 1, id: nil,
                    problem: .wrongKind(field: "event", expected: "an object such as {\"id\": …}")),
                .init(index: 2, line: 1, id: "b", problem: .missing(field: "item")),
            ])
    }

    @Test func aBrokenLineCostsItselfAlone() {
        let sent = Self.read("\(Self.one)\n{\"id\": \"b\", \"item\":\n\(Self.one)\r\n\n{]\n\(Self.one)")
        #expect(sent.indices == [0, 2, 4])
        #expect(sent.rejected.map(\.line) == [2, 5])
        #expect(sent.rejected.map(\.index) == [1, 3])
    }

    @Test func aBrokenArrayKeepsWhatCameBefore() {
        let sent = Self.read("[\(Self.one),{\"id\" 3}, \(Self.one)]")
        #expect(sent.indices == [0])
        #expect(
            sent.rejected.map(\.problem) == [.notJSON(reason: "expected ':', found '3'", byte: Self.one.utf8.count + 8)]
        )
    }

    @Test func withoutATimeItIsNow() {
        #expect(Self.read(#"{"id":"a","user":"u","item":"i","type":"click"}"#).events.first?.time == Self.now)
    }

    static let refused: [(String, EventProblem)] = [
        (#"{"id":"a","user":"u","item":"i","type":"click","odd":[{"a":[1,{}]},null]}"#, .unknownKey("odd")),
        (#"{"id":"a","user":"u","item":"i","type":"click","\u006fdd":null}"#, .unknownKey("odd")),
        ("", .notJSON(reason: "nothing was sent", byte: 0)),
        (#"{"id":"a","user":"u","item":"i","type":"clik"}"#, .unknownType("clik", nearest: "click")),
        (#"{"id":"a","user":5,"item":"i","type":"click"}"#, .wrongKind(field: "user", expected: "text in quotes")),
        (
            #"{"id":"a","user":"u","item":"i","type":"click","position":1.5}"#,
            .wrongKind(field: "position", expected: "a whole number")
        ),
        (
            #"{"id":"a","user":"u","item":"i","type":"click","context":[]}"#,
            .wrongKind(field: "context", expected: "an object of text")
        ),
        (
            #"{"id":"\ud83d","user":"u","item":"i","type":"click"}"#,
            .notJSON(reason: "half of a surrogate pair", byte: 7)
        ),
        (#"{"id":"a","value":01}"#, .notJSON(reason: "expected '}', found '1'", byte: 19)),
        (#"{"id":"a","value":1e}"#, .notJSON(reason: "expected a digit, found '}'", byte: 20)),
        (#"{"id":"a"#, .notJSON(reason: "it ends where the end of a string should be", byte: 8)),
        (
            #"{"id":"a","user":"u","item":"i","type":"click","time":"yesterday"}"#,
            .wrongKind(field: "time", expected: "milliseconds since 1970, or text such as 2026-07-01T12:00:00Z")
        ),
        (
            #"{"id":"a","user":"u","item":"i","type":"click","value":1e999}"#,
            .valueOutOfRange(.infinity, type: .click, allowed: "from -1e9 to 1e9")
        ),
    ]

    @Test(arguments: refused.indices) func eachProblemIsNamed(index: Int) {
        let sent = Self.read(Self.refused[index].0)
        #expect(sent.events.isEmpty)
        #expect(sent.rejected.map(\.problem) == [Self.refused[index].1])
    }

    @Test func notUTF8() {
        var bytes = Array(Self.one.utf8)
        bytes[7] = 0xFF
        let sent = SentEvents(json: bytes, received: Self.now)
        #expect(sent.rejected.map(\.problem) == [.notText(byte: 7)])
    }

    @Test func bracketsDoNotExhaustTheStack() {
        let deep = #"{"x":"# + String(repeating: "[", count: 1_000_000)
        #expect(Self.read(deep).rejected.map(\.problem) == [.notJSON(reason: "nested deeper than 64", byte: 69)])
    }

    /// What is written is read as what it was, whatever its names are made of.
    @Test func writingAndReadingGiveTheSame() {
        var random = RandomStream(seed: 1, "events")
        let letters = ["a", "é", "😀", "\"", "\\", "/", " ", "{", "}", "‮", "0"]
        func name(_ least: Int = 1) -> String {
            (0..<least + Int(random.next() % 8)).map { _ in letters[Int(random.next() % UInt64(letters.count))] }
                .joined()
        }
        let events = (0..<500).map { index in
            let type = EventType.allCases[Int(random.next() % UInt64(EventType.allCases.count))]
            return Event(
                id: "\(index)" + name(), user: name(), session: random.next() % 2 == 0 ? name() : nil,
                item: type == .search ? "" : name(), domain: random.next() % 2 == 0 ? name() : nil, type: type,
                value: [0, 1, 1e-9, 1.0 / 3, 1.25, 123_456_789.125][Int(random.next() % (type == .scroll ? 4 : 6))],
                context: ["x": "0.5", "y": "1", name(): name(0)], time: Self.now - Int64(random.next() % 1_000_000),
                decision: random.next() % 2 == 0 ? name() : nil,
                position: random.next() % 2 == 0 ? Int(random.next() % 100) : nil,
                query: type == .search ? name() : nil, device: random.next() % 2 == 0 ? name() : nil)
        }
        let sent = Self.read(events.map(\.json).joined(separator: "\n"))
        #expect(sent.rejected.isEmpty)
        #expect(sent.events == events)
        #expect(Self.read("[" + events.map(\.json).joined(separator: ",") + "]").events == events)
        for event in events.prefix(50) where event.type != .search {
            #expect((try? JSONDecoder().decode(Event.self, from: Data(event.json.utf8)))?.id == event.id)
        }
    }

    /// Cut anywhere, or with any byte changed, it gives events or problems, never a trap, and never an
    /// event that may not enter.
    @Test func damageIsReported() {
        var random = RandomStream(seed: 2, "damage")
        let body = Array("[\(Self.one),\n\(Self.one.replacingOccurrences(of: "film", with: #"\u00e9"#))]".utf8)
        for _ in 0..<3000 {
            var bytes = body
            for _ in 0..<1 + random.next() % 3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 2 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            let sent = SentEvents(json: bytes, received: Self.now)
            #expect(sent.events.allSatisfy { $0.problem(at: Self.now) == nil })
        }
    }
}
