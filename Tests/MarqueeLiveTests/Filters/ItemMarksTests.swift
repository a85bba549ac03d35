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
            #expect((0..<Int32(count)).allSatisfy { marks[$0] == known[$0] && marks.contains($0) == (known[$0] != nil) })
        }
    }

    @Test("numbered items have their place, and those beyond the end none")
    func numbersItems() {
        var marks = ItemMarks()
        marks.reset(200)
        marks.number([7, 130, 64, 199, 0], below: 150)
        #expect([7, 130, 64, 199, 0, 1].map { marks[$0] } == [0, 1, 2, nil, 4, nil])
        marks.reset(200)
        #expect((0..<200).allSatisfy { marks[$0] == nil })
    }

    @Test("lists are merged in turn, each item once, up to each list's limit")
    func merges() {
        var marks = ItemMarks()
        marks.reset(200)
        marks.insert(8)
        // 8 is marked, 300 and -1 are none; 1 stands in two lists, and what was given elsewhere uses up no share.
        let merged = marks.merge([([1, 8, 2, 3, 4], 3), ([1, 300, 5, -1], 9), ([], 4), ([6, 7], 0), ([9], 1)], below: 200)
        #expect(merged == [1, 5, 9, 2, 3])
        #expect((0..<200).filter { marks.contains(Int32($0)) } == [1, 2, 3, 5, 8, 9])
        marks.reset(200)
        #expect((0..<200).allSatisfy { !marks.contains(Int32($0)) })
    }
}
