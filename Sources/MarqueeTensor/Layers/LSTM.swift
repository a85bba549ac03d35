public import MarqueeRuntime

/// A long short-term memory over packed sequences; see ``Tape/lstm(_:_:inputWeight:stateWeight:bias:decay:)``.
///
/// x [rows, in] → h [rows, hidden]; everything starts at U(±1/√hidden), as in PyTorch, whose two biases are one here.
public struct LSTM: Module {
    /// [4 · hidden, in], [4 · hidden, hidden] and [4 · hidden]: of the gates i, f, g, o, one behind the other.
    public let inputWeight, stateWeight, bias: Parameter

    public init(_ inputs: Int, _ hidden: Int, stream: inout RandomStream) {
        let start = Initializer.linear(inputs: hidden)
        inputWeight = Parameter(rows: 4 * hidden, columns: inputs, start, stream: RandomStream(key: stream.next()))
        stateWeight = Parameter(rows: 4 * hidden, columns: hidden, start, stream: RandomStream(key: stream.next()))
        bias = Parameter(columns: 4 * hidden, start, stream: RandomStream(key: stream.next()), decays: false)
    }

    /// - Parameter decay: what remains of the cell since the row before, [rows, 1] or [rows, hidden].
    public func callAsFunction(
        _ x: Tensor, _ sequences: SequenceLayout, decay: Tensor? = nil, _ tape: Tape
    ) -> Tensor {
        tape.lstm(
            x, sequences, inputWeight: tape(inputWeight), stateWeight: tape(stateWeight), bias: tape(bias),
            decay: decay)
    }
}
