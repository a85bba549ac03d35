import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime

extension Benchmark {
    /// Sequence networks of their papers' shapes on MovieLens 1M, at most 200 events a person, and one person's list from
    /// a catalog of 100,000.
    static let sequences = Benchmark(
        name: "sequences",
        summary: "sequences: ml-1m, histories of at most 200 events, batch 128, one thread; limit: sgemm at the "
            + "networks' shapes, attention left out",
        contests: [
            transformer("sasrec", width: 50, .logistic), transformer("sasrec-softmax", width: 64, .softmax), lstm,
            retrieval,
        ])

    private static let length = 200
    private static let batch = 128

    // MARK: Training

    private static func transformer(_ name: String, width: Int, _ loss: NextItemObjective.Loss) -> Contest {
        contest(
            name, network: "sasrec", forms: ["padded", "fused", "buckets"], width: width, loss,
            // Of each of two layers: queries, keys, values, output and a feed-forward network as wide.
            widths: [Int](repeating: width, count: 13)
        ) { data, stopwatch in
            let config = SASRec.Config {
                $0.width = width
                $0.length = length
                $0.objective = NextItemObjective(loss)
                $0.train.batch = batch
            }
            _ = try SequenceModel<SASRec>.fit(config, to: data, in: context(stopwatch))
        }
    }

    /// The long-term part of MUMA's encoder, whose cell decays with time; the peer's does not, to its advantage.
    private static let lstm = contest(
        "lstm", network: "lstm", forms: ["padded", "buckets"], width: 100, .logistic, widths: [200, 400]
    ) { data, stopwatch in
        let config = MUMAEncoder.Config {
            $0.width = 100
            ($0.length, $0.window) = (length, length)
            $0.parts = .long
            $0.memory = MemoryConfig()
            $0.objective = NextItemObjective(.logistic)
            $0.train.batch = batch
        }
        _ = try SequenceModel<MUMAEncoder>.fit(config, to: data, in: context(stopwatch))
    }

    private static func context(_ stopwatch: Stopwatch) -> FitContext {
        FitContext(pool: WorkerPool(workerCount: 1), progress: stopwatch)
    }

    private static func contest(
        _ name: String, network: String, forms: [String], width: Int, _ loss: NextItemObjective.Loss, widths: [Int],
        fit: @escaping @Sendable (TrainingSet, Stopwatch) throws -> Void
    ) -> Contest {
        let peers = forms.map { form in
            Peer(name: "PyTorch, \(form)", script: "sequences.py") {
                [
                    place(in: $0).path, "--network", network, "--form", form, "--width", "\(width)", "--loss",
                    loss.rawValue, "--batch", "\(batch)", "--threads", "1",
                ]
            }
        }
        var rows = [
            Row(
                "\(name), best of PyTorch", "samples_per_second", unit: "events/s", better: .more,
                against: peers.map(\.name), limit: "sgemm_samples_per_second")
        ]
        if forms.count > 2 {
            rows.append(
                Row(
                    "\(name), PyTorch as usual", "samples_per_second", unit: "events/s", better: .more,
                    against: ["PyTorch, padded"]))
        }
        return Contest(
            name: name, prepare: prepare,
            ours: { workspace in
                let data = TrainingSet(log: try log(in: workspace))
                let stopwatch = Stopwatch(warmUp: .seconds(3), duration: .seconds(12))
                do { try fit(data, stopwatch) } catch is Interrupted { Interruption.reset() }
                let pool = WorkerPool(workerCount: 1)
                let network = SgemmLimit(widths: widths, batch: 4096).samplesPerSecond(pool: pool, trials: 3, steps: 8)
                let items = data.itemCount
                // A softmax compares every state with every item, which is another layer.
                let output =
                    loss == .softmax
                    ? SgemmLimit(widths: [width, items], batch: 512).samplesPerSecond(pool: pool, trials: 3, steps: 4)
                    : .infinity
                return [
                    "samples_per_second": stopwatch.unitsPerSecond,
                    "sgemm_samples_per_second": 1 / (1 / network + 1 / output),
                ]
            }, peers: peers, rows: rows)
    }

    private static func place(in workspace: Workspace) -> URL { workspace.folder.appendingPathComponent("sequences") }

    /// The newest events of every history, one after the other, where each begins, and how many items there are.
    private static func prepare(_ workspace: Workspace) throws {
        let place = place(in: workspace)
        try workspace.once(place, "shape.npy") {
            let log = try World.ml1M.log(scale: 1)
            let kept = InteractionMatrix(log).columnCounts().map { $0 >= 5 }
            var number: [Int32: Int32] = [:]
            let histories = UserHistories(log)
            var (offsets, items, times) = ([Int64(0)], [Int32](), [Int64]())
            for user in 0..<Int32(histories.userCount) {
                let own = histories[user].filter { kept[Int($0.item)] }.suffix(length + 1)
                for event in own {
                    let item = number[event.item] ?? Int32(number.count)
                    number[event.item] = item
                    items.append(item)
                    times.append(event.time)
                }
                offsets.append(Int64(items.count))
            }
            try NumpyFile.write(offsets, to: place.appendingPathComponent("offsets.npy"))
            try NumpyFile.write(items, to: place.appendingPathComponent("items.npy"))
            try NumpyFile.write(times, to: place.appendingPathComponent("times.npy"))
            try NumpyFile.write([Int64(number.count)], to: place.appendingPathComponent("shape.npy"))
        }
    }

    /// The log that ``prepare(_:)`` wrote.
    private static func log(in workspace: Workspace) throws -> InteractionLog {
        let place = place(in: workspace)
        let offsets: [Int64] = try NumpyFile.read(place.appendingPathComponent("offsets.npy"))
        let items: [Int64] = try NumpyFile.read(place.appendingPathComponent("shape.npy"))
        var users: [Int32] = []
        for user in 0..<offsets.count - 1 {
            users += Array(repeating: Int32(user), count: Int(offsets[user + 1] - offsets[user]))
        }
        return InteractionLog(
            users: users, items: try NumpyFile.read(place.appendingPathComponent("items.npy")),
            timestamps: try NumpyFile.read(place.appendingPathComponent("times.npy")),
            userVocabulary: Vocabulary((0..<offsets.count - 1).map { "\($0 + 1)" }),
            itemVocabulary: Vocabulary((0..<items[0]).map { "\($0 + 1)" }))
    }

    // MARK: Retrieval

    private static let retrieval = Contest(
        name: "retrieval", prepare: { _ in },
        ours: { _ in
            var figures: Figures = ["limit_ms": 10]
            for (name, times) in [
                ("sasrec", try answerTimes(SASRec.self) { _ in }), ("muma", try answerTimes(MUMAEncoder.self) { _ in }),
            ] {
                let sorted = times.sorted()
                figures["\(name)_p50_ms"] = 1000 * sorted[sorted.count / 2]
                figures["\(name)_p99_ms"] = 1000 * sorted[sorted.count * 99 / 100]
            }
            return figures
        }, peers: [],
        rows: ["sasrec", "muma"].flatMap { name in
            ["p50", "p99"].map {
                Row(
                    "\(name), ten of 100,000 from 200 events, \($0)", "\(name)_\($0)_ms", unit: "ms", better: .less,
                    against: [], limit: "limit_ms")
            }
        })

    /// Seconds that each of 400 answers took, one after the other: the best ten of 100,000 items from 200 events, which
    /// are not recommended.
    private static func answerTimes<Network: SequenceNetwork>(
        _ network: Network.Type, _ change: (inout Network.Config) -> Void
    ) throws -> [Double] {
        let items = 100_000, stream = RandomStream(seed: 1, "retrieval")
        func history(_ person: Int) -> [Int32] {
            (0..<length).map { Int32(stream.integer(at: UInt64(person * length + $0), below: items)) }
        }
        // A few teach it, others ask.
        let people = 20, asked = 420
        func log(_ people: Range<Int>) -> InteractionLog {
            InteractionLog(
                users: people.indices.flatMap { Array(repeating: Int32($0 - people.lowerBound), count: length) },
                items: people.flatMap(history), userVocabulary: Vocabulary(people.map { "\($0)" }),
                itemVocabulary: Vocabulary((0..<items).map { "\($0)" }))
        }
        var config = Network.Config()
        change(&config)
        config.train.epochs = 1
        config.objective = NextItemObjective(config.memory.counts.isEmpty ? .logistic : .softmax)
        let model = try SequenceModel<Network>.fit(
            config, to: TrainingSet(log: log(0..<people)), in: FitContext(pool: WorkerPool(workerCount: 1)))
        let histories = UserHistories(log(people..<people + asked))
        let seen = histories.matrix(itemCount: items)
        let answers = model.answering(histories), pool = WorkerPool(workerCount: 1)
        return try (0..<Int32(asked)).map { person in
            let start = ContinuousClock.now
            let list = try answers.topK(10, for: [person], excluding: seen, pool: pool)
            precondition(list[0].count == 10)
            return (ContinuousClock.now - start) / .seconds(1)
        }.suffix(400)
    }
}
