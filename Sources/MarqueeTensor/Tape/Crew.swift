internal import CMarqueeKernels
public import MarqueeRuntime
internal import Synchronization

/// The tapes of a worker pool, one a worker, and the memory through which they add things up.
///
/// Every worker runs the same model code on its own shard of the batch; only batch statistics and
/// gradients cross over. Sums are taken in the order of the workers, so that the same seed and the
/// same worker count give the same numbers, bit for bit.
public final class Crew {
    public let pool: WorkerPool
    /// The number format of nodes' rows along edges.
    public let messages: MessageForm
    public private(set) var tapes: [Tape] = []
    private let exchange: UnsafeMutablePointer<Float>
    private static let exchangeWidth = 1 << 16
    private let shown = Mutex(Shown())

    /// What the workers show each other in a step, by the order in which they do: node tensors and lookups.
    private struct Shown: @unchecked Sendable {
        // Unchecked: pointers to memory whose rows have one writer each; readers wait at a barrier.
        var buffers: [(floats: UnsafeMutablePointer<Float>, count: Int)] = []
        var lookups: [[mq_lookup]] = []
    }

    public init(pool: WorkerPool, messages: MessageForm = .float32) {
        self.pool = pool
        self.messages = messages
        exchange = .allocate(capacity: Self.exchangeWidth * pool.workerCount)
        exchange.initialize(repeating: 0, count: Self.exchangeWidth * pool.workerCount)
        tapes = (0..<pool.workerCount).map { Tape(worker: $0, crew: self) }
    }

    deinit {
        exchange.deallocate()
        shown.withLock { for buffer in $0.buffers { buffer.floats.deallocate() } }
    }

    public var workerCount: Int { pool.workerCount }

    /// Runs `body` on every worker with its tape and returns when all are done.
    public func run(_ body: @Sendable (Tape) -> Void) {
        // Each tape is touched by its own worker alone.
        nonisolated(unsafe) let tapes = tapes
        pool.run { worker in body(tapes[worker]) }
    }

    /// The memory of a step's `index`-th shared node tensor; the first of a step that needs more makes it larger.
    func shared(_ index: Int, count: Int) -> UnsafeMutablePointer<Float> {
        shown.withLock { shown -> Floats in
            if index == shown.buffers.count {
                shown.buffers.append((alignedFloats(count), count))
            } else if shown.buffers[index].count < count {
                shown.buffers[index].floats.deallocate()
                shown.buffers[index] = (alignedFloats(count), count)
            }
            return Floats(pointer: shown.buffers[index].floats)
        }.pointer
    }

    func post(_ lookup: mq_lookup, _ index: Int, worker: Int) {
        let posted = Posted(lookups: [lookup])
        shown.withLock { shown in
            if index == shown.lookups.count {
                shown.lookups.append(.init(repeating: mq_lookup(), count: workerCount))
            }
            shown.lookups[index][worker] = posted.lookups[0]
        }
    }

    func posted(_ index: Int) -> [mq_lookup] { shown.withLock { Posted(lookups: $0.lookups[index]) }.lookups }

    // Unchecked, both: pointers cross the lock, what they point to waits for the barrier.
    private struct Floats: @unchecked Sendable { let pointer: UnsafeMutablePointer<Float> }
    private struct Posted: @unchecked Sendable { let lookups: [mq_lookup] }

    /// Where worker `worker` shows `count` floats to the others, `offset` floats into the step.
    func board(_ worker: Int, offset: Int, count: Int) -> UnsafeMutablePointer<Float> {
        precondition(offset + count <= Self.exchangeWidth, "batch statistics of more than 65,536 columns a step")
        return exchange + worker * Self.exchangeWidth + offset
    }
}

/// The number format in which a node's row is sent along its edges; sums are taken in 32 bits.
///
/// Products along edges are bound by how fast rows are read. `bfloat16` keeps a float's exponent and 8 bits of its
/// significand: half as much to read, each number off by at most 1 part in 256.
public enum MessageForm: String, Codable, Sendable, CaseIterable { case float32, bfloat16 }
