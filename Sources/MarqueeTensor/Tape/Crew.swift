public import MarqueeRuntime

/// The tapes of a worker pool, one a worker, and the memory through which they exchange.
///
/// Every worker runs the same model code on its own shard of the batch; only batch statistics, node rows and
/// gradients cross over. Sums are taken in the order of the workers, so that the same seed and the
/// same worker count give the same numbers, bit for bit.
public final class Crew {
    public let pool: WorkerPool
    /// The number format of nodes' rows along edges.
    public let messages: MessageForm
    public private(set) var tapes: [Tape] = []
    let memory: ExchangeMemory

    public init(pool: WorkerPool, messages: MessageForm = .float32) {
        self.pool = pool
        self.messages = messages
        memory = ExchangeMemory(workerCount: pool.workerCount)
        tapes = (0..<pool.workerCount).map { Tape(worker: $0, crew: self) }
    }

    public var workerCount: Int { pool.workerCount }

    /// Runs `body` on every worker with its tape and returns when all are done.
    public func run(_ body: @Sendable (Tape) -> Void) {
        // Each tape is touched by its own worker alone.
        nonisolated(unsafe) let tapes = tapes
        pool.run { worker in body(tapes[worker]) }
    }
}
