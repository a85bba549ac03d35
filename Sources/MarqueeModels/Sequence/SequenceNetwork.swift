public import MarqueeRuntime
public import MarqueeTensor

/// A network that reads a history and says after each of its newest events what comes next: item i with the logit
/// h · E_i, and what counting adds to it. It knows no user by index, so that it answers for anybody.
///
/// A conforming file is the model: configuration, parameters and forward pass. Batches and losses are
/// ``SequenceSteps``'s, epochs and checkpoints ``Trainer``'s, scores and files ``SequenceModel``'s.
public protocol SequenceNetwork: Module {
    associatedtype Config: SequenceConfig

    static var kind: String { get }

    /// A network with fresh parameters, drawn from `stream`.
    /// - Parameter behaviors: how many behaviors there are.
    init(_ config: Config, items: Int, behaviors: Int, stream: RandomStream)

    /// E: [items, width].
    var items: EmbeddingTable { get }

    /// How much h trusts what was counted; nil where nothing is.
    var gate: MemoryGate? { get }

    /// h after each of the events that ``SequenceBatch/recent`` names: [their rows, width]. Causal: the row of an event
    /// depends on it and on older ones alone.
    func states(_ batch: SequenceBatch, _ tape: Tape) -> Tensor
}
