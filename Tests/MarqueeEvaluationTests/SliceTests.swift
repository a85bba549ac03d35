import MarqueeData
import Testing

@testable import MarqueeEvaluation

@Suite struct SliceTests {
    /// Users 0…5 with 1, 2, 2, 3, 5 and 9 training items of 12.
    private let train = InteractionMatrix(
        rows: [1, 2, 2, 3, 5, 9].map { Array(0..<Int32($0)) }, columnCount: 12)
    private let holdout = Holdout(rows: [[10], [11], [10], [11], [0], [9]])

    private func result() throws -> EvaluationResult {
        try Evaluator(holdout: holdout, candidates: .full, seen: train, metrics: [Metric(.hitRatio, at: 1)])
            .evaluate(TableScorer(rows: (0..<6).map { _ in (0..<12).map { $0 == 11 ? 2 : $0 == 10 ? 1 : 0 } }))
    }

    @Test func activeAndLessActiveUsersSplitAtTheMedian() throws {
        let parts = try result().sliced(by: Slice.userActivity(train, of: holdout), of: holdout)
        #expect(parts.map(\.users) == [3, 3])
        #expect(
            parts.map(\.name) == [
                "user-activity: active (> 2 interactions)", "user-activity: less active (≤ 2 interactions)",
            ])
        // User 3's target is item 11, the first; of users 0, 1, 2 only user 1's.
        #expect(parts.map { $0.means["HR@1"] } == [1.0 / 3, 1.0 / 3])
    }

    @Test(arguments: 1...8)
    func quantileGroupsPartTheUsers(groups: Int) throws {
        let slices = Slice.userActivityQuantiles(groups, train, of: holdout)
        let parts = try result().sliced(by: slices, of: holdout)
        #expect(parts.map(\.users).reduce(0, +) == 6)
        #expect(parts.allSatisfy { $0.users > 0 } && parts.count <= groups)
        if groups == 3 { #expect(parts.map(\.users) == [3, 1, 2]) }
        let weighted = parts.reduce(0.0) { $0 + ($1.means["HR@1"] ?? 0) * Double($1.users) } / 6
        #expect(try abs(weighted - #require(result()[Metric(.hitRatio, at: 1)])) < 1e-12)
    }

    @Test func popularityBandsHoldTheirShares() {
        // 100 interactions: the first item holds 30 %, the last five 20 % or less together.
        let bands = PopularityBand.bands([30, 15, 15, 10, 10, 5, 5, 5, 5, 0], head: 0.2, tail: 0.2)
        #expect(bands == [.head, .mid, .mid, .mid, .mid, .tail, .tail, .tail, .tail, .tail])
        #expect(PopularityBand.bands([0, 0], head: 0.2, tail: 0.2) == [.tail, .tail])
        #expect(PopularityBand.bands([], head: 0.2, tail: 0.2) == [])
        // The head comes first: an only item is popular.
        #expect(PopularityBand.bands([4], head: 0.2, tail: 0.2) == [.head])
    }

    @Test func eachUserFallsIntoOnePopularityBand() throws {
        let parts = try result().sliced(by: Slice.targetPopularity(train), of: holdout)
        #expect(
            parts.map { $0.name.prefix { $0 != "(" } } == [
                "item-popularity: head ", "item-popularity: mid ", "item-popularity: tail ",
            ])
        let counts = train.columnCounts()
        #expect(parts[0].name.contains("\(counts.max() ?? 0) interactions)"), "\(parts[0].name)")
        #expect(parts.map(\.users) == [1, 0, 5])
        #expect(parts[1].means.isEmpty)
        let several = Holdout(rows: [[0, 9, 10], [0, 9], [9], [9], [9], [9]])
        let popularity = Slice.targetPopularity(train)
        #expect(popularity.map { $0.includes(0, several[0]) } == [false, false, true])
        #expect(popularity.map { $0.includes(1, several[1]) } == [true, false, false])
    }

    @Test func anyPredicateWillDo() throws {
        let parts = try result().sliced(by: [Slice("even") { user, _ in user % 2 == 0 }], of: holdout)
        #expect(parts == [SliceResult(name: "even", users: 3, means: ["HR@1": 0])])
        #expect(throws: EvaluationError.differentUsers) {
            try result().sliced(by: [], of: Holdout(rows: [[1]]))
        }
    }

    /// Users 0…3 with a target each; item 4 is the target of all but user 3.
    private var shop: InteractionLog {
        InteractionLog(
            users: [0, 0, 1, 2, 3, 3], items: [4, 0, 1, 4, 2, 3], behaviors: [0, 2, 0, 1, 2, 2],
            userVocabulary: Vocabulary(["a", "b", "c", "d"]), itemVocabulary: Vocabulary((0..<6).map(String.init)),
            behaviorNames: ["view", "cart", "buy"], target: 2)
    }
    private let asked = Holdout(pairs: [(user: 0, item: 4), (user: 1, item: 4), (user: 2, item: 4), (user: 3, item: 2)])

    private func members(_ slices: [Slice]) -> [String: [Int32]] {
        Dictionary(
            uniqueKeysWithValues: slices.map { slice in
                (
                    slice.name,
                    asked.users.enumerated().filter { slice.includes($0.element, asked[$0.offset]) }.map(\.element)
                )
            })
    }

    @Test func targetsWithAnAuxiliaryInteractionAreToldFromOthers() {
        // User 3 bought the target before, which is no auxiliary interaction.
        #expect(
            members(Slice.auxiliary(shop)) == [
                "auxiliary: target has a view or cart": [0, 2], "auxiliary: target has no view or cart": [1, 3],
            ])
        let dropped = shop.selecting([0, 3])
        #expect(
            members(Slice.auxiliary(shop.selecting([1, 2, 4, 5]), dropped: dropped)) == [
                "auxiliary: target had a view or cart": [0, 2], "auxiliary: target had no view or cart": [1, 3],
            ])
    }

    @Test func usersPartByTheirInteractionsOfAnyBehavior() {
        var log = shop
        for (user, count) in [(0, 8), (1, 18), (2, 499)] {
            for _ in 0..<count {
                log.users.append(Int32(user))
                log.items.append(5)
                log.behaviors.append(0)
            }
        }
        #expect(
            members(Slice.userInteractions(log, of: asked)) == [
                "user-interactions: fewer than 10": [3], "user-interactions: 10–19": [0, 1],
                "user-interactions: 500 and more": [2],
            ])
    }

    @Test func coldUsersAndTargetsHaveFewOfTheTargetBehavior() {
        let buys = InteractionMatrix(shop.targets)
        #expect(
            members(Slice.coldStart(below: 1, buys, called: "buy")) == [
                "cold-start: user with fewer than 1 buy": [1, 2],
                "cold-start: target with fewer than 1 buy": [0, 1, 2],
                "cold-start: user and target with 1 buy or more": [3],
            ])
    }

    @Test func bandsOfColdUsersAndTargetsAreByCount() {
        // Users a to d bought 1, 0, 0 and 2 items; item 4 nobody, item 2 one user.
        let buys = InteractionMatrix(shop.targets)
        #expect(
            members(Slice.coldStart(edges: [1, 2, 3], buys, of: asked, called: "buy")) == [
                "cold-start users: 0 buys": [1, 2], "cold-start users: 1 buy": [0], "cold-start users: 2 buys": [3],
                "cold-start items: 0 buys": [0, 1, 2], "cold-start items: 1 buy": [3],
            ])
        #expect(
            members(Slice.coldStart(edges: [2], buys, of: asked, called: "buy")) == [
                "cold-start users: fewer than 2 buys": [0, 1, 2], "cold-start users: 2 buys and more": [3],
                "cold-start items: fewer than 2 buys": [0, 1, 2, 3],
            ])
        #expect(
            members(Slice.userInteractions(shop, of: asked, edges: [1, 2])) == [
                "user-interactions: 1": [1, 2], "user-interactions: 2 and more": [0, 3],
            ])
    }

    @Test func theProtocolSaysWhatBecameOfAuxiliaryInteractions() throws {
        func name(_ auxiliary: Auxiliary?) throws -> String {
            try
                "\(Evaluator(holdout: holdout, candidates: .full, seen: train, metrics: [Metric(.hitRatio, at: 1)], masking: "buy interactions of train", auxiliary: auxiliary).protocol)"
        }
        #expect(
            try name(.keep)
                == "full, 6 users, 6 targets, masked: buy interactions of train (21 pairs), auxiliary interactions of held-out pairs kept"
        )
        #expect(try name(.drop).hasSuffix("strict: auxiliary interactions of held-out pairs dropped"))
        #expect(try !name(nil).contains("auxiliary"))
    }
}
