import MarqueeLive
import MarqueeRuntime
import Testing

@Suite struct MergeableStatisticTests {
    static let rules: [StatisticRule] = [
        .count, .decayed(halfLife: 50), .window(width: 100, buckets: 3), .latest(keep: 4), .instant,
        .grid(halfLife: 80),
    ]

    static func observations(_ count: Int, _ random: inout RandomStream) -> [Observation] {
        (0..<count).map { _ in
            Observation(
                time: Int64(random.next() % 4_000) - 2_000, amount: Int64(random.next() % (1 << 47)) - (1 << 46),
                cell: Int32(random.next() % 6), isHit: random.next() % 2 == 0, isTrial: random.next() % 2 == 0,
                item: ["a", "b", "caf\u{e9}", "cafe\u{301}", "e", "f"][Int(random.next() % 6)])
        }
    }

    static func statistic(_ observations: some Sequence<Observation>, _ rule: StatisticRule) -> Statistic {
        observations.reduce(into: rule.zero) { $0.add($1, by: rule) }
    }

    /// add(∅, e₁…eₙ) = merge(add(∅, e₁…eₖ), add(∅, eₖ₊₁…eₙ)) for every cut, and in any order.
    @Test(arguments: rules.indices) func partsThatAreMergedAreTheWhole(index: Int) {
        let rule = Self.rules[index]
        var random = RandomStream(seed: 11, "merging")
        for round in 0..<200 {
            let observations = Self.observations(1 + round % 40, &random)
            let whole = Self.statistic(observations, rule)
            #expect(Self.statistic(observations.reversed(), rule) == whole)
            for cut in 0...observations.count {
                var left = Self.statistic(observations[..<cut], rule)
                var right = Self.statistic(observations[cut...], rule)
                (left, right) = (right, left)
                left.merge(right, by: rule)
                #expect(left == whole)
            }
        }
    }

    /// Saturated sums would depend on the order: max, then 1, then −1 is not max, then −1, then 1.
    @Test func sumsWrapAround() {
        let one = Observation(time: 0, amount: 1 << 16)
        let minusOne = Observation(time: 0, amount: -1 << 16)
        for zero in [
            Statistic.decayed([.init(epoch: 0, sum: .max)]), .grid([.init(epoch: 0, cell: 0, sum: .max)]),
        ] {
            let rule = zero.as(DecayedSums.self) == nil ? StatisticRule.grid(halfLife: 9) : .decayed(halfLife: 9)
            var up = zero
            up.add(one, by: rule)
            let wrapped = Int64.max &+ 1 << 16
            #expect(
                up == .decayed([.init(epoch: 0, sum: wrapped)]) || up == .grid([.init(epoch: 0, cell: 0, sum: wrapped)])
            )
            up.add(minusOne, by: rule)
            #expect(up == zero)
            var twice = zero
            twice.merge(zero, by: rule)
            #expect(twice.as(DecayedSums.self)?.epochs[0].sum ?? twice.as(DecayedGrid.self)?.cells[0].sum == -2)
        }
        var count = Statistic.count(.max)
        count.merge(.count(1), by: .count)
        #expect(count == .count(.min))
    }

    @Test func aRuleOfAnotherStatisticChangesNothing() {
        var statistic = Statistic.count(3)
        statistic.add(Observation(time: 5), by: .instant)
        statistic.merge(.instant(7), by: .count)
        #expect(statistic == .count(3))
    }

    /// A list is not copied for every event that it takes in.
    @Test func aListIsChangedInPlace() {
        let rule = StatisticRule.latest(keep: 500)
        var statistic = rule.zero
        for number in 0..<600 { statistic.add(Observation(time: Int64(number), item: "item-\(number)"), by: rule) }
        func address() -> UnsafeRawPointer? {
            statistic.as(LatestItems.self)?.items.withUnsafeBytes { $0.baseAddress }
        }
        let before = address()
        for number in 300..<400 { statistic.add(Observation(time: 1_000, item: "item-\(number)"), by: rule) }
        #expect(before != nil && address() == before)
    }

    /// The first bytes of stored statistics, in the order of the README for engines.
    @Test func codesStay() {
        #expect(Self.rules.map { $0.zero.encoded[0] } == [0, 1, 2, 3, 4, 5])
        #expect(Self.rules.map { $0.statistic.name } == ["count", "decayed", "window", "latest", "instant", "grid"])
    }

    /// Names that Unicode calls equivalent are two keys.
    @Test func keysAreComparedByBytes() {
        let (one, two) = (FeatureKey(label: "a", entity: "caf\u{e9}"), FeatureKey(label: "a", entity: "cafe\u{301}"))
        #expect("caf\u{e9}" == "cafe\u{301}" && one != two && one == FeatureKey(label: "a", entity: "caf\u{e9}"))
        #expect(Set([one, two]).count == 2)
    }
}
