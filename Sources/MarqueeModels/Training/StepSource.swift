public import MarqueeTensor

/// Where a network's training steps come from: what each step learns from, and its loss. All that a new kind of model
/// brings to ``Trainer``.
///
/// Pairs of users and items, sequences packed by length, impressions: the trainer knows none of them. A conforming
/// type samples a step's part for one worker, runs the network on it and returns the loss:
///
///     struct RegressionSteps: StepSource {
///         let network: LinearRegression
///         let inputs, targets: [Float]
///         var stepsPerEpoch: Int { targets.count / 32 }
///         func sampleCount(of step: Int, epoch: Int) -> Int { 32 }
///
///         func loss(of step: TrainingStep, _ tape: Tape) -> Double {
///             let rows = step.shard(of: 32)              // this worker's rows of the batch
///             let x = …, y = …                           // constants on the tape
///             return tape.squaredError(network(x, tape), targets: y)
///         }
///     }
public protocol StepSource: Sendable {
    associatedtype Network: Module

    /// What is trained; its parameters are found by reflection.
    var network: Network { get }

    /// Steps an epoch, the same for every epoch: a learning-rate schedule runs over all of them.
    var stepsPerEpoch: Int { get }

    /// Samples of a step, all workers' together, which its loss is the mean over: pairs, groups or positions. Steps
    /// may differ, as batches of sequences do.
    func sampleCount(of step: Int, epoch: Int) -> Int

    /// The loss of this worker's part of a step, as a sum over its samples, its gradient left on the tape.
    ///
    /// Called once a step by every worker at the same time, also by one whose part is empty, after
    /// ``Tape/begin(batchCount:training:stream:)`` with the step's ``sampleCount(of:epoch:)``. It depends on step,
    /// worker and parameters alone (random choices come from ``Tape/randomStream()`` or are functions of the epoch and
    /// the step), so that a resumed run sees what it would have seen. It should allocate nothing.
    func loss(of step: TrainingStep, _ tape: Tape) -> Double

    /// The mean loss of a network that knows nothing: the best that one logit for all samples reaches. Nil unless a source
    /// says.
    var baselineLoss: Double? { get }

    /// Steps that run between two reports of progress, at which alone a run can be stopped or checkpointed. The
    /// default is about 131,072 samples' worth: a few times a second for a small network; give 1 where a step takes
    /// that long.
    var stepsBetweenReports: Int { get }
}

extension StepSource {
    public var baselineLoss: Double? { nil }

    public var stepsBetweenReports: Int {
        stepsPerEpoch == 0 ? 1 : max(1, 131_072 / max(1, sampleCount(of: 0, epoch: 0)))
    }
}
