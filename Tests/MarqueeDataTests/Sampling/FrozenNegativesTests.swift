import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

@Suite struct FrozenNegativesTests {
    private let split: Split
    init() throws { split = try Splitter.leaveOneOut(LeaveOneOut()).split(thorny(items: 60, seed: 2), seed: 0).split }

    @Test(arguments: [5, 20, 99])
    func negativesAreDistinctAndTouchedNowhere(count: Int) throws {
        let negatives = FrozenNegatives.uniform(count, for: split.test, of: split, seed: 7)
        let touched = split.train.pairs.union(split.test.pairs).union(try #require(split.validation).pairs)
        #expect(negatives.rows.count == split.test.users.count)
        for (user, row) in zip(split.test.users, negatives.rows) {
            let untouched = 60 - touched.count { $0.user == user }
            #expect(row.count == min(count, untouched) && Set(row).count == row.count)
            #expect(row.allSatisfy { !touched.contains(Pair(user: user, item: $0)) })
        }
        #expect(FrozenNegatives.uniform(count, for: split.test, of: split, seed: 7) == negatives)
        if count < 99 { #expect(FrozenNegatives.uniform(count, for: split.test, of: split, seed: 8) != negatives) }
    }

    @Test(arguments: [4, 20])
    func everyUntouchedItemIsAsLikely(count: Int) throws {
        // 4 of 30 goes by rejection, 20 of 30 by shuffling what is left.
        var log = InteractionLog(
            userVocabulary: Vocabulary((0..<3000).map(String.init)),
            itemVocabulary: Vocabulary((0..<32).map(String.init)))
        log.users = (0..<3000).flatMap { [Int32($0), Int32($0)] }
        log.items = (0..<3000).flatMap { _ in [0, 1] as [Int32] }
        let split = try Splitter.leaveOneOut(LeaveOneOut(by: .row)).split(Dataset(name: "", log: log), seed: 0).split
        let rows = FrozenNegatives.uniform(count, for: split.test, of: split, seed: 3).rows
        var counts = [Int](repeating: 0, count: 32)
        for item in rows.joined() { counts[Int(item)] += 1 }
        #expect(counts[0] == 0 && counts[1] == 0)
        #expect(chiSquare(Array(counts[2...]), Array(repeating: Double(count) * 100, count: 30)) < chiSquareLimit(29))
    }

    @Test func aFileGivesThemBack() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("negatives-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let negatives = FrozenNegatives.uniform(9, for: split.test, of: split, seed: 7)
        try negatives.save(to: file, holdout: split.test, log: split.train)
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.hasPrefix("(u\(split.test.users[0]),i\(split.test.items[0]))\ti\(negatives.rows[0][0])\t"))
        #expect(try FrozenNegatives(contentsOf: file, holdout: split.test, log: split.train).rows == negatives.rows)

        try Data((text + "(u9,i1)\ti1\tnowhere\n").utf8).write(to: file)
        let lines = text.split(separator: "\n").count
        #expect {
            try FrozenNegatives(contentsOf: file, holdout: split.test, log: split.train)
        } throws: { "\($0)".contains(":\(lines + 1): item 'nowhere'") }
        try Data(text.prefix(while: { $0 != "\n" }).utf8).write(to: file)
        #expect {
            try FrozenNegatives(contentsOf: file, holdout: split.test, log: split.train)
        } throws: { "\($0)".contains("no line for user") }
    }
}
