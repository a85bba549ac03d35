import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeData

/// Data with one file a behavior, read and refused.
@Suite("Reading behaviors")
struct ReadingBehaviors {
    static let taobao = [
        "view.train.txt": "0 0 1 2\n1 2 3\n2 1\n", "view.test.txt": "0\t3\n1\t0\n2\t2\n",
        "cart.train.txt": "0 1\n1 3\n2 1\n", "cart.test.txt": "0\t2\n1\t2\n2\t0\n",
        "buy.train.txt": "0 1\n1 3\n2 1\n", "buy.test.txt": "0\t0\n1\t1\n2\t3\n",
    ]

    private func behaviors(_ dataset: Dataset) -> [[Pair]] {
        dataset.log.behaviorNames.indices.map { behavior in
            dataset.log.selecting(behavior: UInt8(behavior)).pairs.sorted()
        }
    }

    @Test("what is held out of auxiliary behaviors belongs to the log")
    func auxiliaryHoldout() throws {
        let (dataset, report) = try ReadingFixture(Self.taobao).read()
        #expect(dataset.log.behaviorNames == ["view", "cart", "buy"] && dataset.log.targetName == "buy")
        let views = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 2), (1, 3), (2, 1), (2, 2)]
        #expect(behaviors(dataset)[0] == views.map { Pair(user: Int32($0.0), item: Int32($0.1)) })
        #expect(behaviors(dataset)[2] == [(0, 1), (1, 3), (2, 1)].map { Pair(user: Int32($0.0), item: Int32($0.1)) })
        #expect(
            dataset.frozen?.holdout == Holdout(pairs: [(user: 0, item: 0), (user: 1, item: 1), (user: 2, item: 3)]))
        #expect(
            report.notes.map(\.text).contains(
                "view.test.txt and cart.test.txt are part of the log, for only buy is tested"))
        #expect(report.notes.map(\.text).contains("behaviors: view 9, cart 6, buy 3; to predict: buy"))
    }

    @Test("the cache keeps the target", arguments: ["buy", "cart"])
    func cached(target: String) throws {
        let fixture = try ReadingFixture(Self.taobao)
        if target == "cart" {
            for name in ["buy.train.txt", "buy.test.txt"] {
                try FileManager.default.removeItem(at: fixture.folder.appendingPathComponent(name))
            }
        }
        let cache = DatasetCache(
            for: fixture.folder, mapping: nil,
            directory: fixture.folder.deletingLastPathComponent().appendingPathComponent("cache"))
        let first = try DatasetReader.read(fixture.folder, mapping: nil, cache: cache, pool: .shared)
        let second = try DatasetReader.read(fixture.folder, mapping: nil, cache: cache, pool: .shared)
        #expect(second.report.isFromCache && second.dataset == first.dataset && second.dataset.log.targetName == target)
    }

    @Test("edges with time, combined files passed over")
    func matrices() throws {
        let fixture = try ReadingFixture([
            "train_mat_view.tsv": "0\t0\t1.43322e+09\n0\t2\t100\n1\t1\t5\n", "train_mat_buy.tsv": "0\t2\t7\n1\t0\t8\n",
            "train_mat_cart.tsv": "1\t1\t6\n", "train_mat_view_buy.tsv": "0\t0\t2.05413e+18\n",
            "test_mat.tsv": "0\t1\t1\n1\t2\t1\n",
        ])
        let (dataset, report) = try fixture.read()
        #expect(dataset.log.behaviorNames == ["view", "cart", "buy"] && dataset.log.targetName == "buy")
        #expect(dataset.log.users == [0, 0, 1, 1, 0, 1] && dataset.log.items == [0, 2, 1, 1, 2, 0])
        #expect(dataset.log.timestamps == [1_433_220_000_000, 100_000, 5000, 6000, 7000, 8000])
        #expect(dataset.log.behaviors == [0, 0, 0, 1, 2, 2])
        #expect(dataset.frozen?.holdout == Holdout(pairs: [(user: 0, item: 1), (user: 1, item: 2)]))
        #expect(report.notes.first?.text == "passed over: train_mat_view_buy.tsv, which repeat the others")
    }

    @Test("a column of behaviors goes by commitment", arguments: ["x.inter", "x.csv"])
    func column(file: String) throws {
        let rows = [("a", "p", "buy"), ("a", "q", "view"), ("b", "p", "cart"), ("b", "p", "view"), ("a", "p", "wink")]
        let isCSV = file.hasSuffix("csv")
        let header = isCSV ? "who,what,how" : "user_id:token\titem_id:token\tbehavior:token"
        let text = ([header] + rows.map { [$0.0, $0.1, $0.2].joined(separator: isCSV ? "," : "\t") }).joined(
            separator: "\n")
        let mapping = isCSV ? ColumnMapping(user: "who", item: "what", behavior: "how") : nil
        let log = try ReadingFixture([file: text]).read(mapping: mapping).dataset.log
        #expect(log.behaviorNames == ["wink", "view", "cart", "buy"] && log.targetName == "buy")
        #expect(log.behaviors.map { log.behaviorNames[Int($0)] } == rows.map(\.2))
    }

    @Test("trust in the ids of the ratings")
    func trust() throws {
        var files = [
            "ratings_train.txt": "0\t0\n0\t1\n1\t2\n3\t0\n", "ratings_test.txt": "1\t1\n",
            "ratings_train_origin.txt": "1\t1\n1\t5\n2\t9\n4\t1\n", "trusts_origin.txt": "1\t2\t1\n4\t1\t1\n3\t1\t1\n",
        ]
        let (dataset, _) = try ReadingFixture(files).read()
        #expect(dataset.log.userCount == 4 && dataset.log.itemCount == 3)
        #expect(
            dataset.socialEdges == [SocialEdge(from: 0, to: 1), SocialEdge(from: 3, to: 0), SocialEdge(from: 2, to: 0)])
        files["trusts_origin.txt"] = "1\t2\t1\n0\t1\t1\n"
        #expect(
            try ReadingFixture(files).message()
                == "trusts_origin.txt:2: expected a user from 1 to 4 (field 1), found '0'; correct or delete the line, or leave such lines out: `columns: { on-bad-line: skip }`"
        )
        files["ratings_train_origin.txt"] = nil
        #expect(
            try ReadingFixture(files).message()
                == "trusts_origin.txt: counts users as ratings_train_origin.txt does, which is not there; add it, or name ties by the ids of ratings_train.txt in trusts.txt"
        )
        files["trusts.txt"] = "0\t3\n"
        #expect(try ReadingFixture(files).read().dataset.socialEdges == [SocialEdge(from: 0, to: 3)])
    }

    struct Bad: CustomTestStringConvertible, Sendable {
        let changes: [String: String?]
        let message: String
        var testDescription: String { message }
    }

    static let dense = (0..<120).map { "\($0) \($0)" }.joined(separator: "\n")

    static let bad = [
        Bad(
            changes: ["buy.test.txt": "0\t0\n1\t1\n9\t3\n"],
            message:
                "buy.test.txt:3: expected a user of the training files, found '9'; delete the line, or take test and training files from the same split"
        ),
        Bad(
            changes: ["view.train.txt": ""],
            message: "view.train.txt: holds no interactions; check that it was fully downloaded"),
        Bad(
            changes: ["cart.train.txt": "0\n1\n2\n"],
            message: "cart.train.txt: holds no interactions; check that it was fully downloaded"),
        Bad(
            changes: ["buy.train.txt": String?.none],
            message:
                "buy.test.txt: holds out buy, but buy.train.txt, the target's training lists, is missing; add it, or take buy.test.txt away to predict cart"
        ),
        Bad(
            changes: ["view.train.txt": "0 0 1 2\n1 2 -3\n2 1\n"],
            message:
                "view.train.txt:2: expected a whole number as item id (field 3), found '-3'; correct or delete the line, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Bad(
            changes: ["view.train.txt": dense + "\n5 119520", "buy.train.txt": dense],
            message: "view.train.txt:121: expected an item id from 0 to 119, found '119520'; correct or delete the line"
        ),
        Bad(
            changes: ["view.train.txt": dense + "\n155000 3", "buy.train.txt": dense],
            message: "view.train.txt:121: expected a user id from 0 to 119, found '155000'; correct or delete the line"),
    ]

    @Test("refuses in one line", arguments: bad)
    func refuses(_ bad: Bad) throws {
        var files = Self.taobao
        for (name, text) in bad.changes { files[name] = text }
        #expect(try ReadingFixture(files).message() == bad.message)
    }

    @Test("refuses in one line, the target beside")
    func refusesBeside() throws {
        #expect(
            try ReadingFixture(["cart.txt": "0 1 2 3\n", "test.txt": "0 1\n"]).message()
                == "DATA: holds cart.txt and test.txt, but train.txt, the target behavior's training lists, is missing; add it"
        )
        #expect(
            try ReadingFixture(["cart.txt": "", "train.txt": "0 1\n", "test.txt": "0 1\n"]).message()
                == "cart.txt: holds no interactions; check that it was fully downloaded")
    }

    @Test("refuses edges in one line")
    func refusesEdges() throws {
        let buys = "0\t2\t7\n1\t0\t8\n"
        #expect(
            try ReadingFixture(["train_mat_view.tsv": "", "train_mat_buy.tsv": buys]).message()
                == "train_mat_view.tsv: holds no interactions; check that it was fully downloaded")
        #expect(
            try ReadingFixture(["train_mat_view.tsv": buys, "train_mat_view_buy.tsv": buys]).message()
                == "DATA: speaks of buy, but train_mat_buy.tsv, the target's training edges, is missing; add it, or take the files of several behaviors away to predict view"
        )
    }
}
