internal import MarqueeEvaluation
internal import MarqueeRuntime
public import MarqueeTensor

/// How a graph network scores a pair of final embeddings where it is not by their inner product:
/// logit = w · MLP([h_u ‖ h_i]) + b, hidden layers as wide as one embedding and as half of one, with ReLU.
public struct PairHead: Module {
    private let tower: MLP.Tower
    private let output: Linear

    init(width: Int, stream: inout RandomStream) {
        let narrow = max(1, width / 2)
        tower = MLP.Tower([2 * width, width, narrow], stream: &stream)
        output = Linear(narrow, 1, stream: &stream)
    }

    func callAsFunction(_ pair: Tensor, _ tape: Tape) -> Tensor { output(tower(pair, tape), tape) }
}

/// What makes a logit of two embeddings.
public enum PairScore: String, Codable, Sendable, CaseIterable {
    case innerProduct = "inner-product"
    case mlp
}

/// Embeddings that are done, and the head that scores pairs of them.
struct EmbeddedPairs: ScoringNetwork {
    static let kind = "embedded-pairs"
    let users, items: EmbeddingTable
    let head: PairHead

    init(_ factors: FactorScorer, _ head: PairHead) {
        users = EmbeddingTable(
            rowCount: factors.userCount, width: factors.rank, .constant(0), stream: RandomStream(key: 0))
        items = EmbeddingTable(
            rowCount: factors.itemCount, width: factors.rank, .constant(0), stream: RandomStream(key: 0))
        users.values = factors.userFactors
        items.values = factors.itemFactors
        self.head = head
    }

    func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        head(tape.concat(users[batch.users], items[batch.items]), tape)
    }

    func factors() -> FactorScorer? { nil }

    func scorer() -> PairScorer<Self> {
        PairScorer(network: self, userCount: users.rowCount, itemCount: items.rowCount)
    }
}
