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
        #expect(
            try PreparationStep.sampleUsers(UserSample(fraction: 0.3)).apply(to: data, seed: seed).dataset == sample)
        #expect(
            try PreparationStep.sampleUsers(UserSample(fraction: 0.3)).apply(to: data, seed: seed + 9).dataset != sample
        )
    }

    @Test func thePapersSampleHasItsSize() throws {
        var log = InteractionLog(
            userVocabulary: Vocabulary((0..<138_493).lazy.map(String.init)), itemVocabulary: Vocabulary(["a"]))
        log.users = Array(0..<138_493)
        log.items = Array(repeating: 0, count: 138_493)
        let sample = try PreparationStep.sampleUsers(UserSample(fraction: 0.3))
            .apply(to: Dataset(name: "20M", log: log), seed: 1).dataset
        #expect(sample.log.userCount == 41_547)
    }

    @Test func datesAreTheBeginningOfTheUTCDay() throws {
        var data = thorny(seed: 1)
        data.log = data.log.selecting([0, 1, 2, 3, 4])
        data.log.timestamps = [0, 86_399_999, 86_400_000, -1, 978_300_760_123]
        let dates = try PreparationStep.dates.apply(to: data, seed: 0).dataset
        #expect(dates.log.timestamps == [0, 0, 86_400_000, -86_400_000, 978_220_800_000])
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
                byUser[data.log.users[$0], default: []].count >= 8
                    && byItem[data.log.items[$0], default: []].count >= 10
            }
            if next.count == left.count { break }
            left = next
        }
        let all = rows(data)
        #expect(rows(result) == left.map { all[$0] })
    }

    @Test func whatIsNotKnownIsFilledIn() throws {
        var data = thorny(users: 6, items: 5, seed: 1)
        data.catalog = Catalog(items: [
            .init(title: "a", year: 1990, genres: ["drama", "war"]), .init(title: "b", year: 2001, genres: ["war"]),
            .init(title: "c"),
            .init(title: "d", year: 2004, genres: ["drama"]), .init(title: "e", year: 1980),
        ])
        data.userAttributes = [
            "age": ["", "18", "25", "25", "", "18"], "city": ["x", "y", "y", "y", "x", "z"],
            "job": Array(repeating: "", count: 6),
        ]
        let (filled, report) = try PreparationStep.impute(Imputation()).apply(to: data, seed: 0)
        #expect(filled.catalog.items.map(\.year) == [1990, 2001, 1990, 2004, 1980])
        #expect(filled.catalog.items.map(\.genres) == [["drama", "war"], ["war"], ["drama"], ["drama"], ["drama"]])
        #expect(filled.userAttributes["age"] == ["18", "18", "25", "25", "18", "18"])
        #expect(
            filled.userAttributes["city"] == data.userAttributes["city"]
                && filled.userAttributes["job"] == data.userAttributes["job"])
        #expect(report.sentence == "filled in 1 years by 1990, 2 items' genres by 'drama', 2 users' age by '18'")
        let unknown = try PreparationStep.impute(Imputation(.unknown)).apply(to: data, seed: 0).dataset
        #expect(unknown.catalog.items[2].genres == ["unknown"] && unknown.userAttributes["age"]?[0] == "unknown")
        let again = try PreparationStep.impute(Imputation()).apply(to: filled, seed: 0)
        #expect(again.dataset == filled && again.report.sentence == "nothing was missing")
        #expect(filled.log == data.log)
    }

    @Test(arguments: [1, 2, 3] as [UInt64], [0, 0.25] as [Float])
    func ratingsBecomeWeightsOverAllUsers(seed: UInt64, floor: Float) throws {
        var data = thorny(seed: seed)
        data.log.values = data.log.values.map { $0 * 2 - 3 }
        let (result, report) = try PreparationStep.normalize(RatingNormalization(floor: floor)).apply(to: data, seed: 0)
        // From -1 to 7 in steps of 2.
        for (weight, value) in zip(result.log.values, data.log.values) {
            #expect(abs(weight - (floor + (1 - floor) * (value + 1) / 8)) < 1e-6)
        }
        #expect(result.log.values.min() == floor && result.log.values.max() == 1)
        #expect(report.sentence.contains("ratings from -1.0 to 7.0 are weights from \(floor) to 1 now"))
        var rest = result
        rest.log.values = data.log.values
        #expect(rest == data)
    }

    @Test func ratingsThatAreNoneAreRefused() throws {
        var data = thorny(seed: 1)
        data.log.values = Array(repeating: 3, count: data.log.count)
        #expect(
            try PreparationStep.normalize(RatingNormalization()).apply(to: data, seed: 0).dataset.log.values.allSatisfy
            { $0 == 1 })
        #expect { try PreparationStep.normalize(RatingNormalization(floor: 1)).apply(to: data, seed: 0) } throws: {
            "\($0)".contains("the floor is 1.0; give one from 0 and below 1")
        }
        data.log.values = []
        #expect { try PreparationStep.normalize(RatingNormalization()).apply(to: data, seed: 0) } throws: {
            "\($0)".contains("the data has no ratings; leave the step out")
        }
    }

    /// Users with 10 … 14 interactions have quartiles 11 and 13, on the logarithm a fence at
    /// 14 · (14 / 12)³ - 1 = 21.23.
    @Test func usersFarOutAreRemovedWithAllTheirInteractions() throws {
        func data(_ last: Int) -> Dataset {
            let counts = [10, 11, 12, 13, 14, last]
            var log = InteractionLog(
                userVocabulary: Vocabulary(["a", "b", "c", "d", "e", "far"]),
                itemVocabulary: Vocabulary((0..<last + 1).map { "i\($0)" }))
            for (user, count) in counts.enumerated() {
                log.users += Array(repeating: Int32(user), count: count)
                log.items += 0..<Int32(count)
            }
            return Dataset(name: "", log: log)
        }
        // With the sixth user the quartiles are 11.25 and 13.75 (interpolated on logarithms).
        let (first, third) = (log(12.0) * 0.75 + log(13.0) * 0.25, log(14.0) * 0.25 + log(15.0) * 0.75)
        let limit = Int(exp(third + 3 * (third - first)) - 1)
        let inside = try PreparationStep.outliers(OutlierRemoval()).apply(to: data(limit), seed: 0)
        #expect(inside.dataset.log.userCount == 6)
        let (result, report) = try PreparationStep.outliers(OutlierRemoval()).apply(to: data(limit + 1), seed: 0)
        #expect(result.log.userVocabulary.ids == ["a", "b", "c", "d", "e"] && result.log.count == 60)
        #expect(report.sentence == "dropped 1 users with more than \(limit) interactions")
        #expect(
            try PreparationStep.outliers(OutlierRemoval(users: 0)).apply(to: data(900), seed: 0).dataset.log.userCount
                == 6)
        #expect { try PreparationStep.outliers(OutlierRemoval(users: -1)).apply(to: data(20), seed: 0) } throws: {
            "\($0)".contains("0 or more ranges out")
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64], [0.1, 0.5, 3])
    func outliersAreAboveTheFenceAndNobodyElse(seed: UInt64, fence: Double) throws {
        let data = thorny(seed: seed)
        let result = try PreparationStep.outliers(OutlierRemoval(users: fence, items: fence)).apply(to: data, seed: 0)
            .dataset
        expectConsistent(result)
        /// The keys that stay, by the definition.
        func stays(_ keys: [Int32]) -> (Int32) -> Bool {
            var counts: [Int32: Int] = [:]
            for key in keys { counts[key, default: 0] += 1 }
            let sorted = counts.values.map { log(1 + Double($0)) }.sorted()
            func quartile(_ share: Double) -> Double {
                let place = share * Double(sorted.count - 1)
                let (below, above) = (sorted[Int(place.rounded(.down))], sorted[Int(place.rounded(.up))])
                return below + (above - below) * (place - place.rounded(.down))
            }
            let edge = quartile(0.75) + fence * (quartile(0.75) - quartile(0.25))
            return { log(1 + Double(counts[$0] ?? 0)) <= edge + 1e-9 }
        }
        let (user, item) = (stays(data.log.users), stays(data.log.items))
        let kept = (0..<data.log.count).filter { user(data.log.users[$0]) && item(data.log.items[$0]) }
        let all = rows(data)
        #expect(rows(result) == kept.map { all[$0] })
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
        let text =
            #"["binarize",{"binarize":{"threshold":4}},{"k-core":5},{"k-core":{"users":2,"items":3}},{"sample-users":0.3},"deduplicate",{"deduplicate":{"keep":"oldest"}},"dates","normalize",{"normalize":{"floor":0.1}},"outliers",{"outliers":{"users":1.5,"items":3}},"impute",{"impute":"unknown"}]"#
        let steps = try JSONDecoder().decode([PreparationStep].self, from: Data(text.utf8))
        #expect(
            steps == [
                .binarize(Binarization()), .binarize(Binarization(threshold: 4)), .kCore(KCore(5)),
                .kCore(KCore(users: 2, items: 3)), .sampleUsers(UserSample(fraction: 0.3)),
                .deduplicate(Deduplication()),
                .deduplicate(Deduplication(keep: .oldest)), .dates,
                .normalize(RatingNormalization()), .normalize(RatingNormalization(floor: 0.1)),
                .outliers(OutlierRemoval()), .outliers(OutlierRemoval(users: 1.5, items: 3)),
                .impute(Imputation()), .impute(Imputation(.unknown)),
            ])
        #expect(try JSONDecoder().decode([PreparationStep].self, from: JSONEncoder().encode(steps)) == steps)
    }

    @Test(arguments: [
        (#""k-cor""#, "did you mean 'k-core'"), (#"{"binarize":{"treshold":4}}"#, "did you mean 'threshold'"),
        (#""k-core""#, "needs its settings"),
        (#"{"impute":"unknwon"}"#, "did you mean 'unknown'"), (#"{"outliers":{"user":2}}"#, "did you mean 'users'"),
        (#"{"normalize":{"flor":0}}"#, "did you mean 'floor'"), (#"{"dates":1,"k-core":2}"#, "one name"),
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
