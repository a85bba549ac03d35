import Foundation
import MarqueeData
import Testing

/// Splits of data with several behaviors.
@Suite struct AuxiliaryTests {
    static let makers: [@Sendable (Auxiliary) -> Splitter] = [
        { .leaveOneOut(LeaveOneOut(auxiliary: $0)) },
        { .leaveOneOut(LeaveOneOut(by: .random, validation: false, auxiliary: $0)) },
        { .ratio(RatioSplit(auxiliary: $0)) },
        { .ratio(RatioSplit(train: 0.7, validation: 0, by: .row, per: .all, auxiliary: $0)) },
        { .globalTime(GlobalTimeSplit(validationFrom: .time(100_000), testFrom: .time(160_000), auxiliary: $0)) },
        { .globalTime(GlobalTimeSplit(testFrom: .share(0.7), auxiliary: $0)) },
        { .given(GivenSplit(auxiliary: $0)) },
        { .given(GivenSplit(by: .random, auxiliary: $0)) },
    ]

    private func data(_ seed: UInt64) -> Dataset {
        var data = thorny(seed: seed, behaviors: ["view", "cart", "buy"])
        data.log.target = 2
        data.frozen = FrozenTest(holdout: Holdout(pairs: (10..<40).map { (user: Int32($0), item: Int32($0 % 37)) }))
        return data
    }

    private func others(_ log: InteractionLog) -> InteractionLog {
        log.selecting((0..<log.count).filter { !log.isTarget($0) })
    }

    @Test(arguments: makers.indices, [1, 2, 3] as [UInt64])
    func onlyTheTargetIsHeldOutAndOnlyHeldOutPairsAreStrict(index: Int, seed: UInt64) throws {
        let data = data(seed)
        let (kept, report) = try Self.makers[index](.keep).split(data, seed: seed)
        let (strict, strictReport) = try Self.makers[index](.drop).split(data, seed: seed)
        var isGiven = false
        if case .given = Self.makers[index](.keep) { isGiven = true }

        // The question is the same in both.
        #expect(kept.test == strict.test && kept.validation == strict.validation)
        #expect(kept.train.targets == strict.train.targets)
        #expect(kept.auxiliary == .keep && strict.auxiliary == .drop && kept.dropped == nil)
        #expect(strict.name == kept.name + ", strict" && kept.name.hasSuffix(" on buy"))

        // The target stands on one side.
        let held = kept.test.pairs.union(kept.validation?.pairs ?? [])
        let targets = data.log.targets.pairs
        #expect(kept.test.pairs.isDisjoint(with: kept.validation?.pairs ?? []))
        #expect(kept.train.targets.pairs.isDisjoint(with: held))
        #expect(kept.train.targets.pairs.union(held) == (isGiven ? targets.union(kept.test.pairs) : targets))

        // Auxiliary rows stay, in a split by time those of the past, without those of held-out pairs when strict.
        let past: Int64 =
            if case .globalTime = Self.makers[index](.keep) { kept.train.timestamps.max() ?? 0 } else { .max }
        let all = others(data.log)
        #expect(others(kept.train) == all.selecting((0..<all.count).filter { all.timestamps[$0] <= past }))
        let before = others(kept.train)
        func isHeld(_ row: Int) -> Bool { held.contains(Pair(user: before.users[row], item: before.items[row])) }
        #expect(others(strict.train) == before.selecting((0..<before.count).filter { !isHeld($0) }))
        #expect(strict.dropped == before.selecting((0..<before.count).filter(isHeld)))
        #expect(strict.dropped?.count ?? 0 > 0)
        #expect(report.droppedAuxiliary == all.count - before.count)
        #expect(strictReport.droppedAuxiliary == all.count - others(strict.train).count)
        #expect(report.droppedRepeats == strictReport.droppedRepeats)
    }

    @Test(arguments: [1, 2] as [UInt64])
    func oneBehaviorKnowsNoStrictness(seed: UInt64) throws {
        let data = thorny(seed: seed)
        let kept = try Splitter.leaveOneOut(LeaveOneOut(auxiliary: .keep)).split(data, seed: seed)
        let strict = try Splitter.leaveOneOut(LeaveOneOut(auxiliary: .drop)).split(data, seed: seed)
        #expect(kept.split.train == strict.split.train && kept.split.test == strict.split.test)
        #expect(
            strict.split.auxiliary == nil && strict.split.name == "leave-one-out by time"
                && kept.report == strict.report)
        #expect(kept.report.droppedAuxiliary == nil)
    }

    @Test func negativesMayBeWhatWasViewedButNotWhatWasBought() throws {
        let data = data(4)
        let split = try Splitter.leaveOneOut(LeaveOneOut()).split(data, seed: 1).split
        let negatives = FrozenNegatives.uniform(30, for: split.test, of: split, seed: 1)
        let bought = data.log.targets.pairs
        let viewed = data.log.selecting(behavior: 0).pairs
        var viewedNegatives = 0
        for (k, user) in split.test.users.enumerated() {
            for item in negatives.rows[k] {
                #expect(!bought.contains(Pair(user: user, item: item)))
                if viewed.contains(Pair(user: user, item: item)) { viewedNegatives += 1 }
            }
        }
        #expect(viewedNegatives > 0)
    }

    @Test func anotherTargetLeavesTheFilesTestBehind() throws {
        let data = data(1)
        #expect(try data.targeting("buy") == data)
        let carts = try data.targeting("cart")
        #expect(carts.log.targetName == "cart" && carts.frozen == nil)
        #expect { try Splitter.given(GivenSplit()).split(carts, seed: 0) } throws: {
            "\($0)".contains("without a test set of cart")
        }
    }

    @Test func theOptionIsReadAndWritten() throws {
        for maker in Self.makers {
            for auxiliary in Auxiliary.allCases {
                let splitter = maker(auxiliary)
                #expect(try JSONDecoder().decode(Splitter.self, from: JSONEncoder().encode(splitter)) == splitter)
            }
        }
        func read(_ text: String) throws -> Splitter { try JSONDecoder().decode(Splitter.self, from: Data(text.utf8)) }
        #expect(
            try read(#"{"given":{"auxiliary":"drop","by":"random"}}"#)
                == .given(GivenSplit(by: .random, auxiliary: .drop)))
        #expect { try read(#"{"ratio":{"auxiliary":"dorp"}}"#) } throws: { "\($0)".contains("did you mean 'drop'") }
    }

    /// The shares that DATA.md has: 13,525 of BeiBei's test buys are in the cart.
    @Test(.enabled(if: realData("beibei-buy-cart-only") != nil, "beibei-buy-cart-only is not there"))
    func beibeiStrictDropsTheCartsOfTestBuys() throws {
        let data = try DatasetReader.read(try #require(realData("beibei-buy-cart-only")))
        let (split, report) = try Splitter.given(GivenSplit(validation: false, auxiliary: .drop)).split(data, seed: 0)
        #expect(report.droppedAuxiliary == 13_525 && report.trainInteractions == 642_622 - 13_525 + 282_860)
        #expect(split.name == "the files' own test on buy, strict" && report.droppedRepeats == 0)
        #expect(try Splitter.given(GivenSplit(validation: false)).split(data, seed: 0).split.train == data.log)
    }

    @Test(.enabled(if: realData("taobao-mb-15449") != nil, "taobao-mb-15449 is not there"))
    func taobaoValidatesOnTrainingBuys() throws {
        let data = try DatasetReader.read(try #require(realData("taobao-mb-15449")))
        let (split, report) = try Splitter.given(GivenSplit(by: .random)).split(data, seed: 1)
        #expect(report.trainInteractions == 873_954 + 195_476 + 92_180 - 15_449)
        #expect(report.validationUsers == 15_449 && report.testUsers == 15_449 && report.droppedAuxiliary == 0)
        #expect(split.train.targets.count == 92_180 - 15_449)
        #expect(try #require(split.validation).pairs.isSubset(of: data.log.targets.pairs))
    }

    @Test(.enabled(if: realData("retailrocket-mb") != nil, "retailrocket-mb is not there"))
    func retailrocketSplitsByTime() throws {
        let data = try DatasetReader.read(try #require(realData("retailrocket-mb")))
        let (split, report) = try Splitter.given(GivenSplit()).split(data, seed: 1)
        // 1,289 of the users bought once in training and validate nothing.
        #expect(report.testUsers == 2174 && report.validationUsers == 2174 - 1289)
        // Taken once: selecting the buys looks at every row.
        let buys = data.log.targets
        let own = Dictionary(grouping: 0..<buys.count) { buys.users[$0] }
        for pair in try #require(split.validation).pairs {
            let rows = own[pair.user] ?? []
            let newest = rows.map { buys.timestamps[$0] }.max()
            #expect(rows.contains { buys.items[$0] == pair.item && buys.timestamps[$0] == newest })
        }
    }
}
