import MarqueeRuntime
import Testing

@testable import MarqueeLive

@Suite("marks of items")
struct ItemMarksTests {
    @Test("they are as a dictionary is, over and over", arguments: 0..<10)
    func areLikeADictionary(seed: UInt64) {
        let random = RandomStream(seed: seed, "marks")
        var marks = ItemMarks()
        for round in 0..<UInt64(20) {
            let count = 100 + 50 * Int(round)
            marks.reset(count)
            var known: [Int32: Int32] = [:]
            for step in 0..<UInt64(60) {
                let item = Int32(random.integer(at: round << 20 + 2 * step, below: count))
                marks[item] = Int32(step)
                known[item] = Int32(step)
            }
            #expect(
                (0..<Int32(count)).allSatisfy { marks[$0] == known[$0] && marks.contains($0) == (known[$0] != nil) })
        }
    }

    @Test("many at once are marked as one by one, without those that are none")
    func marksMany() {
        var marks = ItemMarks()
        marks.reset(200)
        marks.insert(contentsOf: [7, -1, 130, 64, 199, 0, 7], below: 150)
        #expect((0..<200).filter { marks.contains(Int32($0)) } == [0, 7, 64, 130])
        marks.reset(200)
        #expect((0..<200).allSatisfy { !marks.contains(Int32($0)) })
    }

    @Test("what two lists share is found at its places, whatever was numbered before", arguments: 0..<10)
    func matches(seed: UInt64) {
        var random = RandomStream(seed: seed, "lists")
        var marks = ItemMarks()
        for _ in 0..<20 {
            let items = Array((0..<Int32(300)).shuffled(using: &random).prefix(40))
            let others = (0..<100).map { _ in Int32.random(in: 0..<300, using: &random) }
            var found: [[Int32]] = []
            marks.match(items, with: others, below: 250) { found.append([items[$0], others[$1], Int32($1)]) }
            let shared = others.enumerated().filter { $1 < 250 && items.contains($1) }.map { [$1, $1, Int32($0)] }
            #expect(found == shared)
        }
    }

    @Test("lists are merged in turn, each item once, up to each list's limit")
    func merges() {
        var marks = ItemMarks()
        marks.reset(200)
        marks.insert(8)
        // 8 is marked, 300 and -1 are none; 1 stands in two lists, and what was given elsewhere uses up no share.
        let merged = marks.merge(
            [([1, 8, 2, 3, 4], 3), ([1, 300, 5, -1], 9), ([], 4), ([6, 7], 0), ([9], 1)], below: 200)
        #expect(merged == [1, 5, 9, 2, 3])
        #expect((0..<200).filter { marks.contains(Int32($0)) } == [1, 2, 3, 5, 8, 9])
        marks.reset(200)
        #expect((0..<200).allSatisfy { !marks.contains(Int32($0)) })
    }
}
