internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// The steps of an epoch: which instances each step takes and what loss it puts on them.
struct PairSteps: Sendable {
    let sampler: NegativeSampler
    let training: TrainingConfig

    /// Instances an epoch: labeled pairs, (liked, unseen) pairs or groups, by the loss.
    var instances: Int {
        switch training.loss {
        case .logistic: sampler.count
        case .bpr: sampler.pairCount
        case .softmax: sampler.groupCount
        }
    }

    var instancesPerStep: Int {
        training.loss == .softmax ? max(1, training.batch / (1 + training.negatives)) : training.batch
    }

    /// Steps an epoch.
    var count: Int { (instances + instancesPerStep - 1) / instancesPerStep }

    /// Samples this worker's shard of a step, computes the loss and leaves its gradient on the tape.
    /// Returns the shard's sum of losses.
    func forward(
        _ step: Int, epoch: Int, network: some ScoringNetwork, tape: Tape, pool: WorkerPool, stream: RandomStream
    ) -> Double {
        let lower = step * instancesPerStep
        let size = min(instancesPerStep, instances - lower)
        let shard = pool.shard(tape.worker, of: size)
        let range = lower + shard.lowerBound..<lower + shard.upperBound
        tape.begin(batchCount: size, stream: stream)
        switch training.loss {
        case .logistic: return logistic(range, epoch: epoch, network: network, tape: tape)
        case .bpr: return bpr(range, epoch: epoch, network: network, tape: tape)
        case .softmax: return softmax(range, epoch: epoch, network: network, tape: tape)
        }
    }

    private func logistic(_ range: Range<Int>, epoch: Int, network: some ScoringNetwork, tape: Tape) -> Double {
        let n = range.count
        let (users, items, labels) = (tape.indices(n), tape.indices(n), tape.constant(rows: n))
        users.fill { users in
            items.fill { items in
                labels.fill { sampler.fill(range, epoch: epoch, users: &users, items: &items, labels: &$0) }
            }
        }
        let logits = network.logits(PairBatch(users: users, items: items), tape)
        return tape.binaryCrossEntropy(logits, labels: labels)
    }

    /// -log σ(z⁺ - z⁻) is the cross entropy of the liked one of two; liked and unseen go through the network
    /// side by side.
    private func bpr(_ range: Range<Int>, epoch: Int, network: some ScoringNetwork, tape: Tape) -> Double {
        let n = range.count
        let (heads, liked, unseen) = (tape.indices(n), tape.indices(n), tape.indices(n))
        heads.fill { heads in
            liked.fill { liked in
                unseen.fill { sampler.fillPairs(range, epoch: epoch, users: &heads, liked: &liked, unseen: &$0) }
            }
        }
        let (users, items) = (tape.indices(2 * n), tape.indices(2 * n))
        users.fill { for k in 0..<$0.count { $0[k] = heads[k / 2] } }
        items.fill { for k in 0..<$0.count { $0[k] = k % 2 == 0 ? liked[k / 2] : unseen[k / 2] } }
        let logits = network.logits(PairBatch(users: users, items: items), tape)
        return tape.softmaxCrossEntropy(tape.reshape(logits, rows: n, columns: 2))
    }

    private func softmax(_ range: Range<Int>, epoch: Int, network: some ScoringNetwork, tape: Tape) -> Double {
        let width = 1 + training.negatives
        let heads = tape.indices(range.count)
        let items = tape.indices(range.count * width)
        heads.fill { heads in
            items.fill { sampler.fillGroups(range, epoch: epoch, users: &heads, items: &$0) }
        }
        let users = tape.indices(range.count * width)
        users.fill { for k in 0..<$0.count { $0[k] = heads[k / width] } }
        let logits = network.logits(PairBatch(users: users, items: items), tape)
        return tape.softmaxCrossEntropy(tape.reshape(logits, rows: range.count, columns: width))
    }
}
