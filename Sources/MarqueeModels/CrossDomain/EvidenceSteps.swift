internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// Steps over groups of a positive and negatives of its domain that the person has not touched, by cross entropy.
struct EvidenceSteps<Network: EvidenceNetwork>: StepSource {
    let network: Network
    private let positives: [(user: Int32, item: Int32)]
    /// What is asked in training.
    struct Questions {
        /// At most so many a person.
        var positives: Int
        /// The share in which the person's whole history in the item's domain is hidden.
        var cold: Float = 0
        /// Whether only people who are known in several domains are asked for.
        var sharedOnly = false
        /// λ of λ/2 · g² over gates.
        var gateCost: Float = 0
    }

    private let questions: Questions
    private let training: TrainingConfig
    private let stream: RandomStream

    init(_ network: Network, _ questions: Questions, _ training: TrainingConfig, seed: UInt64) {
        self.network = network
        (self.questions, self.training) = (questions, training)
        stream = RandomStream(seed: seed, "transfer groups")
        let evidence = network.evidence
        var drawing = RandomStream(seed: seed, "positives")
        positives = (0..<Int32(evidence.userCount)).flatMap { user -> [(user: Int32, item: Int32)] in
            var items = Array(evidence.history[user])
            guard
                let first = items.first,
                !questions.sharedOnly || evidence.views.count == 1
                    || items.contains(where: { evidence.domains[Int($0)] != evidence.domains[Int(first)] })
            else { return [] }
            let count = min(questions.positives, items.count)
            items.shuffleFront(count, &drawing)
            return items.prefix(count).map { (user, $0) }
        }
    }

    private var groupsPerStep: Int { max(1, training.batch / (1 + training.negatives)) }
    var stepsPerEpoch: Int { (positives.count + groupsPerStep - 1) / groupsPerStep }
    var stepsBetweenReports: Int { 8 }
    var baselineLoss: Double? { log(Double(1 + training.negatives)) }
    func sampleCount(of step: Int, epoch: Int) -> Int { min(groupsPerStep, positives.count - step * groupsPerStep) }

    func loss(of step: TrainingStep, _ tape: Tape) -> Double {
        let evidence = network.evidence
        var (answers, candidates) = ([TransferEvidence.Answer](), [[Int32]]())
        for k in step.shard(of: step.sampleCount) {
            let (user, item) = positives[place(step.index * groupsPerStep + k, epoch: step.epoch)]
            var draws = RandomStream(
                key: stream[UInt64(step.epoch) << 40 | UInt64(step.index * groupsPerStep + k)])
            let view = evidence.views[Int(evidence.domains[Int(item)])]
            var group = [item]
            for _ in 0..<training.negatives {
                var negative = view.items[Int(draws.next() % UInt64(view.items.count))]
                for _ in 0..<8 where evidence.history.contains(user, negative) {
                    negative = view.items[Int(draws.next() % UInt64(view.items.count))]
                }
                group.append(negative)
            }
            let isElsewhere = evidence.history[user].contains { view.indices[Int($0)] < 0 }
            let question = TransferEvidence.Question(
                user: user, history: Array(evidence.history[user]),
                hidden: .init(item: item, wholeDomain: isElsewhere && draws.nextUnit() < Double(questions.cold)))
            answers.append(
                evidence.answer(
                    question, domain: Int(evidence.domains[Int(item)]), candidates: group,
                    nearest: network.nearest(isTraining: true)))
            candidates.append(group)
        }
        let (logits, gates) = network.logits(answers, candidates, tape)
        var loss = tape.softmaxCrossEntropy(
            tape.reshape(logits, rows: answers.count, columns: 1 + training.negatives))
        if let gates, questions.gateCost > 0 { loss += tape.squaredNorm(gates, weight: questions.gateCost) }
        return loss
    }

    /// The epoch's order: every positive once, by a step that shares no factor with their number.
    private func place(_ index: Int, epoch: Int) -> Int {
        let count = positives.count
        var step = Int(stream[UInt64(epoch)] % UInt64(count))
        while Self.commonFactor(step, count) != 1 { step += 1 }
        return Int((UInt64(index) * UInt64(step) + stream[UInt64(epoch) << 20] % UInt64(count)) % UInt64(count))
    }

    private static func commonFactor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : commonFactor(b, a % b) }
}

extension TrainingConfig {
    /// As networks over evidence begin: groups of a positive and 63 negatives.
    static var evidence: TrainingConfig {
        TrainingConfig {
            $0.epochs = 5
            $0.batch = 4096
            $0.negatives = 63
            $0.rate = 0.005
            $0.loss = .softmax
            $0.cosine = true
        }
    }
}
