public import MarqueeRuntime

/// A gated recurrent unit (Cho et al., EMNLP 2014), in the form of PyTorch:
///
///     r = σ(W_r x + b_r + U_r h + c_r)          z = σ(W_z x + b_z + U_z h + c_z)
///     n = tanh(W_n x + b_n + r ∘ (U_n h + c_n))  h' = n + z ∘ (h − n)
///
/// x [n, in], h and h' [n, out]; everything starts at U(±1/√out).
public struct GRUCell: Module {
    /// W_r, W_z, W_n and U_r, U_z, U_n, with biases.
    let inputReset, inputUpdate, inputNew, stateReset, stateUpdate, stateNew: Linear

    public init(_ inputs: Int, _ outputs: Int, stream: inout RandomStream) {
        let start = Initializer.linear(inputs: outputs)
        inputReset = Linear(inputs, outputs, start, stream: &stream)
        inputUpdate = Linear(inputs, outputs, start, stream: &stream)
        inputNew = Linear(inputs, outputs, start, stream: &stream)
        stateReset = Linear(outputs, outputs, start, stream: &stream)
        stateUpdate = Linear(outputs, outputs, start, stream: &stream)
        stateNew = Linear(outputs, outputs, start, stream: &stream)
    }

    /// - Parameter state: h; nil for zero.
    public func callAsFunction(_ x: Tensor, _ state: Tensor?, _ tape: Tape) -> Tensor {
        let h =
            state
            ?? tape.constant(
                [Float](repeating: 0, count: x.rows * stateNew.bias.count), rows: x.rows, columns: stateNew.bias.count)
        let reset = tape.activate(tape.add(inputReset(x, tape), stateReset(h, tape)), .sigmoid)
        let update = tape.activate(tape.add(inputUpdate(x, tape), stateUpdate(h, tape)), .sigmoid)
        let new = tape.activate(tape.add(inputNew(x, tape), tape.multiply(reset, stateNew(h, tape))), .tanh)
        return tape.add(new, tape.multiply(update, tape.add(h, new, scale: -1)))
    }
}
