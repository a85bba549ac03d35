import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

@Suite struct PreparationTests {
    /// The rows in outside ids, which no renumbering changes.
    private func rows(_ data: Dataset) -> [String] {
        (0..<data.log.count).map {
            "\(data.log.userVocabulary[data.log.users[$0]]) \(data.log.itemVocabulary[data.log.items[$0]])"
                + " \(data.log.values.isEmpty ? 1 : data.log.values[$0]) \(data.log.timestamps[$0])"
        }
    }

    private func expectConsistent(_ data: Dataset) {
        #expect(data.log.users.allSatisfy { $0 >= 0 && $0 < data.log.userCount })
        #expect(data.log.items.allSatisfy { $0 >= 0 && $0 < data.log.itemCount })
        #expect(data.catalog.items.count == data.log.itemCount)
        #expect(data.userAttributes["age"]?.count == data.log.userCount)
        for (item, id) in data.log.itemVocabulary.ids.enumerated() {
            #expect(data.catalog.items[item].title == "title of \(id)")
            #expect(data.knowledge?.itemEntities[item] == Int32(id.dropFirst()).map { 100 + $0 })
        }
        for (user, id) in data.log.userVocabulary.ids.enumerated() {
            #expect(data.userAttributes["age"]?[user] == String(id.dropFirst()))
        }
        for edge in data.socialEdges {
            let from = Int(data.log.userVocabulary[edge.from].dropFirst())
            let to = Int(data.log.userVocabulary[edge.to].dropFirst())
            #expect(from.map { $0 + 1 } == to)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aUserSampleKeepsAllOfSomeUsersAndEveryItem(seed: UInt64) throws {
        let data = thorny(seed: seed)
        let (sample, report) = try PreparationStep.sampleUsers(UserSample(fraction: 0.3)).apply(to: data, seed: seed)
        #expect(sample.log.userCount == 18)
        #expect(sample.log.itemVocabulary == data.log.itemVocabulary)
        expectConsistent(sample)
        let kept = Set(sample.log.userVocabulary.ids)
        #expect(rows(sample) == rows(data).filter { kept.contains(String($0.prefix { $0 != " " })) })
        #expect(report.before == data.counts && report.after == sample.counts)
        #expect(report.sentence == "kept 18 of 60 users with all their interactions")
        #expect(try PreparationStep.sampleUsers(UserSample(fraction: 0.3)).apply(to: data, seed: seed).dataset == sample)
        #expect(try PreparationStep.sampleUsers(UserSample(fraction: 0.3)).apply(to: data, seed: seed + 9).dataset != sample)
    }

    @Test func thePapersSampleHasItsSize() throws {
        var log = InteractionLog(userVocabulary: Vocabulary((0..<138_493).lazy.map(String.init)), itemVocabulary: Vocabulary(["a"]))
        log.users = Array(0..<138_493)
        log.items = Array(repeating: 0, count: 138_493)
        let sample = try PreparationStep.sampleUsers(UserSample(fraction: 0.3))
            .apply(to: Dataset(name: "20M", log: log), seed: 1).dataset
        #expect(sample.log.userCount == 41_547)
    }

    @Test func datesAreTheBeginningOfTheUTCDay() throws {
        var data = thorny(seed: 1)
        data.log = data.log.selecting([0, 1, 2, 3, 4])
        data.log.timestamps = [0, 86_399, 86_400, -1, 978_300_760]
        let dates = try PreparationStep.dates.apply(to: data, seed: 0).dataset
        #expect(dates.log.timestamps == [0, 0, 86_400, -86_400, 978_220_800])
        data.log.timestamps = []
        #expect(throws: PreparationError.self) { try PreparationStep.dates.apply(to: data, seed: 0) }
    }

    @Test func binarizingTakesRatingsFromTheThresholdOn() throws {
        let data = thorny(seed: 4)
        let all = try PreparationStep.binarize(Binarization()).apply(to: data, seed: 0).dataset
        #expect(all.log.count == data.log.count && all.log.values.isEmpty && all.counts == data.counts)
        let liked = try PreparationStep.binarize(Binarization(threshold: 4)).apply(to: data, seed: 0).dataset
        expectConsistent(liked)
        #expect(liked.log.count == data.log.values.count { $0 >= 4 })
        // Compact: nobody and nothing is left without an interaction.
        #expect(Set(liked.log.users).count == liked.log.userCount && Set(liked.log.items).count == liked.log.itemCount)
        #expect(throws: PreparationError.self) {
            try PreparationStep.binarize(Binarization(threshold: 6)).apply(to: data, seed: 0)
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func deduplicatingKeepsTheNewestOfEachTriple(seed: UInt64) throws {
        let data = thorny(items: 12, seed: seed, behaviors: ["view", "buy"])
        let log = data.log
        for keep in Deduplication.Keep.allCases {
            let result = try PreparationStep.deduplicate(Deduplication(keep: keep)).apply(to: data, seed: 0).dataset
            // By brute force: a row stays when no other of its triple is newer (older).
            func beats(_ other: Int, _ row: Int) -> Bool {
                guard other != row, log.users[other] == log.users[row], log.items[other] == log.items[row],
                    log.behaviors[other] == log.behaviors[row]
                else { return false }
                let newer = (log.timestamps[other], other) > (log.timestamps[row], row)
                return newer == (keep == .newest)
            }
            let rows = 0..<log.count
            #expect(result.log == log.selecting(rows.filter { row in !rows.contains { beats($0, row) } }))
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func aKCoreIsTheLargestThatHolds(seed: UInt64) throws {
        let data = thorny(seed: seed)
        let core = KCore(users: 8, items: 10)
        let result = try PreparationStep.kCore(core).apply(to: data, seed: 0).dataset
        expectConsistent(result)
        for user in 0..<Int32(result.log.userCount) { #expect(result.log.users.count { $0 == user } >= 8) }
        for item in 0..<Int32(result.log.itemCount) { #expect(result.log.items.count { $0 == item } >= 10) }
        #expect(try PreparationStep.kCore(core).apply(to: result, seed: 0).dataset == result)
        // By sweeping until nothing changes.
        var left = Array(0..<data.log.count)
        while true {
            let byUser = Dictionary(grouping: left) { data.log.users[$0] }
            let byItem = Dictionary(grouping: left) { data.log.items[$0] }
            let next = left.filter {
                byUser[data.log.users[$0], default: []].count >= 8 && byItem[data.log.items[$0], default: []].count >= 10
            }
            if next.count == left.count { break }
            left = next
        }
        let all = rows(data)
        #expect(rows(result) == left.map { all[$0] })
    }

    @Test func aKCoreMayEatEverythingAndSaysSo() {
        #expect(throws: PreparationError.self) {
            try PreparationStep.kCore(KCore(1000)).apply(to: thorny(seed: 1), seed: 0)
        }
    }

    @Test func aFrozenTestFollows() throws {
        var data = thorny(seed: 2)
        data.frozen = FrozenTest(
            holdout: Holdout(pairs: [(user: 0, item: 3), (user: 10, item: 39), (user: 11, item: 5)]),
            negatives: FrozenNegatives(name: "file", rows: [[1, 2], [4], [6, 38, 7]]))
        // User 0 has no interactions, and items from 37 on have none: they go.
        let core = try PreparationStep.kCore(KCore(1)).apply(to: data, seed: 0).dataset
        let frozen = try #require(core.frozen)
        #expect(frozen.holdout.users.map { core.log.userVocabulary[$0] } == ["u11"])
        #expect(frozen.holdout[0].map { core.log.itemVocabulary[$0] } == ["i5"])
        #expect(frozen.negatives?.rows.map { $0.map { core.log.itemVocabulary[$0] } } == [["i6", "i7"]])
    }

    @Test func stepsAreReadAndWrittenAsYAMLSpellsThem() throws {
        let text = #"["binarize",{"binarize":{"threshold":4}},{"k-core":5},{"k-core":{"users":2,"items":3}},{"sample-users":0.3},"deduplicate",{"deduplicate":{"keep":"oldest"}},"dates"]"#
        let steps = try JSONDecoder().decode([PreparationStep].self, from: Data(text.utf8))
        #expect(
            steps == [
                .binarize(Binarization()), .binarize(Binarization(threshold: 4)), .kCore(KCore(5)),
                .kCore(KCore(users: 2, items: 3)), .sampleUsers(UserSample(fraction: 0.3)), .deduplicate(Deduplication()),
                .deduplicate(Deduplication(keep: .oldest)), .dates,
            ])
        #expect(try JSONDecoder().decode([PreparationStep].self, from: JSONEncoder().encode(steps)) == steps)
    }

    @Test(arguments: [
        (#""k-cor""#, "did you mean 'k-core'"), (#"{"binarize":{"treshold":4}}"#, "did you mean 'threshold'"),
        (#""k-core""#, "needs its settings"), (#"{"dates":1,"k-core":2}"#, "one name"),
    ])
    func aWrongStepNamesTheRightOne(text: String, remedy: String) {
        #expect {
            try JSONDecoder().decode(PreparationStep.self, from: Data(text.utf8))
        } throws: { "\($0)".contains(remedy) }
    }

    @Test func stepsReportOneAfterTheOther() throws {
        let steps: [PreparationStep] = [.deduplicate(Deduplication()), .kCore(KCore(3))]
        let (result, reports) = try steps.apply(to: thorny(seed: 3), seed: 0)
        #expect(reports.map(\.name) == ["deduplicate", "k-core"])
        #expect(reports[0].after == reports[1].before && reports[1].after == result.counts)
    }

    @Test(.enabled(if: realData("ml-100k/u.data") != nil, "ml-100k is not there"))
    func movieLens100KHasItsPublishedCores() throws {
        let data = try ratings(try #require(realData("ml-100k/u.data")))
        #expect(data.counts == DatasetCounts(users: 943, items: 1682, interactions: 100_000))
        #expect(
            try PreparationStep.kCore(KCore(5)).apply(to: data, seed: 0).dataset.counts
                == DatasetCounts(users: 943, items: 1349, interactions: 99_287))
        #expect(
            try PreparationStep.binarize(Binarization(threshold: 4)).apply(to: data, seed: 0).dataset.counts
                == DatasetCounts(users: 942, items: 1447, interactions: 55_375))
    }

    @Test(.enabled(if: realData("ml-1m/ratings.dat") != nil, "ml-1m is not there"))
    func movieLens1MHasTheCoreOfSASRec() throws {
        let data = try ratings(try #require(realData("ml-1m/ratings.dat")))
        #expect(data.counts == DatasetCounts(users: 6040, items: 3706, interactions: 1_000_209))
        let core = try PreparationStep.kCore(KCore(5)).apply(to: data, seed: 0).dataset
        #expect(core.log.userCount == 6040 && core.log.itemCount == 3416)
        let (split, report) = try Splitter.leaveOneOut(LeaveOneOut()).split(data, seed: 0)
        #expect(report.testUsers == 6040 && report.validationUsers == 6040 && split.train.count == 1_000_209 - 2 * 6040)
    }
}
