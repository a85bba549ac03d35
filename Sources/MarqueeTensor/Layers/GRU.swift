public import MarqueeRuntime

/// A gated recurrent unit over packed sequences; see ``Tape/gru(_:_:inputWeight:stateWeight:bias:candidateBias:)``.
///
/// x [rows, in] → h [rows, hidden]; everything starts at U(±1/√hidden), as in PyTorch, whose second biases of r and z
/// are one with their first here.
public struct GRU: Module {
    /// [3 · hidden, in], [3 · hidden, hidden] and [3 · hidden]: of r, z, n, one behind the other.
    public let inputWeight, stateWeight, bias: Parameter
    /// Of U_n h, before r: [hidden].
    public let candidateBias: Parameter

    public init(_ inputs: Int, _ hidden: Int, stream: inout RandomStream) {
        let start = Initializer.linear(inputs: hidden)
        inputWeight = Parameter(rows: 3 * hidden, columns: inputs, start, stream: RandomStream(key: stream.next()))
        stateWeight = Parameter(rows: 3 * hidden, columns: hidden, start, stream: RandomStream(key: stream.next()))
        bias = Parameter(columns: 3 * hidden, start, stream: RandomStream(key: stream.next()), decays: false)
        candidateBias = Parameter(columns: hidden, start, stream: RandomStream(key: stream.next()), decays: false)
    }

    public func callAsFunction(_ x: Tensor, _ sequences: SequenceLayout, _ tape: Tape) -> Tensor {
        tape.gru(
            x, sequences, inputWeight: tape(inputWeight), stateWeight: tape(stateWeight), bias: tape(bias),
            candidateBias: tape(candidateBias))
    }
}
