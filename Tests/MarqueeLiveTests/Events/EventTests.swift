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
        ({ $0.time = 1_790_000_000 }, .secondsForMilliseconds(1_790_000_000)),
        ({ $0.time = now + 60_001 }, .fromTheFuture(aheadBy: 60_001)),
        ({ $0.position = -1 }, .positionOutOfRange(-1)),
    ]

    @Test(arguments: spoiled.indices) func aProblemIsNamed(index: Int) {
        var event = Self.sound
        Self.spoiled[index].0(&event)
        #expect(event.problem(at: Self.now) == Self.spoiled[index].1)
    }
}
