internal import CMarqueeKernels
internal import MarqueeRuntime

/// A worker's side of what the workers of a ``Crew`` exchange in a step: statistics of the batch, rows of nodes, ids.
///
/// Its operations are collective, as MPI's: every worker calls the same ones in the same order, each waits for all,
/// and results come in the order of the workers. A tape without a crew is the only worker.
final class Exchange {
    let worker: Int
    let arena: Arena
    /// nil for a tape that only infers.
    private unowned let crew: Crew?
    private(set) var messages = MessageForm.float32
    /// What this step has taken of the crew's memory: floats of statistics, buffers of rows, entries of lookups.
    private var statistics = 0, rows = 0, lookups = 0

    init(worker: Int, crew: Crew?, arena: Arena) {
        self.worker = worker
        self.crew = crew
        self.arena = arena
    }

    var isAlone: Bool { crew == nil }
    var workerCount: Int { crew?.workerCount ?? 1 }

    /// Starts another step; one that trains sends messages in the crew's form.
    func begin(training: Bool) {
        statistics = 0
        rows = 0
        lookups = 0
        messages = training ? crew?.messages ?? .float32 : .float32
    }

    /// Waits for the other workers of the crew.
    func barrier() { crew?.pool.barrier() }

    /// Lets every worker write `count` floats and hands each one's to `merge`, in order of worker.
    func allReduce(
        _ count: Int, write: (UnsafeMutablePointer<Float>) -> Void,
        merge: (_ worker: Int, UnsafePointer<Float>) -> Void
    ) {
        guard let memory = crew?.memory else { return }
        let offset = statistics
        statistics += (count + 15) / 16 * 16
        write(memory.statistics(of: worker, offset: offset, count: count))
        barrier()
        for other in 0..<workerCount { merge(other, memory.statistics(of: other, offset: offset, count: count)) }
    }

    /// Every worker's lookup, in order of worker.
    func allGather(_ lookup: mq_lookup) -> UnsafeBufferPointer<mq_lookup> {
        guard let memory = crew?.memory else {
            let own = arena.allocate(byteCount: MemoryLayout<mq_lookup>.stride)
            return UnsafeBufferPointer(start: own.initializeMemory(as: mq_lookup.self, to: lookup), count: 1)
        }
        defer { lookups += 1 }
        let all = memory.lookups(lookups)
        all[worker] = lookup
        barrier()
        return UnsafeBufferPointer(all)
    }

    /// Memory that all workers see, the next of this step; the worker's own where it is alone.
    func nextBuffer(_ count: Int) -> UnsafeMutablePointer<Float> {
        guard let memory = crew?.memory else { return arena.allocate(Float.self, count) }
        defer { rows += 1 }
        return memory.rows(rows, count: count)
    }
}
