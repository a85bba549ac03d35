internal import MarqueeRuntime
internal import MarqueeTensor

/// A long short-term memory whose cell fades with the time between two events, each unit at a rate of its own:
///
///     c_t = σ(f) ∘ exp(−Δt · softplus(w)) ∘ c_{t−1} + σ(i) ∘ tanh(g),   Δt in days
///
/// so that what was long ago is forgotten without an event that says so (the continuous-time cell of Mei and Eisner,
/// NeurIPS 2017, in the form of Baytas and others' T-LSTM, KDD 2017).
struct TimeDecayedLSTM: Module {
    let lstm: LSTM
    /// w: rates from a day to some years at the start.
    let rates: Parameter

    init(_ inputs: Int, _ hidden: Int, stream: inout RandomStream) {
        lstm = LSTM(inputs, hidden, stream: &stream)
        rates = Parameter(columns: hidden, .constant(0), stream: RandomStream(key: 0), decays: false)
        // softplus(w) ≈ eʷ for w ≪ 0.
        rates.values = (0..<hidden).map { -7 * Float($0) / Float(max(1, hidden - 1)) }
    }

    /// - Parameter gaps: days since the event before, [rows, 1].
    func callAsFunction(_ x: Tensor, _ sequences: SequenceLayout, gaps: Tensor, _ tape: Tape) -> Tensor {
        let exponents = tape.matmul(gaps, tape.activate(tape(rates), .softplus))
        return lstm(x, sequences, decay: tape.activate(tape.scale(exponents, by: -1), .exponential), tape)
    }
}
