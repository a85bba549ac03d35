import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime
import MarqueeTensor
import Synchronization

/// The steps of a graph network's first epoch, as `fit` takes them: BPR, Adam, one negative.
///
/// Both sides start from the same parameters and see the same batches; ours draws them as it goes, the
/// peer reads what ``write(_:to:)`` wrote.
struct GraphEpoch<Network: GraphNetwork> {
    let network: Network
    let training: TrainingConfig
    private let sampler: NegativeSampler
    private let pool: WorkerPool
    private static var seed: UInt64 { 1 }
    /// Pairs of the second epoch, on which the loss after the first is taken.
    private static var probe: Int { 16_384 }

    init(_ config: Network.Config, data: TrainingSet, pool: WorkerPool = .shared) throws {
        network = try Network(config, data: data, pool: pool, stream: RandomStream(seed: Self.seed, "parameters"))
        training = config.train
        sampler = NegativeSampler(network.positives ?? data.interactions, negatives: 1, seed: Self.seed)
        self.pool = pool
    }

    /// Steps an epoch.
    var count: Int { (sampler.pairCount + training.batch - 1) / training.batch }

    /// The steps of a share of the epoch.
    func steps(share: Double) -> Int { max(1, Int(Double(count) * share)) }

    /// Trains so many steps. `seconds` are an epoch's at the pace of all steps but the first, which allocates;
    /// `loss` is the mean over the steps, `loss_after` that of other pairs afterwards, without dropout.
    func train(steps: Int) throws -> Figures {
        let crew = Crew(pool: pool, messages: training.messages)
        let optimizer = Optimizer(Optimizer.Options(), for: ModuleParameters(of: network), crew: crew)
        var loss = run(0..<1, crew, optimizer)
        let start = ContinuousClock.now
        loss += run(1..<max(steps, 1), crew, optimizer)
        let seconds = (ContinuousClock.now - start) / .seconds(1) / Double(max(steps - 1, 1))
        let pairs = min(steps * training.batch, sampler.pairCount)
        return [
            "seconds": seconds * Double(count), "step_seconds": seconds, "loss": loss / Double(pairs),
            "peak_bytes": Double(ProcessMemory.peakBytes()), "loss_after": probeLoss(),
        ]
    }

    /// The sum of the losses of `steps`.
    private func run(_ steps: Range<Int>, _ crew: Crew, _ optimizer: Optimizer) -> Double {
        let losses = Mutex([Double](repeating: 0, count: crew.workerCount))
        crew.run { tape in
            var sum = 0.0
            for step in steps {
                let first = step * training.batch
                let size = min(training.batch, sampler.pairCount - first)
                let shard = pool.shard(tape.worker, of: size)
                let batch = pairs(first + shard.lowerBound..<first + shard.upperBound, epoch: 0)
                tape.begin(batchCount: size, stream: RandomStream(seed: Self.seed, "step", step))
                let users = tape.indices(batch.users.flatMap { [$0, $0] })
                let items = tape.indices(zip(batch.liked, batch.unseen).flatMap { [$0, $1] })
                let logits = network.logits(PairBatch(users: users, items: items), tape)
                sum += tape.softmaxCrossEntropy(tape.reshape(logits, rows: shard.count, columns: 2))
                tape.backward()
                optimizer.update(tape)
            }
            losses.withLock { [sum] in $0[tape.worker] = sum }
        }
        return losses.withLock { $0.reduce(0, +) }
    }

    private func pairs(_ range: Range<Int>, epoch: Int) -> (users: [Int32], liked: [Int32], unseen: [Int32]) {
        var users = [Int32](repeating: 0, count: range.count)
        var (liked, unseen) = (users, users)
        var userSpan = users.mutableSpan
        var likedSpan = liked.mutableSpan
        var unseenSpan = unseen.mutableSpan
        sampler.fillPairs(range, epoch: epoch, users: &userSpan, liked: &likedSpan, unseen: &unseenSpan)
        return (users, liked, unseen)
    }

    private func probeLoss() -> Double {
        guard let factors = network.factors() else { return .nan }
        let probe = pairs(0..<min(Self.probe, sampler.pairCount), epoch: 1)
        func score(_ user: Int32, _ item: Int32) -> Double {
            (0..<factors.rank).reduce(0) {
                $0 + Double(factors.userFactors[Int(user) * factors.rank + $1])
                    * Double(factors.itemFactors[Int(item) * factors.rank + $1])
            }
        }
        let losses = probe.users.indices.map { k in
            let margin = score(probe.users[k], probe.liked[k]) - score(probe.users[k], probe.unseen[k])
            return log1p(exp(-abs(margin))) + max(-margin, 0)
        }
        return losses.reduce(0, +) / Double(max(losses.count, 1))
    }

    /// The starting parameters, and the pairs of the epoch and of the probe: users, liked, unseen.
    func write(to place: URL) throws {
        try Safetensors(tensors: ModuleParameters(of: network).tensors())
            .write(to: place.appendingPathComponent("start.safetensors"))
        try NumpyFile.write(
            [Int64(network.nodes.userCount), Int64(network.nodes.itemCount)],
            to: place.appendingPathComponent("shape.npy"))
        for (name, count, epoch) in [("probe", min(Self.probe, sampler.pairCount), 1), ("pairs", sampler.pairCount, 0)]
        {
            let (users, liked, unseen) = pairs(0..<count, epoch: epoch)
            try NumpyFile.write(
                users + liked + unseen, shape: [3, count], to: place.appendingPathComponent("\(name).npy"))
        }
    }
}
