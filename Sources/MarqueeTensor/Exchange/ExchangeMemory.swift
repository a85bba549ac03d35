internal import CMarqueeKernels
internal import MarqueeRuntime
internal import Synchronization

/// The memory through which the workers of a ``Crew`` exchange: each part of it is written by one worker, and read
/// by the others behind a barrier.
final class ExchangeMemory: Sendable {
    private let workerCount: Int
    /// [workers, width].
    private let statistics: AlignedBuffer<Float>
    private static let width = 1 << 16
    private let buffers = Mutex(Buffers())

    /// By the order in which a step asks for them.
    private struct Buffers {
        var rows: [AlignedBuffer<Float>] = []
        /// An entry a worker.
        var lookups: [AlignedBuffer<mq_lookup>] = []
    }

    init(workerCount: Int) {
        self.workerCount = workerCount
        statistics = AlignedBuffer(repeating: 0, count: Self.width * workerCount)
    }

    /// What worker `worker` writes of a step's statistics, `offset` floats into them.
    func statistics(of worker: Int, offset: Int, count: Int) -> UnsafeMutablePointer<Float> {
        precondition(offset + count <= Self.width, "batch statistics of more than 65,536 columns a step")
        return statistics.pointer + worker * Self.width + offset
    }

    /// The buffer of a step's `index`-th node tensor; the first of a step that needs more makes it larger.
    func rows(_ index: Int, count: Int) -> UnsafeMutablePointer<Float> {
        buffers.withLock { buffers in
            if index == buffers.rows.count {
                buffers.rows.append(AlignedBuffer(count: count))
            } else if buffers.rows[index].count < count {
                buffers.rows[index] = AlignedBuffer(count: count)
            }
            return buffers.rows[index]
        }.pointer
    }

    /// Every worker's entry of a step's `index`-th lookup.
    func lookups(_ index: Int) -> UnsafeMutableBufferPointer<mq_lookup> {
        buffers.withLock { buffers in
            if index == buffers.lookups.count {
                buffers.lookups.append(AlignedBuffer(repeating: mq_lookup(), count: workerCount))
            }
            return buffers.lookups[index]
        }.elements
    }
}
