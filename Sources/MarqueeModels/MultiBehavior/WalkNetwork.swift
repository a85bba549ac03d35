internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// Weighs what ``BehaviorWalks`` knows of a pair: batch normalization, then a ReLU tower to one logit.
///
/// In training a batch is groups of a positive and its negatives. The positive is hidden from the graph;
/// in a share of the groups so are the user's other interactions with it, else nothing would be learned of
/// items that come without warning. Some negatives are exchanged for items that the user touched with
/// another behavior, which the positive is hard to tell from; each is weighed by how many it stands for.
struct WalkNetwork: ScoringNetwork {
    static let kind = MBHWalk.kind
    let walks: BehaviorWalks
    /// By behavior of the walks, what a history calls it; nil where it never says.
    let historyBehaviors: [UInt8?]
    let norm: BatchNorm1d
    let tower: [Linear]
    let output: Linear
    /// Pairs a training group.
    let groupSize: Int
    let hardShare, surpriseShare: Double
    let dropout: Float

    init(_ config: MBHWalk.Config, walks: BehaviorWalks, historyBehaviors: [UInt8?], stream: RandomStream) {
        var stream = stream
        self.walks = walks
        self.historyBehaviors = historyBehaviors
        norm = BatchNorm1d(walks.featureCount)
        tower = zip([walks.featureCount] + config.layers, config.layers).map { Linear($0, $1, stream: &stream) }
        output = Linear(config.layers.last ?? walks.featureCount, 1, stream: &stream)
        groupSize = 1 + config.train.negatives
        hardShare = Double(config.hard)
        surpriseShare = Double(config.surprise)
        dropout = config.dropout
    }

    func logits(_ features: Tensor, _ tape: Tape) -> Tensor {
        var x = norm(features, tape)
        for layer in tower { x = tape.dropout(layer(x, tape, relu: true), rate: dropout) }
        return output(x, tape)
    }

    func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        let count = batch.users.count
        let features = tape.constant(rows: count, columns: walks.featureCount)
        let corrections = tape.constant([Float](repeating: 0, count: count), rows: count)
        features.fill { features in
            corrections.fill { corrections in
                var row = 0
                while row < count {
                    let user = batch.users[row]
                    let limit = tape.isTraining ? groupSize : count
                    var items = [batch.items[row]]
                    while items.count < limit, row + items.count < count, batch.users[row + items.count] == user {
                        items.append(batch.items[row + items.count])
                    }
                    let group = tape.isTraining ? TrainingGroup(user, items, of: self) : nil
                    for (k, correction) in (group?.corrections ?? []).enumerated() { corrections[row + k] = correction }
                    walks.write(
                        walks.evidence(of: user, hiding: group?.hidden), items: group?.items ?? items, into: &features,
                        at: row)
                    row += items.count
                }
            }
        }
        let logits = logits(features, tape)
        return tape.isTraining ? tape.add(logits, corrections) : logits
    }

    /// A positive and its negatives as they are learned from: a function of the group that was sampled.
    private struct TrainingGroup {
        var items: [Int32]
        /// log(1 / share of its kind that was drawn) of each negative, 0 of the positive, so that the softmax
        /// over the group estimates that over all items (Bengio and Senécal 2008).
        var corrections: [Float]
        var hidden: BehaviorWalks.Hidden

        init(_ user: Int32, _ sampled: [Int32], of network: WalkNetwork) {
            let walks = network.walks
            let bought = walks.behaviors[walks.target]
            items = sampled
            var stream = RandomStream(
                key: RandomStream.mix(UInt64(UInt32(bitPattern: user)) << 32 | UInt64(UInt32(bitPattern: sampled[0])))
                    ^ UInt64(UInt32(bitPattern: sampled[sampled.count - 1])))
            var touched = walks.touchedOnly(user)
            let hard = min(touched.count, Int(network.hardShare * Double(sampled.count - 1)))
            touched.shuffleFront(hard, &stream)
            items.replaceSubrange(1..<1 + hard, with: touched.prefix(hard))
            // The sampler knows only the positives that are learned from.
            for k in 1 + hard..<items.count where items[k] != sampled[0] && bought.contains(user, items[k]) {
                for _ in 0..<32 where bought.contains(user, items[k]) {
                    items[k] = Int32(stream.next() % UInt64(walks.itemCount))
                }
            }
            let others = max(1, walks.itemCount - bought[user].count - touched.count)
            let uniform = max(1, items.count - 1 - hard)
            corrections = items.indices.map { k in
                k == 0 ? 0 : k <= hard ? log(Float(touched.count) / Float(hard)) : log(Float(others) / Float(uniform))
            }
            hidden = .init(
                item: sampled[0], auxiliary: stream.nextUnit() < network.surpriseShare)
        }
    }

    func factors() -> FactorScorer? { nil }
    func scorer(userCount: Int, itemCount: Int, target: Int) -> any Scorer { WalkScorer(network: self) }
}

/// Scores a user's items from one look at the graph.
struct WalkScorer: HistoryScorer {
    let network: WalkNetwork
    private let tapes = InferenceTapes()

    /// Pairs a forward pass.
    private static var chunk: Int { 1024 }

    init(network: WalkNetwork) { self.network = network }

    var userCount: Int { network.walks.userCount }
    var itemCount: Int { network.walks.itemCount }

    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, user) in users.enumerated() {
            score(
                network.walks.evidence(of: user), Array(Int32(items.lowerBound)..<Int32(items.upperBound)),
                into: &scores, at: k * items.count)
        }
    }

    func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        score(network.walks.evidence(of: user), candidates, into: &scores, at: 0)
    }

    func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, query) in queries.enumerated() {
            score(
                evidence(of: query), Array(Int32(items.lowerBound)..<Int32(items.upperBound)), into: &scores,
                at: k * items.count)
        }
    }

    func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        score(evidence(of: query), candidates, into: &scores, at: 0)
    }

    private func evidence(of query: Query) -> BehaviorWalks.Evidence {
        let rows = network.historyBehaviors.map { behavior in
            (behavior.map { HistoryWeights(behavior: Int($0)) } ?? HistoryWeights([]))
                .rows(of: [query], itemCount: itemCount)
        }
        return network.walks.evidence(ofRows: rows, as: query.user)
    }

    private func score(
        _ evidence: BehaviorWalks.Evidence, _ items: [Int32], into scores: inout MutableSpan<Float>, at place: Int
    ) {
        tapes.withTape { tape in
            for start in stride(from: 0, to: items.count, by: Self.chunk) {
                let part = Array(items[start..<min(start + Self.chunk, items.count)])
                tape.begin(batchCount: part.count, training: false)
                let features = tape.constant(rows: part.count, columns: network.walks.featureCount)
                features.fill { network.walks.write(evidence, items: part, into: &$0, at: 0) }
                let logits = network.logits(features, tape)
                for k in part.indices { scores[place + start + k] = logits[k] }
            }
        }
    }
}
