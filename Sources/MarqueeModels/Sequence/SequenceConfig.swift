/// The configuration of a model that reads a history: what of it is read, and what is learned of what comes next.
public protocol SequenceConfig: NetworkConfig {
    /// The newest events of a history that are read; older ones are as if they had not been.
    var length: Int { get set }
    /// At how many of them, the newest, the network says what comes next, in training one prediction each.
    var window: Int { get }
    /// Of the items' rows and of the states.
    var width: Int { get set }
    /// Of what is read of an event, and of what the network's own layers say.
    var dropout: Float { get set }
    /// What is read of a history; see ``BehaviorWeights``. Weights other than 1 mean nothing here.
    var behaviors: BehaviorWeights { get set }
    var objective: NextItemObjective { get set }
    /// What is counted beside what is learned.
    var memory: MemoryConfig { get set }
}

extension SequenceConfig {
    /// Everything, where a configuration has no window of its own.
    public var window: Int { length }

    /// What makes the values of every such configuration unusable; nil when nothing does.
    var sequenceProblem: String? {
        if width < 1 { return "width must be at least 1" }
        if !(0..<1 ~= dropout) { return "dropout must be from 0 to below 1" }
        if length < 1 { return "length must be at least 1" }
        if window < 1 || window > length { return "window must be from 1 to length, \(length)" }
        if !memory.counts.isEmpty, objective.loss != .softmax {
            return "memory is of all items, which objective.loss softmax alone compares; write memory: { counts: [] }"
        }
        return behaviors.problem ?? objective.problem ?? memory.problem ?? train.problem
    }
}

/// What is learned at every event of a history: the item that came next, against others.
///
///     softmax:          -log softmax(h · Eᵀ)[next], over all items
///     sampled-softmax:  the same over the next and `train.negatives` items that the batch shares, each logit less the
///                       logarithm of how likely the item was to be drawn
///     logistic:         -log σ(h · E_next) − Σ over `train.negatives` items unknown to the user of log(1 − σ(h · E_j))
///     gbce:             the same with σ(h · E_next)^β, which takes away that a sampled negative stands for many:
///                       β = α (t (1 − 1/α) + 1/α), α = negatives / (items − 1), t the calibration
///
/// Kang and McAuley (ICDM 2018) have `logistic` with one negative, Petrov and Macdonald (RecSys 2023) `gbce`.
public struct NextItemObjective: Codable, Sendable, Equatable {
    public enum Loss: String, Codable, Sendable, CaseIterable {
        case softmax
        case sampledSoftmax = "sampled-softmax"
        case logistic
        case gbce
    }

    public var loss = Loss.softmax
    /// t of `gbce`, from 0 (as `logistic`) to 1.
    public var calibration = 0.75

    public init() {}

    public init(_ loss: Loss) { self.loss = loss }

    var problem: String? {
        0...1 ~= calibration ? nil : "objective.calibration must be from 0 to 1"
    }
}

extension TrainingConfig {
    /// As sequence models begin: 128 histories a step.
    static var sequences: TrainingConfig {
        TrainingConfig {
            $0.epochs = 100
            $0.batch = 128
            $0.patience = 5
            $0.negatives = 1
        }
    }
}
