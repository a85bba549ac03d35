public import MarqueeTensor

/// What a ``Trainer`` trains: a model that gets better by steps, a fixed number of them an epoch.
///
/// ``GradientDescent`` is one for networks, whatever their batches are made of; ``IALSDescent`` alternates between two
/// least-squares problems and has one step an epoch.
public protocol Trainable {
    /// Steps an epoch, the same for every epoch.
    var stepsPerEpoch: Int { get }

    /// Steps that run between two reports of progress, at which alone a run can be stopped or checkpointed. At least 1.
    var stepsBetweenReports: Int { get }

    /// How many samples these steps of an epoch see; losses are sums over them.
    func sampleCount(of steps: Range<Int>, epoch: Int) -> Int

    /// Takes these steps of an epoch, both counted from 0. The result and the parameters afterwards are a function of
    /// parameters, optimizer state, steps and epoch alone.
    /// - Returns: the sum of the samples' losses.
    func run(_ steps: Range<Int>, epoch: Int) throws -> Double

    /// The mean loss of a model that knows nothing, by which a fit that learned nothing is told; nil where it is not known.
    var baselineLoss: Double? { get }

    /// Every fitted number, by name: what is kept of the best epoch.
    func parameters() -> [String: StoredTensor]

    /// Puts back what ``parameters()`` gave.
    /// - Throws: when a tensor is missing or has another shape; nothing has changed then.
    func restore(parameters: [String: StoredTensor]) throws

    /// What going on takes beside the parameters, such as an optimizer's moments.
    func optimizerState() -> [String: StoredTensor]

    /// Puts back what ``optimizerState()`` gave.
    /// - Throws: when a tensor is missing or has another shape.
    func restore(optimizerState: [String: StoredTensor]) throws
}

extension Trainable {
    public var baselineLoss: Double? { nil }
    public func optimizerState() -> [String: StoredTensor] { [:] }
    public func restore(optimizerState: [String: StoredTensor]) throws {}
}
