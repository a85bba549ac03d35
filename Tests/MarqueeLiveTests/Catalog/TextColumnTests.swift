import MarqueeRuntime
import Testing

@testable import MarqueeLive

@Suite("texts by index")
struct TextColumnTests {
    @Test("whatever is appended and changed reads back, as from an array", arguments: 0..<20)
    func readsBack(seed: UInt64) {
        let random = RandomStream(seed: seed, "texts")
        var column = TextColumn()
        var texts: [String] = []
        for step in 0..<UInt64(400) {
            let length = random.integer(at: 4 * step, below: 40)
            let text = String(
                (0..<length).map { Array("aé漢 \"\n")[random.integer(at: 4 * step + 1 + UInt64($0) << 20, below: 6)] })
            // Often the same few, so that what is wasted is swept.
            if texts.count > 20, random.integer(at: 4 * step + 2, below: 3) > 0 {
                let index = random.integer(at: 4 * step + 3, below: 10)
                texts[index] = text
                column[index] = text
            } else {
                texts.append(text)
                column.append(text)
            }
        }
        #expect(column.count == texts.count)
        #expect(texts.indices.allSatisfy { column[$0] == texts[$0] })
        let some: [Int32] = [3, 0, 3, Int32(texts.count - 1)]
        #expect(column.utf8(some).map { String(decoding: $0, as: UTF8.self) } == some.map { texts[Int($0)] })
        #expect(column.utf8([]).isEmpty)
    }

    @Test("a copy stays as it was")
    func isAValue() {
        var column = TextColumn()
        column.append("first")
        let copy = column
        column[0] = "other"
        #expect(copy[0] == "first" && column[0] == "other")
    }
}
