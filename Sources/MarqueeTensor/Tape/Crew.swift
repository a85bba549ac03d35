public import MarqueeRuntime

/// The tapes of a worker pool, one a worker, and the memory through which they add things up.
///
/// Every worker runs the same model code on its own shard of the batch; only batch statistics and
/// gradients cross over. Sums are taken in the order of the workers, so that the same seed and the
/// same worker count give the same numbers, bit for bit.
public final class Crew {
    public let pool: WorkerPool
    public private(set) var tapes: [Tape] = []
    private let exchange: UnsafeMutablePointer<Float>
    private static let exchangeWidth = 1 << 16

    public init(pool: WorkerPool) {
        self.pool = pool
        exchange = .allocate(capacity: Self.exchangeWidth * pool.workerCount)
        exchange.initialize(repeating: 0, count: Self.exchangeWidth * pool.workerCount)
        tapes = (0..<pool.workerCount).map { Tape(worker: $0, crew: self) }
    }

    deinit { exchange.deallocate() }

    public var workerCount: Int { pool.workerCount }

    /// Runs `body` on every worker with its tape and returns when all are done.
    public func run(_ body: @Sendable (Tape) -> Void) {
        // Each tape is touched by its own worker alone.
        nonisolated(unsafe) let tapes = tapes
        pool.run { worker in body(tapes[worker]) }
    }

    /// Where worker `worker` shows `count` floats to the others, `offset` floats into the step.
    func board(_ worker: Int, offset: Int, count: Int) -> UnsafeMutablePointer<Float> {
        precondition(offset + count <= Self.exchangeWidth, "batch statistics of more than 65,536 columns a step")
        return exchange + worker * Self.exchangeWidth + offset
    }
}
