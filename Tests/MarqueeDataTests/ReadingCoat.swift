import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeData

@Suite("Chosen and drawn ratings in the form of the Coat data")
struct ReadingCoat {
    static let files = [
        "train.ascii": "5 0 3\n0 2 0\n", "test.ascii": "0 4 3\n1 0 0\n",
        "user_item_features/user_features.ascii": "1 0 1\n0 1 0\n",
        "user_item_features/user_features_map.txt": "gender:men\ngender:women\nage:20-30",
        "user_item_features/item_features.ascii": "1 0\n0 1\n1 1\n",
        "user_item_features/item_features_map.txt": "color:blue\nfront:yes\n",
    ]

    static func fixture(_ change: (inout [String: String]) -> Void = { _ in }) throws -> ReadingFixture {
        var files = files
        change(&files)
        let fixture = try ReadingFixture()
        try FileManager.default.createDirectory(
            at: fixture.folder.appendingPathComponent("user_item_features"), withIntermediateDirectories: true)
        for (name, text) in files { try fixture.write(name, text) }
        return fixture
    }

    @Test("chosen ratings are the log, drawn ones the test, and both sides have what is known of them")
    func reads() throws {
        let (dataset, report) = try Self.fixture().read()
        #expect(dataset.log.users == [0, 0, 1] && dataset.log.items == [0, 2, 1] && dataset.log.values == [5, 3, 2])
        let drawn =
            [(user: 0, item: 1, rating: 4), (0, 2, 3), (1, 0, 1)] as [(user: Int32, item: Int32, rating: Float)]
        #expect(dataset.frozen?.holdout == Holdout(rated: drawn))
        #expect(dataset.userAttributes == ["gender": ["men", "women"], "age": ["20-30", ""]])
        #expect(dataset.catalog.items.map(\.genres) == [["color blue"], ["front yes"], ["color blue", "front yes"]])
        #expect(report.format == "chosen and drawn ratings")
    }

    @Test("features may be absent, and those without names have numbers")
    func bare() throws {
        let bare = try Self.fixture { files in
            files = files.filter { !$0.key.contains("/") }
        }
        #expect(try bare.read().dataset.userAttributes.isEmpty)
        let unnamed = try Self.fixture { $0["user_item_features/user_features_map.txt"] = nil }
        #expect(try unnamed.read().dataset.userAttributes["feature 2"] == ["", "yes"])
    }

    @Test("what was read from the cache is what was read from the files")
    func cached() throws {
        let fixture = try Self.fixture()
        let cache = DatasetCache(
            for: fixture.folder, mapping: nil, directory: fixture.folder.deletingLastPathComponent())
        let first = try DatasetReader.read(fixture.folder, mapping: nil, cache: cache, pool: .shared)
        let second = try DatasetReader.read(fixture.folder, mapping: nil, cache: cache, pool: .shared)
        #expect(second.report.isFromCache && first.dataset == second.dataset)
    }

    @Test(
        "files that cannot be are named",
        arguments: [
            ("train.ascii", "1 2\n3\n", "train.ascii:2: expected 2 numbers, found 1"),
            ("test.ascii", "1 x 1\n1 1 1", "test.ascii:1: expected a number from 0 (field 2), found 'x'"),
            ("test.ascii", "", "test.ascii: no numbers"),
            ("test.ascii", "1 0 1\n", "test.ascii: is 1 × 3 where train.ascii asks for 2 × 3"),
            ("user_item_features/item_features.ascii", "1 0\n", "item_features.ascii: is 1 × 2"),
            ("user_item_features/item_features_map.txt", "a:b\n", "item_features_map.txt: names 1 columns"),
        ])
    func refused(name: String, text: String, reason: String) throws {
        let message = try Self.fixture { $0[name] = text }.message()
        #expect(message.hasPrefix(reason), "\(message)")
    }
}
