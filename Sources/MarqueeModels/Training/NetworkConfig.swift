/// The configuration of a model with a network: its own choices, and how it is trained.
public protocol NetworkConfig: EpochTrained {
    var train: TrainingConfig { get set }
}

extension NetworkConfig {
    public var epochs: Int {
        get { train.epochs }
        set { train.epochs = newValue }
    }
}
