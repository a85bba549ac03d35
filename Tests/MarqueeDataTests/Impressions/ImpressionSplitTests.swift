import MarqueeRuntime
import Testing

@testable import MarqueeData

@Suite struct ImpressionSplitTests {
    /// Impressions at few different times, in no order, each with candidates that say which impression they are of.
    private static func log(_ seed: UInt64) -> ImpressionLog {
        var random = RandomStream(seed: seed, "split")
        var builder = ImpressionLogBuilder()
        for impression in 0..<80 {
            builder.append(
                .init(user: "u\(impression % 7)", time: Int64.random(in: 0..<20, using: &random) * 1000),
                candidates: (0...impression % 4).map {
                    .init(item: "\(impression)-\($0)", isClicked: $0 == 1, dwell: Int32(impression))
                })
        }
        return builder.log()
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func nothingThatTrainsIsYoungerThanWhatIsAsked(seed: UInt64) throws {
        let log = Self.log(seed)
        let moments: [(GlobalTimeSplit.Moment?, GlobalTimeSplit.Moment)] = [
            (.share(0.6), .share(0.8)), (nil, .share(0.5)), (.time(5000), .time(9000)), (.time(3000), .share(0.9)),
        ]
        for (validation, test) in moments {
            let split = try ImpressionSplit(log, validationFrom: validation, testFrom: test)
            let parts = [split.train, split.validation, split.test].compactMap { $0 }
            #expect(parts.count == (validation == nil ? 2 : 3))
            for (earlier, later) in zip(parts, parts.dropFirst()) {
                #expect(try #require(earlier.timestamps.max()) < #require(later.timestamps.min()))
            }
            // Every impression whole, once, under the same vocabularies.
            #expect(parts.reduce(0) { $0 + $1.count } == log.count)
            var seen: [String] = []
            for part in parts {
                #expect(part.userVocabulary == log.userVocabulary && part.itemVocabulary == log.itemVocabulary)
                for impression in 0..<part.count {
                    let names = part.candidates(of: impression).map { part.itemVocabulary[part.items[$0]] }
                    seen += names
                    let source = try #require(names.first.flatMap { Int($0.prefix { $0 != "-" }) })
                    #expect(names == (0...source % 4).map { "\(source)-\($0)" })
                    #expect(part.timestamps[impression] == log.timestamps[source])
                    #expect(part.users[impression] == log.users[source])
                    #expect(part.candidates(of: impression).allSatisfy { part.dwell[$0] == Int32(source) })
                }
            }
            #expect(seen.sorted() == log.items.map { log.itemVocabulary[$0] }.sorted())
        }
    }

    @Test func aShareIsOfTheImpressions() throws {
        var builder = ImpressionLogBuilder()
        for time in [3, 1, 2, 2, 2, 4, 5, 6, 7, 8] as [Int64] {
            builder.append(.init(user: "u", time: time), candidates: [.init(item: "i", isClicked: true)])
        }
        let split = try ImpressionSplit(builder.log(), testFrom: .share(0.3))
        // The fourth of ten is one of three equal times, which all go to the test.
        #expect(split.train.timestamps == [1] && split.test.count == 9)
    }

    @Test func whatCannotBeSplitSaysWhy() {
        var builder = ImpressionLogBuilder()
        builder.append(.init(user: "u"), candidates: [.init(item: "i", isClicked: true)])
        #expect(throws: SplitError(splitter: "global-time", reason: "the impressions have no times")) {
            try ImpressionSplit(builder.log(), testFrom: .share(0.5))
        }
        let log = Self.log(1)
        #expect(
            throws: SplitError(
                splitter: "global-time", reason: "no impression is left for the test; move the moments apart")
        ) { try ImpressionSplit(log, testFrom: .time(1_000_000)) }
        #expect(
            throws: SplitError(
                splitter: "global-time", reason: "validation-from lies behind test-from; swap them")
        ) { try ImpressionSplit(log, validationFrom: .time(9000), testFrom: .time(5000)) }
    }
}
