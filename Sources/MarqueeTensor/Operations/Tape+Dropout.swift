internal import CMarqueeKernels

extension Tape {
    /// In training each value is dropped with probability `rate`, the kept ones grow by 1 / (1 - rate);
    /// otherwise x itself (Srivastava et al., JMLR 2014). `rate` is rounded to a multiple of 2⁻¹⁶.
    public func dropout(_ x: Tensor, rate: Float) -> Tensor {
        guard isTraining, rate > 0 else { return x }
        let y = result(rows: x.rows, columns: x.columns)
        let key = drawKey()
        mq_dropout(x.value, y.value, x.count, Self.threshold(rate), key, 0)
        record(Dropout(x: x, threshold: Self.threshold(rate), key: key, output: y))
        return y
    }

    /// Of 65,536 equally likely draws, how many drop.
    static func threshold(_ rate: Float) -> UInt32 { UInt32(min(max(rate, 0), 0.999) * 65536) }
}

private struct Dropout: Operation {
    let x: Tensor
    let threshold: UInt32
    let key: UInt64
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.target(x) else { return }
        mq_dropout(dy, dx.pointer, x.count, threshold, key, dx.flag)
    }
}
