internal import Foundation
internal import MarqueeData
internal import MarqueeTensor

/// Steps over pairs: positives and negatives that are sampled for them, by one of three losses. An epoch's samples are
/// labeled pairs, (liked, unseen) pairs or groups of a positive and its negatives.
struct PairSteps<Network: ScoringNetwork>: StepSource {
    let network: Network
    private let sampler: NegativeSampler
    private let training: TrainingConfig

    /// - Parameter positives: what is learned; negatives are what a user has not among them.
    init(_ network: Network, positives: InteractionMatrix, training: TrainingConfig, seed: UInt64) {
        self.network = network
        self.training = training
        sampler = NegativeSampler(
            positives, negatives: training.negatives,
            distribution: training.popularity == 0 ? .uniform : .popularity(exponent: training.popularity),
            samplingUnit: training.samplingUnit, seed: seed)
    }

    /// The entropy of the labels, or of a choice among the group.
    var baselineLoss: Double? {
        let group = Double(1 + training.negatives)
        return switch training.loss {
        case .logistic: log(group) - (group - 1) / group * log(group - 1)
        case .bpr: log(2)
        case .softmax: log(group)
        }
    }

    private var samplesPerEpoch: Int {
        switch training.loss {
        case .logistic: sampler.count
        case .bpr: sampler.pairCount
        case .softmax: sampler.groupCount
        }
    }

    private var samplesPerStep: Int {
        training.loss == .softmax ? max(1, training.batch / (1 + training.negatives)) : training.batch
    }

    var stepsPerEpoch: Int { (samplesPerEpoch + samplesPerStep - 1) / samplesPerStep }
    var stepsBetweenReports: Int { max(1, 131_072 / training.batch) }

    func sampleCount(of step: Int, epoch: Int) -> Int {
        min(samplesPerStep, samplesPerEpoch - step * samplesPerStep)
    }

    func loss(of step: TrainingStep, _ tape: Tape) -> Double {
        let first = step.index * samplesPerStep
        let shard = step.shard(of: step.sampleCount)
        let range = first + shard.lowerBound..<first + shard.upperBound
        switch training.loss {
        case .logistic: return logistic(range, epoch: step.epoch, tape)
        case .bpr: return bpr(range, epoch: step.epoch, tape)
        case .softmax: return softmax(range, epoch: step.epoch, tape)
        }
    }

    private func logistic(_ range: Range<Int>, epoch: Int, _ tape: Tape) -> Double {
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
    private func bpr(_ range: Range<Int>, epoch: Int, _ tape: Tape) -> Double {
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

    private func softmax(_ range: Range<Int>, epoch: Int, _ tape: Tape) -> Double {
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
