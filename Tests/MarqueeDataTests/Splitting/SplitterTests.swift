import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

@Suite struct SplitterTests {
    static let splitters: [Splitter] = [
        .leaveOneOut(LeaveOneOut()), .leaveOneOut(LeaveOneOut(validation: false)),
        .leaveOneOut(LeaveOneOut(by: .row)), .leaveOneOut(LeaveOneOut(by: .random)),
        .leaveOneOut(LeaveOneOut(ties: .earlierRow)), .leaveOneOut(LeaveOneOut(ties: .seeded)),
        .ratio(RatioSplit()), .ratio(RatioSplit(train: 0.7, validation: 0)), .ratio(RatioSplit(by: .random)),
        .ratio(RatioSplit(per: .all)),
        .globalTime(GlobalTimeSplit(testFrom: .time(140_000))),
        .globalTime(GlobalTimeSplit(validationFrom: .share(0.6), testFrom: .share(0.8))),
        .given(GivenSplit()), .kFold(KFold()), .kFold(KFold(folds: 3, validation: 0.2, per: .user)),
    ]

    private static func data(_ seed: UInt64) -> Dataset {
        var data = thorny(seed: seed)
        data.frozen = FrozenTest(holdout: Holdout(pairs: (10..<40).map { (user: Int32($0), item: Int32($0 % 37)) }))
        return data
    }

    @Test(arguments: splitters, [1, 2, 3] as [UInt64])
    func everyPairStandsOnOneSide(splitter: Splitter, seed: UInt64) throws {
        let data = Self.data(seed)
        let (split, report) = try splitter.split(data, seed: seed)
        let train = split.train.pairs
        let validation = split.validation?.pairs ?? []
        let test = split.test.pairs
        #expect(train.isDisjoint(with: test) && train.isDisjoint(with: validation) && validation.isDisjoint(with: test))
        var all = data.log.pairs
        if case .given = splitter, let frozen = data.frozen { all.formUnion(frozen.holdout.pairs) }
        #expect(train.union(validation).union(test) == all)
        #expect(!test.isEmpty && !train.isEmpty)
        #expect(
            split.train.userVocabulary == data.log.userVocabulary
                && split.train.itemVocabulary == data.log.itemVocabulary)
        #expect(report.trainInteractions == split.train.count && report.testItems == test.count)
        #expect(report.validationItems == validation.count && report.testUsers == split.test.users.count)
        #expect(report.usersWithoutTest == data.log.userCount - report.testUsers)

        let again = try splitter.split(data, seed: seed).split
        #expect(again.train == split.train && again.validation == split.validation && again.test == split.test)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func leaveOneOutHoldsTheNewest(seed: UInt64) throws {
        let data = thorny(seed: seed)
        let log = data.log
        let split = try Splitter.leaveOneOut(LeaveOneOut()).split(data, seed: 0).split
        let test = Dictionary(uniqueKeysWithValues: split.test.pairs.map { ($0.user, $0.item) })
        let validation = Dictionary(
            uniqueKeysWithValues: try #require(split.validation).pairs.map { ($0.user, $0.item) })
        for user in 0..<Int32(log.userCount) {
            // Items by their newest row, the newest first.
            let own = (0..<log.count).filter { log.users[$0] == user }
                .sorted { (log.timestamps[$0], $0) > (log.timestamps[$1], $1) }
            var items: [Int32] = []
            for row in own where !items.contains(log.items[row]) { items.append(log.items[row]) }
            #expect(test[user] == (items.count >= 2 ? items[0] : nil))
            #expect(validation[user] == (items.count >= 3 ? items[1] : nil))
        }
    }

    @Test func tiesAreBrokenAsTheySay() throws {
        let log = InteractionLog(
            users: [0, 0, 0, 0], items: [3, 1, 2, 0], timestamps: [5, 5, 5, 1],
            userVocabulary: Vocabulary(["u"]), itemVocabulary: Vocabulary(["a", "b", "c", "d"]))
        let data = Dataset(name: "ties", log: log)
        func test(_ ties: TieRule, seed: UInt64 = 0) throws -> Int32 {
            try Splitter.leaveOneOut(LeaveOneOut(ties: ties)).split(data, seed: seed).split.test.items[0]
        }
        #expect(try test(.laterRow) == 2)
        #expect(try test(.earlierRow) == 3)
        #expect(Set(try (0..<40).map { try test(.seeded, seed: $0) }) == [1, 2, 3])
    }

    @Test func tiesThatDecideAreToldWithTheRule() throws {
        // Times of a user all equal, rows by item, but for the last user.
        let users: [Int32] = [0, 0, 0, 1, 1, 1, 2, 2, 2]
        let log = InteractionLog(
            users: users, items: [0, 1, 2, 0, 2, 3, 1, 2, 3], timestamps: [5, 5, 5, 7, 7, 7, 1, 1, 2],
            userVocabulary: Vocabulary(["a", "b", "c"]), itemVocabulary: Vocabulary(["w", "x", "y", "z"]))
        let data = Dataset(name: "ties", log: log)
        func told(_ splitter: Splitter) throws -> String { "\(try splitter.split(data, seed: 1).report)" }
        let who = "the newest item of 2 of 3 users is tied with others"
        #expect(
            try told(.leaveOneOut(LeaveOneOut())).hasSuffix(
                "; \(who), so that the last row was taken; `ties: seeded` draws one instead"))
        #expect(try told(.leaveOneOut(LeaveOneOut(ties: .seeded))).hasSuffix("; \(who), of which the seed drew one"))
        #expect(try !told(.leaveOneOut(LeaveOneOut(by: .row))).contains("tied"))
        let ratio = RatioSplit(train: 0.6, validation: 0)
        #expect(try told(.ratio(ratio)).contains("\(who), so that the last row was taken"))
        #expect(
            try Splitter.leaveOneOut(LeaveOneOut()).split(data, seed: 1).split.test.items == [2, 3, 3],
            "the rule is what it was")
        var given = data
        given.frozen = FrozenTest(holdout: Holdout(pairs: [(user: 0, item: 3), (user: 1, item: 1)]))
        #expect("\(try Splitter.given(GivenSplit()).split(given, seed: 1).report)".contains("of 2 of 3 users is tied"))
    }

    @Test func aRatioThatTestsNothingSaysWhy() throws {
        let log = InteractionLog(
            users: [0, 0, 0, 1], items: [0, 1, 2, 0], timestamps: [1, 2, 3, 4], userVocabulary: Vocabulary(["a", "b"]),
            itemVocabulary: Vocabulary(["w", "x", "y"]))
        let error = #expect(throws: SplitError.self) {
            try Splitter.ratio(RatioSplit()).split(Dataset(name: "few", log: log), seed: 1)
        }
        #expect(
            error?.description
                == "split 'ratio': 10 % of 3 items, the most that a user has, are less than one to test; lower train or validation, or write 'per: all'"
        )
    }

    @Test func whatTrainingRepeatsOfTheTestIsCounted() throws {
        let log = InteractionLog(
            users: [0, 0, 0, 1, 1], items: [0, 1, 2, 0, 3], userVocabulary: Vocabulary(["a", "b"]),
            itemVocabulary: Vocabulary(["w", "x", "y", "z"]))
        let data = Dataset(
            name: "pinterest", log: log,
            frozen: FrozenTest(holdout: Holdout(pairs: [(user: 0, item: 0), (user: 0, item: 3), (user: 1, item: 3)])))
        let (split, report) = try Splitter.given(GivenSplit(validation: false)).split(data, seed: 1)
        #expect(split.train.count == 3 && report.overlap == 2)
        #expect(
            "\(report)"
                == "the files' own test: 3 interactions to learn from, 3 items of 2 users to test; 2 training interactions were taken out because the test or validation holds them too"
        )
    }

    @Test func aTargetBehaviorLeavesAuxiliaryRowsUnlessAskedToTakeThemAlong() throws {
        let log = InteractionLog(
            users: [0, 0, 0, 0, 0], items: [0, 1, 1, 2, 2], behaviors: [1, 0, 1, 0, 0], timestamps: [1, 2, 3, 4, 5],
            userVocabulary: Vocabulary(["u"]), itemVocabulary: Vocabulary(["a", "b", "c"]),
            behaviorNames: ["view", "buy"])
        let data = Dataset(name: "shop", log: log)
        var splitter = LeaveOneOut(validation: false, behavior: "buy")
        let buys = try log.targeting("buy")
        let split = try Splitter.leaveOneOut(splitter).split(data, seed: 0).split
        #expect(split.train == buys.selecting([0, 1, 3, 4]) && split.test.items == [1])
        #expect(split.name == "leave-one-out by time on buy" && split.auxiliary == .keep)
        splitter.auxiliary = .drop
        let strict = try Splitter.leaveOneOut(splitter).split(data, seed: 0)
        #expect(strict.split.train == buys.selecting([0, 3, 4]) && strict.split.dropped == buys.selecting([1]))
        #expect(strict.split.name == "leave-one-out by time on buy, strict" && strict.split.test == split.test)
        #expect(strict.report.droppedAuxiliary == 1 && strict.report.droppedRepeats == 0)
        // The data's own target is held out where no other is named.
        #expect(try Splitter.leaveOneOut(LeaveOneOut(validation: false)).split(data, seed: 0).split.test.items == [2])
        splitter.behavior = "by"
        #expect { try Splitter.leaveOneOut(splitter).split(data, seed: 0) } throws: {
            "\($0)".contains("did you mean 'buy'")
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func ratiosAreOfEachUsersItemsInOrderOfTime(seed: UInt64) throws {
        let data = thorny(seed: seed)
        let split = try Splitter.ratio(RatioSplit(train: 0.6, validation: 0.2)).split(data, seed: 0).split
        var newest: [Pair: Int64] = [:]
        for row in 0..<data.log.count {
            let pair = Pair(user: data.log.users[row], item: data.log.items[row])
            newest[pair] = max(newest[pair] ?? .min, data.log.timestamps[row])
        }
        let sides = [split.train.pairs, try #require(split.validation).pairs, split.test.pairs]
        for user in 0..<Int32(data.log.userCount) {
            let own = sides.map { $0.filter { $0.user == user } }
            let n = Double(own.map(\.count).reduce(0, +))
            #expect(own[1].count == Int(0.2 * n + 1e-9) && own[2].count == Int(0.2 * n + 1e-9))
            let times = own.map { $0.compactMap { newest[$0] } }
            for (older, newer) in [(0, 1), (1, 2), (0, 2)] {
                if let last = times[older].max(), let first = times[newer].min() { #expect(last <= first) }
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func globalTimeLearnsFromThePastOnly(seed: UInt64) throws {
        let data = thorny(seed: seed)
        let splitter = GlobalTimeSplit(validationFrom: .time(100_000), testFrom: .time(160_000))
        let split = try Splitter.globalTime(splitter).split(data, seed: 0).split
        #expect(split.train.timestamps.allSatisfy { $0 < 100_000 })
        #expect(split.train.count == data.log.timestamps.count { $0 < 100_000 })
        func oldest(_ pair: Pair) -> Int64? {
            (0..<data.log.count).filter { data.log.users[$0] == pair.user && data.log.items[$0] == pair.item }
                .map { data.log.timestamps[$0] }.min()
        }
        #expect(try #require(split.validation).pairs.allSatisfy { (100_000..<160_000).contains(oldest($0) ?? 0) })
        #expect(split.test.pairs.allSatisfy { oldest($0) ?? 0 >= 160_000 })
    }

    @Test func givenKeepsTheFilesTestAndItsNegatives() throws {
        var data = thorny(seed: 5)
        let negatives = FrozenNegatives(name: "file", rows: [[1], [2]])
        data.frozen = FrozenTest(
            holdout: Holdout(pairs: [(user: 20, item: 38), (user: 21, item: 39)]), negatives: negatives)
        let (split, report) = try Splitter.given(GivenSplit()).split(data, seed: 0)
        #expect(split.test == data.frozen?.holdout && split.testNegatives == negatives)
        let plain = try Splitter.leaveOneOut(LeaveOneOut(validation: false)).split(data, seed: 0).split
        #expect(split.validation == plain.test && split.train == plain.train)
        #expect(report.droppedRepeats == data.log.count - plain.train.count - plain.test.items.count)
        #expect(try Splitter.given(GivenSplit(validation: false)).split(data, seed: 0).split.train == data.log)
    }

    @Test(.enabled(if: realData("ml-1m-ncf") != nil, "ml-1m-ncf is not there"))
    func theNCFPapersTestStaysAsItIs() throws {
        let data = try DatasetReader.read(try #require(realData("ml-1m-ncf")))
        let (split, report) = try Splitter.given(GivenSplit()).split(data, seed: 0)
        #expect(
            report.trainInteractions == 994_169 - 6040 && report.validationUsers == 6040 && report.testUsers == 6040)
        #expect(report.droppedRepeats == 0 && split.testNegatives?.rows.allSatisfy { $0.count == 99 } == true)
        #expect(try #require(split.validation).pairs.isDisjoint(with: split.test.pairs))
    }

    /// Rows sorted by item, as Gowalla's are: what is last says nothing.
    private static func timeless(_ seed: UInt64) -> Dataset {
        var data = data(seed)
        data.log = data.log.selecting(
            (0..<data.log.count).sorted {
                (data.log.users[$0], data.log.items[$0]) < (data.log.users[$1], data.log.items[$1])
            })
        data.log.timestamps = []
        return data
    }

    private static let drawing: [Splitter] = [
        .given(GivenSplit()), .leaveOneOut(LeaveOneOut()), .leaveOneOut(LeaveOneOut(validation: false)),
    ]

    @Test(arguments: drawing, [1, 2, 3] as [UInt64])
    func withoutTimesItemsAreDrawnByTheSeedAndTheReportSaysSo(splitter: Splitter, seed: UInt64) throws {
        let data = Self.timeless(seed)
        let (split, report) = try splitter.split(data, seed: seed)
        #expect("\(report)".contains("the data has no times, so each user's"))
        #expect("\(report)".contains("drawn at random"))
        let held = split.validation ?? split.test
        let other = try splitter.split(data, seed: seed + 1).split
        #expect(held.users == (other.validation ?? other.test).users && held != (other.validation ?? other.test))
        // Neither the order of rows, nor repeats of them, nor other users change what is drawn.
        var shuffled = data
        var random = RandomStream(seed: seed, "shuffle")
        let rows = (0..<data.log.count).flatMap { $0 % 3 == 0 ? [$0, $0] : [$0] }.filter { data.log.users[$0] != 11 }
        shuffled.log = data.log.selecting(rows.shuffled(using: &random))
        let again = try splitter.split(shuffled, seed: seed).split
        #expect((again.validation ?? again.test).pairs == held.pairs.filter { $0.user != 11 })
    }

    @Test func aDrawIsUniformOverAUsersItemsHoweverOftenTheyOccur() throws {
        // Item 3 fills nine rows of twelve.
        let items: [Int32] = [0, 1, 2] + Array(repeating: 3, count: 9)
        let users = 4000
        let log = InteractionLog(
            users: (0..<Int32(users)).flatMap { Array(repeating: $0, count: items.count) },
            items: (0..<users).flatMap { _ in items }, userVocabulary: Vocabulary((0..<users).map(String.init)),
            itemVocabulary: Vocabulary(["a", "b", "c", "d"]))
        let split = try Splitter.leaveOneOut(LeaveOneOut(validation: false)).split(Dataset(name: "", log: log), seed: 5)
            .split
        let counts = (0..<4).map { item in split.test.items.count { $0 == item } }
        #expect(chiSquare(counts, Array(repeating: Double(users) / 4, count: 4)) < chiSquareLimit(3))
    }

    @Test func whereThereAreTimesTheNewestIsHeldOutAndSaid() throws {
        let (split, report) = try Splitter.given(GivenSplit()).split(Self.data(4), seed: 0)
        #expect(report.choice == "validation is each user's newest item")
        #expect(
            split.validation
                == (try Splitter.given(GivenSplit(by: .time)).split(Self.data(4), seed: 9).split.validation))
        let byRow = try Splitter.given(GivenSplit(by: .row)).split(Self.timeless(4), seed: 0)
        #expect("\(byRow.report)".hasSuffix("; validation is each user's last row"))
        #expect(try Splitter.leaveOneOut(LeaveOneOut()).split(Self.data(4), seed: 0).report.choice == nil)
        #expect(try Splitter.given(GivenSplit(validation: false)).split(Self.timeless(4), seed: 0).report.choice == nil)
    }

    @Test func whatTheDataLacksIsSaidWithARemedy() {
        var data = thorny(seed: 1)
        data.log.timestamps = []
        for splitter in [Splitter.leaveOneOut(LeaveOneOut(by: .time)), .ratio(RatioSplit())] {
            #expect { try splitter.split(data, seed: 0) } throws: { "\($0)".contains("by: row") }
        }
        #expect(throws: SplitError.self) { try Splitter.given(GivenSplit()).split(data, seed: 0) }
        #expect(throws: SplitError.self) {
            try Splitter.globalTime(GlobalTimeSplit(testFrom: .share(0.5))).split(data, seed: 0)
        }
        #expect(throws: SplitError.self) {
            try Splitter.ratio(RatioSplit(train: 0.9, validation: 0.1)).split(data, seed: 0)
        }
        #expect(throws: Never.self) { try Splitter.leaveOneOut(LeaveOneOut(by: .row)).split(data, seed: 0) }
    }

    @Test func splittersAreReadAndWrittenAsYAMLSpellsThem() throws {
        for splitter in Self.splitters {
            #expect(try JSONDecoder().decode(Splitter.self, from: JSONEncoder().encode(splitter)) == splitter)
        }
        func read(_ text: String) throws -> Splitter { try JSONDecoder().decode(Splitter.self, from: Data(text.utf8)) }
        #expect(try read(#"{"leave-one-out":{"by":"time","validation":true}}"#) == .leaveOneOut(LeaveOneOut(by: .time)))
        #expect(try read(#""leave-one-out""#) == .leaveOneOut(LeaveOneOut()))
        #expect(try read(#""given""#) == .given(GivenSplit()))
        #expect(
            try read(#"{"global-time":{"test-from":"2015-01-01","validation-from":0.8}}"#)
                == .globalTime(GlobalTimeSplit(validationFrom: .share(0.8), testFrom: .time(1_420_070_400_000))))
        #expect { try read(#"{"global-time":{"test-from":"2015-02-30"}}"#) } throws: { "\($0)".contains("2015-02-30") }
        #expect { try read(#"{"leave-one-out":{"validatoin":true}}"#) } throws: {
            "\($0)".contains("did you mean 'validation'")
        }
    }
}
