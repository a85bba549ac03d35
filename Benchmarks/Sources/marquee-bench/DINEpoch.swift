import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Synchronization

/// DIN on histories of one length: how many candidates a second it trains on, and how long 500 candidates of one person
/// take to score. Two 64-wide layers in the activation unit, item and category 16 wide each, PReLU, on one core.
///
/// Both sides have the same network, batches of 256 candidates and as many events. Ours lets a positive and its negative
/// share their history, as it does wherever candidates of one question come together.
enum DINEpoch {
    static let (items, categories, length, users) = (20_000, 100, 50, 600)

    static let contest = Contest(
        name: "DIN", prepare: { _ in }, ours: { _ in try measure() },
        peers: [Peer(name: "PyTorch", script: "din.py") { _ in ["--threads", "1"] }],
        rows: [
            Row("DIN, training", "samples_per_second", unit: "candidates/s", better: .more, against: ["PyTorch"]),
            Row("DIN, 500 candidates", "score_seconds", unit: "s", better: .less, against: ["PyTorch"]),
        ])

    /// People with as many events more than a history that each of their newest has one of full length.
    static func data() -> TrainingSet {
        var log = InteractionLog(
            userVocabulary: Vocabulary(integers: 0..<Int64(users)),
            itemVocabulary: Vocabulary(integers: 0..<Int64(items)),
            behaviorNames: ["see", "click"], target: 1)
        var random = RandomStream(seed: 1, "din")
        for user in 0..<users {
            for event in 0..<length + 10 {
                log.users.append(Int32(user))
                log.items.append(Int32(random.integer(at: random.next(), below: items)))
                // What is learned from are the last ten.
                log.behaviors.append(event < length ? 0 : 1)
                log.timestamps.append(Int64(event + 1) * 3_600_000)
            }
        }
        let catalog = Catalog(items: (0..<items).map { .init(title: "\($0)", genres: ["\($0 % categories)"]) })
        return TrainingSet(log: log, catalog: catalog)
    }

    static func measure() throws -> Figures {
        let config: ConfigValue = [
            "inputs": ["length": 50, "signals": [], "fields": ["item"], "behaviors": "all"],
            "objective": ["dwell": 0], "regularization": 0, "train": ["epochs": 3, "batch": 256, "negatives": 1],
        ]
        let paces = Mutex<[Double]>([])
        let data = data()
        let pool = WorkerPool(workerCount: 1)
        let model = try ModelSpec("din", config).fit(
            to: data,
            in: FitContext(seed: 1, pool: pool) { record in
                paces.withLock { $0.append(Double(record.samples) / record.seconds) }
            })
        guard let scorer = model.historyScorer else { return [:] }
        let query = Query(
            history: UserHistories(data.log)[0].suffix(length),
            context: RequestContext(time: Int64(length + 20) * 3_600_000), candidates: (0..<500).map { Int32($0 * 7) })
        let times = (0..<30).map { _ in
            let start = ContinuousClock.now
            _ = scorer.scores(query)
            return (ContinuousClock.now - start) / .seconds(1)
        }
        // The first epoch allocates.
        return [
            "samples_per_second": paces.withLock { $0.dropFirst().max() ?? 0 }, "score_seconds": times.sorted()[15],
        ]
    }
}
