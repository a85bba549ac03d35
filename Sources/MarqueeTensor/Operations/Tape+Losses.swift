internal import CMarqueeKernels

/// Losses are means over the whole batch. Each returns this worker's part of the sum and writes the
/// gradient of the mean to its inputs at once; add the workers' parts and divide by
/// ``Tape/batchCount`` for the value.
extension Tape {
    /// Binary cross entropy of logits: -y · log σ(z) - (1 - y) · log(1 - σ(z)); logits [n, 1].
    @discardableResult
    public func binaryCrossEntropy(_ logits: Tensor, labels: Tensor, weights: Tensor? = nil) -> Double {
        precondition(labels.count == logits.count && weights?.count ?? labels.count == labels.count)
        return writeGradient(at: logits) { gradient in
            mq_bce_with_logits(
                logits.value, labels.value, weights?.value, logits.count, 1 / Float(batchCount), gradient)
        }
    }

    /// Bayesian personalized ranking: -log σ(z⁺ - z⁻) (Rendle et al., UAI 2009); logits [n, 1] each.
    @discardableResult
    public func bayesianPersonalizedRanking(positive: Tensor, negative: Tensor) -> Double {
        precondition(positive.count == negative.count)
        return writeGradient(at: positive) { dpositive in
            writeGradient(at: negative) { dnegative in
                mq_bpr(
                    positive.value, negative.value, positive.count, 1 / Float(batchCount), dpositive, dnegative)
            }
        }
    }

    /// Cross entropy of a softmax over each row: -log softmax(z)[target]; logits [n, k].
    ///
    /// Without `targets` the right answer stands in column 0: the sampled softmax when the other
    /// columns are sampled negatives.
    /// - Precondition: as many targets as rows, each in `0..<k`.
    @discardableResult
    public func softmaxCrossEntropy(_ logits: Tensor, targets: Indices? = nil) -> Double {
        precondition(targets?.count ?? logits.rows == logits.rows)
        precondition(targets?.buffer.allSatisfy { 0..<logits.columns ~= Int($0) } ?? true)
        return writeGradient(at: logits) { gradient in
            mq_softmax_cross_entropy(
                logits.value, targets?.buffer.baseAddress, logits.rows, Int32(logits.columns), 1 / Float(batchCount),
                gradient)
        }
    }

    /// Squared error: (x - t)², of equal shapes; what stands in a row is added up.
    @discardableResult
    public func squaredError(_ x: Tensor, targets: Tensor) -> Double {
        precondition(x.rows == targets.rows && x.columns == targets.columns)
        return writeGradient(at: x) { gradient in
            mq_squared_error(x.value, targets.value, x.count, 1 / Float(batchCount), gradient)
        }
    }

    /// weight / 2 · Σ x² over the rows of x, a penalty a row that occurs in the batch.
    @discardableResult
    public func squaredNorm(_ x: Tensor, weight: Float) -> Double {
        guard weight != 0 else { return 0 }
        if isTraining, let dx = target(x) { mq_axpy(weight / Float(batchCount), x.value, dx.pointer, x.count, dx.flag) }
        return 0.5 * Double(weight) * mq_sum_of_squares(x.value, x.count)
    }

    private func writeGradient(at x: Tensor, _ compute: (UnsafeMutablePointer<Float>) -> Double) -> Double {
        guard isTraining, let target = target(x) else { return compute(arena.allocate(Float.self, x.count)) }
        guard target.accumulates else { return compute(target.pointer) }
        let gradient = arena.allocate(Float.self, x.count)
        defer { mq_axpy(1, gradient, target.pointer, x.count, 1) }
        return compute(gradient)
    }
}
