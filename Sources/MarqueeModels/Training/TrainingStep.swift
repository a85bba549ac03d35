internal import MarqueeRuntime

/// A step of training as one worker sees it.
public struct TrainingStep: Sendable {
    /// The epoch, and the step in it, both from 0.
    public let epoch, index: Int
    /// Samples of the step, all workers' together.
    public let sampleCount: Int
    let worker: Int
    let pool: WorkerPool

    /// This worker's part of `0..<count`, such as of the step's samples or of its sequences: the workers' parts are
    /// contiguous, in order, disjoint, and make up the whole.
    public func shard(of count: Int) -> Range<Int> { pool.shard(worker, of: count) }
}
