import MarqueeLive
import Testing

@Suite struct EventTests {
    static let now: Int64 = 1_790_000_000_000
    static let sound = Event(id: "e1", user: "ann", item: "film", type: .click, time: now)

    @Test func aSoundEventHasNoProblem() {
        #expect(Self.sound.problem(at: Self.now) == nil)
    }

    /// Each spoils one thing, and the problem names that thing.
    static let spoiled: [(@Sendable (inout Event) -> Void, EventProblem)] = [
        ({ $0.id = "" }, .empty(field: "id")),
        ({ $0.item = "a\u{0}" }, .controlCharacter(field: "item")),
        ({ $0.user = nil }, .nobody),
        ({ $0.session = String(repeating: "s", count: 257) }, .tooLong(field: "session", bytes: 257, limit: 256)),
        ({ $0.type = .rating }, .missing(field: "value")),
        (
            {
                $0.type = .view
                $0.value = -1
            }, .valueOutOfRange(-1, type: .view, allowed: "seconds from 0 to 1e9")
        ),
        ({ $0.value = .infinity }, .valueOutOfRange(.infinity, type: .click, allowed: "from -1e9 to 1e9")),
        (
            {
                $0.type = .gaze
                $0.context = ["x": "0.5", "y": "1.5"]
            }, .gazeWithoutPlace
        ),
        ({ $0.query = "heat" }, .queryOfNoSearch(.click)),
        ({ $0.device = "" }, .empty(field: "device")),
        ({ $0.type = .search }, .searchOfAnItem("film")),
        (
            {
                $0.type = .search
                $0.item = ""
            }, .missing(field: "query")
        ),
        ({ $0.type = .scroll }, .missing(field: "value")),
        (
            {
                $0.type = .scroll
                $0.value = 1.5
            }, .valueOutOfRange(1.5, type: .scroll, allowed: "how far down, from 0 to 1")
        ),
        (
            {
                $0.type = .scroll
                $0.value = 0.5
                $0.context = ["speed": "fast"]
            }, .wrongKind(field: "context.speed", expected: "screens a second, a number from 0 on")
        ),
        ({ $0.time = 1_790_000_000 }, .secondsForMilliseconds(1_790_000_000)),
        ({ $0.time = now + 60_001 }, .fromTheFuture(aheadBy: 60_001)),
        ({ $0.position = -1 }, .positionOutOfRange(-1)),
    ]

    @Test(arguments: spoiled.indices) func aProblemIsNamed(index: Int) {
        var event = Self.sound
        Self.spoiled[index].0(&event)
        #expect(event.problem(at: Self.now) == Self.spoiled[index].1)
    }

    /// A coordinate is a number as JSON spells it, so that every engine reads the same.
    @Test func coordinatesAreJSONNumbers() {
        func point(_ x: String) -> Double? {
            var event = Self.sound
            event.type = .gaze
            event.context = ["x": x, "y": "1"]
            return event.gazePoint?.x
        }
        #expect(["0", "1", "1.0", "-0", "2.5e-1", "5E-1", "0.125"].map(point) == [0, 1, 1, 0, 0.25, 0.5, 0.125])
        for text in ["0x1p-1", "+0.5", ".5", "1.", " 0.5", "0.5 ", "05", "1e", "nan", "", "0.5,", "٠", "2", "-0.1"] {
            #expect(point(text) == nil, "\(text)")
        }
    }
}
