import Foundation
import MarqueeData
import MarqueeEvaluation
import Testing

@testable import MarqueeLab

@Suite("Lists of other tools are read and judged")
struct RankedListFileTests {
    static let log = InteractionLog(
        users: [0, 1], items: [0, 1], userVocabulary: Vocabulary(["a", "b"]),
        itemVocabulary: Vocabulary(["x", "y", "z", "w"]))

    private func lists(_ text: String) throws -> (lists: RankedLists, notes: [String]) {
        let folder = try TemporaryFolder()
        return try RankedListFile(contentsOf: folder.write(text, "run.txt")).matched(with: Self.log)
    }

    @Test(
        "A TREC run, a CSV and JSON lines mean the same",
        arguments: [
            "a Q0 z 1 0.9 tool\na Q0 y 2 0.5 tool\nb Q0 x 1 3 tool\n",
            "a\tQ0\ty\t2\t0.5\ttool\r\na\tQ0\tz\t1\t0.9\ttool\r\nb\tQ0\tx\t1\t3\ttool\r\n",
            "user,item,score\na,y,0.5\na,\"z\",0.9\nb,x,3\n",
            "\u{FEFF}user_id:token\titem_id:token\trank\ttitle\na\ty\t2\tY\na\tz\t1\tZ\nb\tx\t1\tX\n",
            "{\"user\":\"a\",\"items\":[\"z\",\"y\"]}\n\n{\"user\":\"b\",\"items\":[\"x\"],\"scores\":[3]}\n",
            "{\"user\":\"a\",\"item\":\"y\",\"rank\":2}\n{\"user\":\"a\",\"item\":\"z\",\"rank\":1}\n{\"user\":\"b\",\"item\":\"x\"}\n",
        ])
    func forms(_ text: String) throws {
        let (lists, notes) = try lists(text)
        #expect(
            lists.lists == [0: [.init(item: 2, place: 1), .init(item: 1, place: 2)], 1: [.init(item: 0, place: 1)]])
        #expect(notes.isEmpty)
    }

    @Test("Scores order, ranks tell equal scores apart, and without ranks equal scores are tied")
    func order() throws {
        #expect(
            try lists("a Q0 z 2 1 t\na Q0 y 1 1 t\na Q0 x 3 7 t\n").lists.lists[0]
                == [.init(item: 0, place: 1), .init(item: 1, place: 2), .init(item: 2, place: 3)])
        #expect(
            try lists("user,item,score\na,z,1\na,y,1\na,x,0\n").lists.lists[0]
                == [.init(item: 2, place: 1), .init(item: 1, place: 1), .init(item: 0, place: 3)])
    }

    @Test("What the data does not know is counted")
    func unknown() throws {
        let (lists, notes) = try lists("user,item,rank\na,q,1\na,z,2\nc,x,1\n")
        #expect(lists.lists == [0: [.init(item: 2, place: 1)]])
        #expect(
            notes == [
                "1 of 2 users are unknown to the data and left out",
                "1 listed items are unknown to the data and left out of their lists",
            ])
    }

    @Test(
        "A mistake is told with its line",
        arguments: [
            ("a Q0 z 1 0.9 t\na Q0 y 2 0.5\n", "run.txt:2: expected 6 fields"),
            ("a Q0 z one 0.9 t\n", "run.txt:1: expected a number as the rank, found 'one'"),
            ("user,item,score\na,z,nan\n", "run.txt:2: expected a number as the score"),
            ("user,item,score\n\na,z\n", "run.txt:3: expected 3 fields separated by ',', found 2"),
            ("user,thing,score\na,z,1\n", "run.txt:1: expected a header with user, item and score or rank"),
            ("{\"user\":\"a\"}\n", "run.txt:1: expected a JSON object with user and items"),
            (
                "{\"user\":\"a\",\"items\":[\"x\",\"y\"],\"scores\":[1]}\n",
                "run.txt:1: expected as many scores as items"
            ),
            ("user,item,score\na,z,1\na,z,2\n", "run.txt:3: expected every item once"),
            ("\n\n", "run.txt: it is empty"),
        ])
    func mistakes(_ text: String, _ says: String) throws {
        let error = try #require(throws: ReadError.self) { try lists(text) }
        #expect("\(error)".hasPrefix(says), "\(error)")
    }
}
