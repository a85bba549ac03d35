internal import Foundation
public import MarqueeRuntime

/// Where a fit runs: seed, threads, who listens, and where its checkpoints lie.
public struct FitContext: Sendable {
    public var seed: UInt64
    public var pool: WorkerPool
    public var progress: any ProgressObserver
    /// Told of each finished epoch; the learning curve.
    public var epochFinished: @Sendable (EpochRecord) -> Void
    /// Where an interrupted fit leaves off and goes on; nil to keep none.
    public var checkpoint: Checkpoint?
    /// Asked between the steps of training; where true, the fit writes its checkpoint and throws ``Interrupted``. The
    /// process-wide `Interruption` (Ctrl-C) unless set.
    public var isStopRequested: @Sendable () -> Bool = { Interruption.isRequested }

    public init(
        seed: UInt64 = 1, pool: WorkerPool = .shared, progress: any ProgressObserver = SilentProgress(),
        checkpoint: Checkpoint? = nil, epochFinished: @escaping @Sendable (EpochRecord) -> Void = { _ in }
    ) {
        self.seed = seed
        self.pool = pool
        self.progress = progress
        self.checkpoint = checkpoint
        self.epochFinished = epochFinished
    }
}

extension FitContext {
    /// The context of a model that is fitted as a part of another: a checkpoint of its own, and no
    /// place in the whole's learning curve.
    func part(_ name: String) -> FitContext {
        var context = self
        context.checkpoint = checkpoint.map { Checkpoint(url: $0.url.appendingPathExtension(name)) }
        context.epochFinished = { _ in }
        return context
    }
}
