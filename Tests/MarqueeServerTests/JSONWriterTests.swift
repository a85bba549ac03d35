import Foundation
import Testing

@testable import MarqueeServer

@Suite struct JSONWriterTests {
    private struct Answer: Codable, Equatable {
        var texts: [String]
        var whole: Int
        var part: Double
        var flag: Bool
        var none: Double?
    }

    /// Whatever it writes is read back by Foundation.
    @Test func isReadBack() throws {
        let answer = Answer(
            texts: [
                "", "plain", "\"", "\\", "a\"b\\c\n\t\u{0}\u{1F}\u{7F}end", "Amélie \u{2028} 映画 🎬",
                String(repeating: "\"", count: 99),
            ],
            whole: -7, part: 0.1 + 0.2, flag: true)
        var json = JSONWriter()
        json.object {
            $0.array("texts") { list in for text in answer.texts { list.write(nil, text) } }
            $0.write("whole", answer.whole)
            $0.write("part", answer.part)
            $0.write("flag", answer.flag)
            $0.write("none", Double.infinity)
        }
        #expect(try JSONDecoder().decode(Answer.self, from: Data(json.bytes)) == answer)
    }
}
