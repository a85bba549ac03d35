internal import MarqueeRuntime
public import MarqueeTensor
internal import Synchronization

/// Trains the network of a ``StepSource`` by stochastic gradient descent: in each step every worker of a pool computes
/// the loss of its part of the batch and its gradient, then the optimizer moves the parameters.
///
/// The same seed and the same worker count give the same parameters, bit for bit. Nothing is allocated a step beyond
/// what the source allocates.
public struct GradientDescent<Source: StepSource>: Trainable {
    private let source: Source
    private let seed: UInt64
    private let crew: Crew
    private let networkParameters: ModuleParameters
    private let optimizer: Optimizer

    /// - Parameters:
    ///   - training: optimizer, learning rate and its schedule, clipping and decay.
    ///   - context: seed and worker pool.
    public init(_ source: Source, _ training: TrainingConfig, in context: FitContext) {
        self.source = source
        seed = context.seed
        crew = Crew(pool: context.pool, messages: training.messages)
        networkParameters = ModuleParameters(of: source.network)
        optimizer = Optimizer(
            training.options(steps: source.stepsPerEpoch * training.epochs), for: networkParameters, crew: crew)
    }

    public var stepsPerEpoch: Int { source.stepsPerEpoch }
    public var stepsBetweenReports: Int { source.stepsBetweenReports }
    public var baselineLoss: Double? { source.baselineLoss }

    public func sampleCount(of steps: Range<Int>, epoch: Int) -> Int {
        steps.reduce(0) { $0 + source.sampleCount(of: $1, epoch: epoch) }
    }

    public func run(_ steps: Range<Int>, epoch: Int) -> Double {
        let losses = Mutex([Double](repeating: 0, count: crew.workerCount))
        crew.run { [source, seed, optimizer, pool = crew.pool] tape in
            var sum = 0.0
            for index in steps {
                let step = TrainingStep(
                    epoch: epoch, index: index, sampleCount: source.sampleCount(of: index, epoch: epoch),
                    worker: tape.worker, pool: pool)
                tape.begin(
                    batchCount: step.sampleCount,
                    stream: RandomStream(seed: seed, "step", epoch * source.stepsPerEpoch + index))
                sum += source.loss(of: step, tape)
                tape.backward()
                optimizer.update(tape)
            }
            losses.withLock { [sum] in $0[tape.worker] = sum }
        }
        return losses.withLock { $0.reduce(0, +) }
    }

    public func parameters() -> [String: StoredTensor] { networkParameters.tensors() }
    public func restore(parameters: [String: StoredTensor]) throws { try networkParameters.restore(parameters) }
    public func optimizerState() -> [String: StoredTensor] { optimizer.tensors() }
    public func restore(optimizerState: [String: StoredTensor]) throws { try optimizer.restore(optimizerState) }
}
