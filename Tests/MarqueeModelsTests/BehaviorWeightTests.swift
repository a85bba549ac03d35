import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime
import Testing

/// How much a network makes of each behavior, for those who ask.
@Suite struct BehaviorWeightTests {
    /// Forty users who view everything in a circle and buy what is next to it.
    private var shop: TrainingSet {
        var log = InteractionLog(
            userVocabulary: Vocabulary((0..<40).map(String.init)),
            itemVocabulary: Vocabulary((0..<30).map(String.init)),
            behaviorNames: ["view", "buy"], target: 1)
        for user in 0..<Int32(40) {
            for step in 0..<Int32(6) {
                log.users += [user, user]
                log.items += [(user + step) % 30, (user + 2 * step) % 30]
                log.behaviors += [0, 1]
            }
        }
        return TrainingSet(log: log)
    }

    private func model(_ config: ConfigValue, pool: WorkerPool = WorkerPool(workerCount: 2)) throws -> any Recommender {
        try ModelSpec("mbh-gnn", config).fit(to: shop, in: FitContext(seed: 1, pool: pool))
    }

    private func config(_ own: [String: ConfigValue]) -> ConfigValue {
        .mapping(own.merging(["factors": 4, "train": ["epochs": 2, "batch": 64, "rate": 0.05]]) { first, _ in first })
    }

    @Test(arguments: ["global", "node"])
    func weightsAddUpAreLearnedAndAreSaved(kind: String) throws {
        let fitted = try model(config(["behavior-weights": .string(kind)]))
        let weights = try #require(fitted as? any BehaviorExplaining).behaviorWeights
        #expect(weights.count == 2 && abs(weights.reduce(0, +) - 1) < 1e-5)
        #expect(weights.allSatisfy { $0 > 0 && $0 < 1 } && weights[0] != 0.5)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "marquee-weights-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try SavedModel(model: fitted, data: shop).write(to: folder)
        let loaded = try SavedModel(contentsOf: folder).model
        #expect((loaded as? any BehaviorExplaining)?.behaviorWeights == weights)
    }

    /// One user in eight buys. Where absent behaviors take their share of β, most nodes give some of it away to
    /// nothing; where they are left out, a node without buys gives all of it to views.
    @Test func absentBehaviorsTakeNoShare() throws {
        var log = shop.log
        log = log.selecting(log.users.indices.filter { log.behaviors[$0] == 0 || log.users[$0] % 8 == 0 })
        let data = TrainingSet(log: log)
        func weights(_ leavesOut: Bool) throws -> [Float] {
            let model = try ModelSpec("mbh-gnn", config(["leaves-out-absent": .bool(leavesOut), "hops": 0])).fit(
                to: data, in: FitContext(seed: 1, pool: WorkerPool(workerCount: 2)))
            return try #require(model as? any BehaviorExplaining).behaviorWeights
        }
        let (left, shared) = (try weights(true), try weights(false))
        #expect(left[1] < shared[1] && abs(left[0] + left[1] - 1) < 1e-5)
    }

    @Test(arguments: [["multi-behavior": false], ["layers": 0]] as [[String: ConfigValue]])
    func aNetworkWithoutThemHasNone(switches: [String: ConfigValue]) throws {
        let fitted = try model(config(switches))
        #expect((fitted as? any BehaviorExplaining)?.behaviorWeights == [])
    }
}
