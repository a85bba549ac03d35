import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

/// A graph network whose pairs are scored by a head instead of an inner product.
@Suite struct PairHeadTests {
    private static let spec: ConfigValue = [
        "factors": 8, "layers": 1, "hops": 1, "dropout": 0, "score": "mlp",
        "train": ["epochs": 60, "batch": 8, "rate": 0.01],
    ]

    @Test(arguments: [0, 1000]) func itLearnsTheObviousOnTheWholeGraphAndOnSamples(neighbors: Int) throws {
        guard case .mapping(var config) = Self.spec else { return }
        config["neighbors"] = .integer(neighbors)
        let (data, missing) = RecommenderBehaviorTests.camps
        let model = try ModelSpec("mbh-gnn", .mapping(config)).fit(
            to: data, in: FitContext(seed: 1, pool: WorkerPool(workerCount: 2)))
        let right = missing.enumerated().filter { user, item in
            let scores = model.scores(user: Int32(user))
            let camp = item < 5 ? 0..<5 : 5..<10
            return (0..<10).allSatisfy { camp.contains($0) || scores[$0] < scores[Int(item)] }
        }
        #expect(right.count >= 18)
    }

    @Test func aSavedHeadScoresTheSame() throws {
        let data = RecommenderBehaviorTests.camps.data
        let model = try ModelSpec("mbh-gnn", Self.spec).fit(
            to: data, in: FitContext(seed: 1, pool: WorkerPool(workerCount: 2)))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-head-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try SavedModel(model: model, data: data).write(to: folder)
        let loaded = try SavedModel(contentsOf: folder).model
        for user in 0..<Int32(20) {
            let (all, some) = (model.scores(user: user), model.scores(user: user, candidates: [3, 7]))
            #expect(loaded.scores(user: user) == all)
            #expect(loaded.scores(user: user, candidates: [3, 7]) == some)
            // A product of two rows is summed in another order than one of many, by some of OpenBLAS's kernels.
            #expect(zip(some, [all[3], all[7]]).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($1)) })
        }
    }
}
