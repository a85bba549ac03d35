internal import MarqueeRuntime
public import MarqueeTensor

/// How much a state trusts what was counted: w(h) = W h + b, [rows, features].
///
/// It begins as the counts alone would rank: transitions with weight 1, popularity held back by .3.
public struct MemoryGate: Module {
    let weight, bias: Parameter

    /// Nil where nothing is remembered.
    init?(_ memory: MemoryConfig, width: Int) {
        guard !memory.counts.isEmpty else { return nil }
        let features = memory.counts.count
        weight = Parameter(rows: features, columns: width, .constant(0), stream: RandomStream(key: 0))
        bias = Parameter(columns: features, .constant(0), stream: RandomStream(key: 0), decays: false)
        bias.values = memory.counts.map {
            switch $0 {
            case .transitions: 1
            case .company: 0
            case .popularity: -0.3
            }
        }
    }

    func callAsFunction(_ states: Tensor, _ tape: Tape) -> Tensor {
        tape.linear(states, weight: tape(weight), bias: tape(bias))
    }
}
