public import MarqueeData
public import MarqueeTensor

/// How a network is trained: the `train` block of a neural model.
public struct TrainingConfig: Codable, Sendable, Equatable {
    public enum Loss: String, Codable, Sendable, CaseIterable {
        /// Binary cross entropy over positives and sampled negatives.
        case logistic
        /// -log σ(z⁺ - z⁻) over sampled pairs.
        case bpr
        /// Cross entropy of the positive among its sampled negatives.
        case softmax
    }

    public enum Rule: String, Codable, Sendable, CaseIterable {
        case adam, adagrad, sgd
    }

    // Of every network.

    /// At most so many passes over the training data.
    public var epochs = 5
    /// Samples a step.
    public var batch = 512
    /// Learning rate.
    public var rate: Float = 0.001
    public var optimizer = Rule.adam
    /// Adam's ε: gradients far below it move their parameters in proportion, those above it by the rate alone.
    public var epsilon: Float = 1e-8
    /// What Adam's moments of a row do while no batch touches it: `forget` (fade) or `keep` (PyTorch's SparseAdam).
    public var sleep = UpdateRule.Sleep.keep
    /// λ of λ/2 · |w|² on weights and touched rows.
    public var weightDecay: Float = 0
    /// Largest norm of a step's gradient; nil for no bound.
    public var clip: Float?
    /// Whether the rate falls to nothing along half a cosine over `epochs`.
    public var cosine = false
    /// Epochs without a better validation figure before training stops; nil goes on to the end. The
    /// parameters of the best epoch are kept when there is validation data.
    public var patience: Int?

    // Of those that learn from positives and sampled negatives.

    public var loss = Loss.logistic
    /// Sampled negatives a positive.
    public var negatives = 4
    /// Negatives drawn in proportion to popularity to this power; 0 draws uniformly.
    public var popularity: Double = 0
    /// What an epoch goes through: `interactions` (each once) or `users` (each as often, however active).
    public var samplingUnit = NegativeSampler.SamplingUnit.interactions

    // Of graphs.

    /// In what form nodes of a graph send their rows along edges: `float32`, or `bfloat16` for half as much to read.
    public var messages = MessageForm.float32

    public init() {}

    public init(_ change: (inout TrainingConfig) -> Void) { change(&self) }

    /// What makes these values unusable; nil when nothing does.
    var problem: String? {
        if epochs < 1 { return "train.epochs must be at least 1" }
        if batch < 2 { return "train.batch must be at least 2" }
        if !(rate > 0) { return "train.rate must be above 0" }
        if !(epsilon > 0) { return "train.epsilon must be above 0" }
        if negatives < 1 { return "train.negatives must be at least 1" }
        return nil
    }

    /// The optimizer's options for a run of so many steps.
    func options(steps: Int) -> Optimizer.Options {
        var options = Optimizer.Options()
        switch optimizer {
        case .adam:
            var adam = UpdateRule.Adam()
            adam.sleep = sleep
            adam.epsilon = epsilon
            options.rule = .adam(adam)
        case .adagrad: options.rule = .adagrad()
        case .sgd: options.rule = .sgd()
        }
        options.rate = rate
        options.weightDecay = weightDecay
        options.clipping = clip
        options.schedule = cosine ? .cosine(total: steps) : .constant
        return options
    }
}
