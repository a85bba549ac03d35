internal import MarqueeRuntime

/// One point of a learning curve.
public struct EpochRecord: Sendable, Codable, Equatable {
    /// The epoch, from 1.
    public var epoch: Int
    /// Mean training loss of the epoch.
    public var loss: Double?
    /// The loss of a model that knows nothing, which tells all pairs alike; nil where it is not known.
    public var baseline: Double?
    /// The validation figure after it.
    public var validation: Double?
    public var samples: Int
    /// What training took; validation is not counted.
    public var seconds: Double

    public init(
        epoch: Int, loss: Double? = nil, baseline: Double? = nil, validation: Double? = nil, samples: Int,
        seconds: Double
    ) {
        self.epoch = epoch
        self.loss = loss
        self.baseline = baseline
        self.validation = validation
        self.samples = samples
        self.seconds = seconds
    }
}

extension [EpochRecord] {
    /// What to tell of a learning curve whose loss stayed where it began; nil where it fell, or where one epoch tells
    /// nothing yet.
    ///
    /// It stays within 1 % of where it began, and ends no lower than what knowing nothing costs, within 0.1 %; where that
    /// is not known, it stays within 0.1 % for three epochs or more.
    public var collapse: String? {
        let losses = compactMap(\.loss)
        guard losses.count > 1, let first = losses.first, let last = losses.last else { return nil }
        let deviation =
            losses.reduce(0) { Swift.max($0, abs($1 - first)) } / Swift.max(abs(first), .leastNormalMagnitude)
        if let baseline = self.last?.baseline {
            guard deviation <= 0.01, last >= 0.999 * baseline else { return nil }
        } else {
            guard deviation <= 0.001, losses.count > 2 else { return nil }
        }
        return
            "over \(losses.count) epochs its loss stayed where it began, at \(Figures.metric(last)): it learned nothing; "
            + "lower the regularization (of ials the unobserved-weight too) or raise the learning rate"
    }
}
