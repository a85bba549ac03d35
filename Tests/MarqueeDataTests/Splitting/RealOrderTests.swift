import Foundation
import Testing

@testable import MarqueeData

/// ML-1M in SASRec's order (Kang and McAuley, ICDM 2018): items with at least five ratings, each user's events sorted
/// stably by time, so that ties stay in the file's order, the last one held out.
@Suite struct RealOrderTests {
    @Test(.enabled(if: ReadingRealData.has("ml-1m"), "MARQUEE_DATA has no ml-1m"))
    func movieLens1MInSASRecsOrder() throws {
        let whole = try DatasetReader.read(ReadingRealData.root.appendingPathComponent("ml-1m"), cache: false)
        let dataset = try PreparationStep.kCore(KCore(users: 0, items: 5)).apply(to: whole, seed: 1).dataset
        let log = dataset.log
        #expect(log.count == 999_611 && log.itemCount == 3416 && log.userCount == 6040)
        let (split, report) = try Splitter.leaveOneOut(LeaveOneOut(by: .time)).split(dataset, seed: 1)
        #expect(split.test.items.count == 6040 && report.ties?.users == 2544 && report.ties?.tested == 6040)
        let histories = UserHistories(log)
        for (id, first, last) in [
            ("1", "3186", ["1907", "48"]), ("2", "1198", ["1544", "1917"]), ("6040", "858", ["161", "1221"]),
        ] {
            let user = try #require(log.userVocabulary.index(of: id))
            let items = histories[user].items.map { log.itemVocabulary[$0] }
            #expect(items.first == first && items.suffix(2) == last)
            let place = try #require(split.test.users.firstIndex(of: user))
            #expect(split.test[place].map { log.itemVocabulary[$0] } == [last[1]])
        }
        let sum = split.test.items.reduce(0) { $0 + (Int(log.itemVocabulary[$1]) ?? 0) }
        #expect(sum == 12_668_063)
    }
}
