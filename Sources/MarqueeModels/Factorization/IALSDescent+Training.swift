internal import MarqueeRuntime
public import MarqueeTensor

/// An epoch is one step, the factors are all that the next one reads.
extension IALSDescent: Trainable {
    public var stepsPerEpoch: Int { 1 }
    public var stepsBetweenReports: Int { 1 }
    /// With all factors 0, each interaction costs 1.
    public var baselineLoss: Double? { 1 }

    public func sampleCount(of steps: Range<Int>, epoch: Int) -> Int { steps.count * entryCount }

    /// - Throws: ``ModelError`` when the loss is not finite.
    public func run(_ steps: Range<Int>, epoch: Int) throws -> Double {
        for _ in steps { iterate() }
        let loss = loss()
        guard loss.isFinite else {
            throw ModelError.unfit(model: IALS.kind, reason: "the loss is not finite; raise regularization")
        }
        return loss
    }

    public func parameters() -> [String: StoredTensor] {
        var artifact = Artifact()
        factors.save(to: &artifact)
        return artifact.tensors
    }

    public func restore(parameters: [String: StoredTensor]) throws {
        var artifact = Artifact()
        artifact.tensors = parameters
        try restore(FactorScorer(from: artifact))
    }
}
