import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

/// Fits that learn nothing, and the default that keeps iALS from it.
@Suite struct CollapseTests {
    static func curve(_ losses: [Double], baseline: Double? = nil) -> [EpochRecord] {
        losses.enumerated().map { EpochRecord(epoch: $0 + 1, loss: $1, baseline: baseline, samples: 1, seconds: 1) }
    }

    @Test func aLossThatStaysWhereItBeganIsTold() {
        #expect(Self.curve([1.0004, 1, 1], baseline: 1).collapse?.contains("over 3 epochs") == true)
        #expect(Self.curve([0.6931, 0.6931], baseline: 0.6931).collapse != nil)
        // It fell, it learned before its first epoch ended, or one epoch tells nothing.
        #expect(Self.curve([1.0004, 0.9, 0.8], baseline: 1).collapse == nil)
        #expect(Self.curve([0.3402, 0.3389], baseline: 0.5004).collapse == nil)
        #expect(Self.curve([1], baseline: 1).collapse == nil)
        // Where nothing is known of a baseline, three equal losses are.
        #expect(Self.curve([4, 4, 4]).collapse != nil)
        #expect(Self.curve([4, 4]).collapse == nil && Self.curve([4, 3.9, 3.9]).collapse == nil)
        #expect([EpochRecord]().collapse == nil)
    }

    /// 10,000 users in 500 tastes of 20 items, five of them each.
    static let sparse: TrainingSet = {
        var random = RandomStream(seed: 5, "tastes")
        var log = InteractionLog(
            userVocabulary: Vocabulary((0..<10_000).map(String.init)),
            itemVocabulary: Vocabulary((0..<10_000).map(String.init)))
        for user in 0..<10_000 as Range<Int32> {
            for item in (0..<20).map({ Int32($0) }).shuffled(using: &random).prefix(5) {
                log.users.append(user)
                log.items.append(user % 500 * 20 + item)
            }
        }
        return TrainingSet(log: log)
    }()

    /// The curve of a fit, and how many of each user's taste are among the 15 best that they have not touched.
    private func fit(_ config: IALS.Config) throws -> (curve: [EpochRecord], found: Double) {
        let curve = Curve()
        let model = try IALS.fit(
            config, to: Self.sparse, in: FitContext { record in curve.records.append(record) })
        let users = (0..<200 as Range<Int32>).map { $0 * 50 }
        let top = try model.topK(15, for: users, excluding: Self.sparse.interactions)
        let right = users.enumerated().reduce(0) { sum, user in
            sum + top[user.offset].count { $0 / 20 == user.element % 500 }
        }
        return (curve.records, Double(right) / Double(15 * users.count))
    }

    private final class Curve: @unchecked Sendable {  // Unchecked: epochs end one after the other.
        var records: [EpochRecord] = []
    }

    @Test func onSparseDataTheDefaultLearnsWhatTheWeightOfML1MCannot() throws {
        let own = try fit(IALS.Config())
        #expect(own.curve.collapse == nil && own.found > 0.9, "found \(own.found)")
        let fixed = try fit(IALS.Config { $0.unobservedWeight = 0.3 })
        #expect(fixed.curve.collapse != nil, "\(fixed.curve)")
    }

    @Test func theDefaultFollowsTheDataAndTheFitSaysWhatItWas() throws {
        let model = try IALS.fit(IALS.Config { $0.epochs = 1 }, to: Self.sparse, in: FitContext())
        // 7 × 5 of 10,000 items.
        #expect(abs((model.config.unobservedWeight ?? 0) - 0.0035) < 1e-6)
        #expect(try model.spec().config == ModelSpec(IALS.self, model.config).config)
        // As dense as ML-1M, and denser: what it was tuned to there.
        let dense = RecommenderBehaviorTests.camps.data.interactions
        #expect(IALS.Config().resolved(for: dense).unobservedWeight == 0.3)
        #expect(IALS.Config { $0.unobservedWeight = 0.02 }.resolved(for: dense).unobservedWeight == 0.02)
    }
}
