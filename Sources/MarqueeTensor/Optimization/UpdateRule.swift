internal import Foundation

/// How a gradient moves a weight; g is the gradient, plus `decay` · w where decay is coupled.
public enum UpdateRule: Sendable, Equatable {
    /// w ← w - η · g; with momentum μ: v ← μ · v + g, w ← w - η · v.
    case sgd(momentum: Float = 0)
    /// s ← s + g², w ← w - η · g / (√s + ε) (Duchi, Hazan and Singer, JMLR 2011).
    case adagrad(epsilon: Float = 1e-10)
    /// Adam (Kingma and Ba, ICLR 2015).
    case adam(Adam = Adam())

    public struct Adam: Sendable, Equatable {
        public var beta1: Float = 0.9
        public var beta2: Float = 0.999
        public var epsilon: Float = 1e-8
        /// Decay shrinks the weight itself instead of joining the gradient (AdamW; Loshchilov and Hutter, ICLR 2019).
        public var decoupled = false
        /// What the moments of a table's row do while no batch touches it.
        public var sleep: Sleep = .forget

        public init() {}
    }

    /// What a row's moments are when a step touches it again. Steps in between cost nothing.
    public enum Sleep: String, Sendable, Codable {
        /// As the last step left them, as in PyTorch's SparseAdam.
        case keep
        /// Smaller by β^(steps in between), as in dense Adam.
        case forget
    }

    /// Floats of state per weight.
    var stateWidth: Int {
        switch self {
        case .sgd(let momentum): momentum == 0 ? 0 : 1
        case .adagrad: 1
        case .adam: 2
        }
    }

    var remembersSleep: Bool {
        if case .adam(let adam) = self { adam.sleep == .forget } else { false }
    }
}

/// The learning rate over the steps of a run.
public enum LearningRateSchedule: Sendable, Equatable {
    case constant
    /// Multiplied by `factor` every `steps` steps.
    case stepped(every: Int, factor: Float)
    /// Half a cosine from the full rate to nothing at `total` (Loshchilov and Hutter, ICLR 2017).
    case cosine(total: Int)
    /// Linear from nothing to the full rate over `steps`, then constant.
    case warmup(steps: Int)

    /// The factor on the rate at `step`, counted from 0.
    public func factor(at step: Int) -> Float {
        switch self {
        case .constant: 1
        case .stepped(let every, let factor): pow(factor, Float(step / max(every, 1)))
        case .cosine(let total): 0.5 * (1 + cos(Float.pi * Float(min(step, total)) / Float(max(total, 1))))
        case .warmup(let steps): min(1, Float(step + 1) / Float(max(steps, 1)))
        }
    }
}
