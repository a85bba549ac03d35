/// One point of a learning curve.
public struct EpochRecord: Sendable, Codable, Equatable {
    /// The epoch, from 1.
    public var epoch: Int
    /// Mean training loss of the epoch.
    public var loss: Double?
    /// The validation figure after it.
    public var validation: Double?
    public var samples: Int
    /// What training took; validation is not counted.
    public var seconds: Double

    public init(epoch: Int, loss: Double? = nil, validation: Double? = nil, samples: Int, seconds: Double) {
        self.epoch = epoch
        self.loss = loss
        self.validation = validation
        self.samples = samples
        self.seconds = seconds
    }
}
