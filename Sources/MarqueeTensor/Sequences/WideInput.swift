internal import CMarqueeKernels

/// What is added to the logits of a softmax beside a product of states and rows: what is known of a candidate without
/// being learned, such as how often it was counted, each weighed by the state (the wide part of Cheng and others, "Wide &
/// Deep Learning for Recommender Systems", 2016):
///
///     logit(r, j) = h_r · E_j + Σ_f weights[r, f] · x_f(r, j)
///
/// The inputs are computed for some rows at a time, in order, and are gone after these.
public struct WideInput {
    /// [rows, features]; a gradient flows into them.
    let weights: Tensor
    /// Writes x_f of some rows: [features, rows of these, candidates].
    let fill: (_ rows: Range<Int>, _ inputs: UnsafeMutableBufferPointer<Float>) -> Void

    /// - Parameters:
    ///   - weights: [rows, features].
    ///   - fill: writes x of the rows that it is told to the front of what it is given, [features, rows of these,
    ///     candidates]. Asked for every row once, in ascending order.
    public init(
        weights: Tensor, fill: @escaping (_ rows: Range<Int>, _ inputs: UnsafeMutableBufferPointer<Float>) -> Void
    ) {
        self.weights = weights
        self.fill = fill
    }

    /// Fills `inputs` and adds what they weigh to `logits`, [rows, columns].
    func add(
        _ rows: Range<Int>, _ inputs: UnsafeMutablePointer<Float>, to logits: UnsafeMutablePointer<Float>,
        _ columns: Int
    ) {
        let size = rows.count * columns
        fill(rows, UnsafeMutableBufferPointer(start: inputs, count: weights.columns * size))
        for feature in 0..<weights.columns {
            mq_mix(
                weights.value + rows.lowerBound * weights.columns + feature, weights.columns, inputs + feature * size,
                logits, rows.count, Int32(columns), 1)
        }
    }

    /// dweights[r, f] += Σ_j dlogits[r, j] · x_f(r, j).
    func addGradients(
        _ rows: Range<Int>, _ inputs: UnsafePointer<Float>, of dlogits: UnsafePointer<Float>, _ columns: Int,
        to dweights: UnsafeMutablePointer<Float>
    ) {
        for feature in 0..<weights.columns {
            mq_mix_weights(
                dlogits, inputs + feature * rows.count * columns,
                dweights + rows.lowerBound * weights.columns + feature, weights.columns, rows.count, Int32(columns))
        }
    }
}

extension Tape {
    /// Adds what a wide input weighs to logits [rows, candidates] where they lie: for scoring, no gradient flows.
    public func add(_ wide: WideInput, to logits: Tensor) {
        precondition(!isTraining && wide.weights.rows == logits.rows)
        let inputs = arena.allocate(Float.self, wide.weights.columns * logits.count)
        wide.add(0..<logits.rows, inputs, to: logits.value, logits.columns)
    }
}
