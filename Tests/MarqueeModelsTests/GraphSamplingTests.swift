import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

/// Steps of a graph network that see a sample of what surrounds the batch, instead of the whole graph.
@Suite struct GraphSamplingTests {
    /// Sixty users who view, cart and buy at random; no node has more than 40 neighbors of a behavior.
    private static let shop: TrainingSet = {
        var log = InteractionLog(
            userVocabulary: Vocabulary((0..<60).map(String.init)),
            itemVocabulary: Vocabulary((0..<40).map(String.init)),
            behaviorNames: ["view", "cart", "buy"], target: 2)
        var stream = RandomStream(seed: 3, "shop")
        for user in 0..<Int32(60) {
            for (behavior, count) in [(UInt8(0), 12), (1, 5), (2, 3)] {
                for _ in 0..<count {
                    log.users.append(user)
                    log.items.append(Int32(stream.next() % 40))
                    log.behaviors.append(behavior)
                    log.timestamps.append(Int64(stream.next() % 1000))
                }
            }
        }
        let catalog = Catalog(
            items: (0..<40).map {
                Catalog.Item(title: "\($0)", year: 1990 + $0, genres: $0 % 3 == 0 ? ["War"] : ["Musical", "Drama"])
            })
        return TrainingSet(log: log, catalog: catalog)
    }()

    /// Scores of all pairs after two epochs.
    private func scores(_ own: [String: ConfigValue], seed: UInt64 = 1, workers: Int = 2) throws -> [Float] {
        let base: [String: ConfigValue] = [
            "factors": 16, "dropout": 0, "train": ["epochs": 2, "batch": 64, "rate": 0.01, "messages": "float32"],
        ]
        let model = try ModelSpec("mbh-gnn", .mapping(own.merging(base) { first, _ in first })).fit(
            to: Self.shop, in: FitContext(seed: seed, pool: WorkerPool(workerCount: workers)))
        return (0..<Int32(60)).flatMap { model.scores(user: $0) }
    }

    @Test(
        "a sample of all neighbors is the whole graph",
        arguments: [
            [:], ["layers": 1, "hops": 0], ["layers": 0, "hops": 2], ["attention": false],
            ["behavior-weights": "global", "hop-weights": "global"],
            ["multi-behavior": false], ["metadata": false],
        ] as [[String: ConfigValue]], [1, 2])
    func everybody(_ switches: [String: ConfigValue], workers: Int) throws {
        let whole = try scores(switches, workers: workers)
        let sampled = try scores(switches.merging(["neighbors": 1000]) { $1 }, workers: workers)
        #expect(zip(whole, sampled).allSatisfy { abs($0 - $1) < 1e-4 * max(1, abs($0)) })
        #expect(Set(whole).count > 1000)
    }

    @Test func fewNeighborsTrainAnotherModelTheSameEachTime() throws {
        let few = try scores(["neighbors": 2, "dropout": 0.3])
        let (again, other, more) = (
            try scores(["neighbors": 2, "dropout": 0.3]), try scores(["neighbors": 2, "dropout": 0.3], seed: 2),
            try scores(["neighbors": 3, "dropout": 0.3])
        )
        #expect(again == few && other != few && more != few)
        #expect(few.allSatisfy { $0.isFinite })
    }
}
