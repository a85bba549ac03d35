import Foundation
import MarqueeLive
import MarqueeRuntime
import Testing

@Suite("A/B splitting")
struct ExperimentLayersTests {
    static func layers() throws -> ExperimentLayers {
        try ExperimentLayers([
            .init(
                "ranking",
                [
                    .init(name: "thompson", share: 0.5, arms: [.init("control", 0.5), .init("treatment", 0.5)]),
                    .init(name: "rerank", share: 0.2, arms: [.init("control", 0.9), .init("treatment", 0.1)]),
                ]),
            .init(
                "snapshot",
                [.init(name: "two-rows", arms: [.init("one", 0.5), .init("three", 0.2), .init("two", 0.3)])]),
        ])
    }

    static let units = (0..<60_000).map { "user-\($0)" }

    @Test("shares are kept, nobody is in two experiments of a layer, and layers do not know of each other")
    func shares() throws {
        let layers = try Self.layers()
        var arms: [String: Int] = [:]
        var pairs: [String: Int] = [:]
        for unit in Self.units {
            let assignments = layers.assignments(of: unit)
            #expect(Set(assignments.map(\.layer)).count == assignments.count)
            for assignment in assignments { arms["\(assignment.experiment)/\(assignment.arm)", default: 0] += 1 }
            if let first = assignments.first(where: { $0.experiment == "thompson" }),
                let second = assignments.first(where: { $0.layer == "snapshot" })
            {
                pairs["\(first.arm)/\(second.arm)", default: 0] += 1
            }
        }
        func count(_ name: String) -> Int { arms[name] ?? 0 }
        let inThompson = count("thompson/control") + count("thompson/treatment")
        let inRerank = count("rerank/control") + count("rerank/treatment")
        let shares = SampleRatioCheck(
            counts: [inThompson, inRerank, Self.units.count - inThompson - inRerank], shares: [0.5, 0.2, 0.3])
        #expect(shares.pValue > 0.001)
        #expect(
            SampleRatioCheck(counts: [count("thompson/control"), count("thompson/treatment")], shares: [1, 1]).pValue
                > 0.001)
        #expect(
            SampleRatioCheck(counts: [count("rerank/control"), count("rerank/treatment")], shares: [9, 1]).pValue
                > 0.001)
        let together = ["control", "treatment"].flatMap { a in ["one", "two", "three"].map { pairs["\(a)/\($0)"] ?? 0 }
        }
        #expect(SampleRatioCheck(counts: together, shares: [0.25, 0.15, 0.1, 0.25, 0.15, 0.1]).pValue > 0.001)
    }

    @Test("the same unit is in the same arm for ever: pinned")
    func pinned() throws {
        let layers = try Self.layers()
        #expect(layers.assignments(of: "user-7") == layers.assignments(of: "user-7"))
        // Whoever changes the hash moves every running experiment's units; these were assigned on day one.
        let found = ["user-1", "user-2", "user-3", "zoë"].map { unit in
            layers.assignments(of: unit).map { "\($0.experiment)/\($0.arm)" }.joined(separator: " ")
        }
        #expect(found == Self.dayOne)
    }

    static let dayOne = [
        "thompson/control two-rows/one", "rerank/control two-rows/one", "thompson/control two-rows/one", "two-rows/two",
    ]

    @Test("a new experiment in free buckets moves nobody")
    func appending() throws {
        let arms = [ExperimentLayers.Experiment.Arm("a", 0.5), .init("b", 0.5)]
        let first = ExperimentLayers.Experiment(name: "first", share: 0.4, arms: arms)
        let before = try ExperimentLayers([.init("layer", [first])])
        let after = try ExperimentLayers([.init("layer", [first, .init(name: "second", share: 0.6, arms: arms)])])
        for unit in Self.units.prefix(2000) {
            if let assignment = before.assignments(of: unit).first {
                #expect(after.assignments(of: unit) == [assignment])
            }
        }
    }

    @Test("what does not fit is refused")
    func refused() {
        let arms = [ExperimentLayers.Experiment.Arm("a", 0.5), .init("b", 0.5)]
        #expect(throws: ExperimentError.layerFull("l", 1.2)) {
            try ExperimentLayers([
                .init("l", [.init(name: "x", share: 0.7, arms: arms), .init(name: "y", share: 0.5, arms: arms)])
            ])
        }
        #expect(throws: ExperimentError.nameTwice("x")) {
            try ExperimentLayers([
                .init("l", [.init(name: "x", share: 0.3, arms: arms)]), .init("m", [.init(name: "x", arms: arms)]),
            ])
        }
        #expect(throws: ExperimentError.armsSum("x", 0.75)) {
            try ExperimentLayers([.init("l", [.init(name: "x", arms: [.init("a", 0.5), .init("b", 0.25)])])])
        }
        #expect(throws: ExperimentError.badArms("x")) {
            try ExperimentLayers([.init("l", [.init(name: "x", arms: [.init("a", 1)])])])
        }
    }

    /// scipy.stats.chisquare.
    @Test(
        "chi-square as scipy has it",
        arguments: [
            ([5000, 5200], [0.5, 0.5], 3.9215686274509802, 0.0476703806561615),
            ([30, 50, 20], [0.3, 0.4, 0.3], 5.833333333333334, 0.05411376622282158),
            ([9000, 1200], [0.9, 0.1], 35.294117647058826, 2.834869930488155e-9),
        ])
    func chiSquare(_ counts: [Int], _ shares: [Double], _ statistic: Double, _ pValue: Double) {
        let check = SampleRatioCheck(counts: counts, shares: shares)
        #expect(abs(check.statistic - statistic) < 1e-9)
        #expect(abs(check.pValue / pValue - 1) < 1e-9)
        #expect(check.isMismatch == (pValue < 0.001))
    }
}

@Suite("Sequential comparison")
struct SequentialComparisonTests {
    /// Of experiments looked at every 50 units, how many ever exclude the truth: by this interval, and by the
    /// fixed-sample interval that one must not peek at.
    static func misses(difference: Double, rate: Double, experiments: Int, units: Int) -> (
        sequential: Double, fixed: Double
    ) {
        let misses = WorkerPool.shared.map(experiments) { experiment in
            let random = RandomStream(seed: 6, "peeking", experiment)
            var treatment = ArmSummary()
            var control = ArmSummary()
            var missed = (sequential: false, fixed: false)
            for unit in 0..<units {
                treatment.add(random.unit(at: UInt64(2 * unit)) < rate + difference ? 1 : 0)
                control.add(random.unit(at: UInt64(2 * unit + 1)) < rate ? 1 : 0)
                guard unit >= 99, unit % 50 == 49 else { continue }
                let look = SequentialComparison(treatment: treatment, control: control, effect: 0.03)
                if difference < look.lower || look.upper < difference { missed.sequential = true }
                let deviation =
                    (treatment.variance / Double(treatment.count) + control.variance / Double(control.count))
                    .squareRoot()
                if abs(look.difference - difference) > 1.96 * deviation { missed.fixed = true }
            }
            return missed
        }
        return (
            Double(misses.count { $0.sequential }) / Double(experiments),
            Double(misses.count { $0.fixed }) / Double(experiments)
        )
    }

    @Test(
        "peeking eighty times, the truth stays inside; a fixed-sample interval loses it",
        arguments: [(0.0, 0.2), (0.04, 0.1), (-0.05, 0.5)])
    func coverage(_ difference: Double, _ rate: Double) {
        let (sequential, fixed) = Self.misses(difference: difference, rate: rate, experiments: 400, units: 4000)
        // 0.05 and two standard errors of 400 experiments.
        #expect(sequential <= 0.05 + 0.022, "sequential \(sequential)")
        #expect(fixed > 0.2, "fixed \(fixed)")
    }

    @Test("a real effect is found, with a small p")
    func power() {
        let random = RandomStream(seed: 8, "power")
        var treatment = ArmSummary()
        var control = ArmSummary()
        for unit in 0..<20_000 {
            treatment.add(random.unit(at: UInt64(2 * unit)) < 0.13 ? 1 : 0)
            control.add(random.unit(at: UInt64(2 * unit + 1)) < 0.1 ? 1 : 0)
        }
        let look = SequentialComparison(treatment: treatment, control: control, effect: 0.02)
        #expect(look.isDecided && look.lower > 0 && look.pValue < 1e-6)
        #expect(look.lower < 0.03 && 0.03 < look.upper)
    }

    @Test("nothing is said before the warm-up, and p and the interval agree")
    func edges() {
        var arm = ArmSummary()
        for value in [1.0, 0, 1, 1] { arm.add(value) }
        #expect(abs(arm.variance - 0.25) < 1e-15)
        #expect(SequentialComparison(treatment: arm, control: arm, effect: 0.1).upper == .infinity)
        var (a, b) = (ArmSummary(), ArmSummary())
        for unit in 0..<1000 {
            a.add(Double(unit % 7))
            b.add(Double(unit % 5))
        }
        for effect in [0.01, 0.1, 1] {
            let look = SequentialComparison(treatment: a, control: b, effect: effect)
            #expect(look.isDecided == (look.pValue < 0.05))
        }
        var halves = ArmSummary()
        var part = ArmSummary()
        for unit in 0..<1000 {
            part.add(Double(unit % 7))
            if unit % 333 == 0 {
                halves.add(part)
                part = ArmSummary()
            }
        }
        halves.add(part)
        #expect(
            halves.count == a.count && abs(halves.mean - a.mean) < 1e-12 && abs(halves.variance - a.variance) < 1e-9)
    }
}
