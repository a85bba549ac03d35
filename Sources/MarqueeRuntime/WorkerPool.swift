internal import CMarqueeKernels
internal import Foundation

/// A fixed set of threads that share short parallel regions.
///
/// A region costs a few microseconds, because idle workers spin before they sleep, so that a
/// training step of a third of a millisecond can be cut into shards. Work is cut by worker number,
/// never by who is free, so that the same worker count gives the same result, bit for bit.
///
/// Regions from different threads take turns; a region opened inside another runs its shards one
/// after the other on the thread that opened it.
public final class WorkerPool: @unchecked Sendable {
    // Unchecked: `handle` is opened and closed here alone and `turn` serializes its callers.
    private let handle: OpaquePointer?
    private let turn = NSLock()

    /// How many shards a region has.
    public let workerCount: Int

    /// The pool of this process, one worker a core unless `MARQUEE_WORKERS` says otherwise.
    public static let shared = WorkerPool(
        workerCount: ProcessInfo.processInfo.environment["MARQUEE_WORKERS"].flatMap(Int.init)
            ?? ProcessInfo.processInfo.activeProcessorCount)

    /// A pool of `workerCount` workers, the calling thread included; of one, when threads cannot be had.
    public init(workerCount: Int) {
        let handle = workerCount > 1 ? mq_pool_create(Int32(clamping: workerCount)) : nil
        self.handle = handle
        self.workerCount = handle == nil ? 1 : workerCount
    }

    deinit {
        if let handle { mq_pool_destroy(handle) }
    }

    /// Runs `body(w)` once for every worker `w` in `0..<workerCount` and returns when all are done.
    public func run(_ body: @Sendable (Int) -> Void) {
        guard let handle, mq_pool_inside() == 0 else {
            for worker in 0..<workerCount { body(worker) }
            return
        }
        turn.lock()
        defer { turn.unlock() }
        withoutActuallyEscaping(body) { body in
            let region = Region(body: body)
            mq_pool_run(
                handle,
                { context, worker in
                    guard let context else { return }
                    Unmanaged<Region>.fromOpaque(context).takeUnretainedValue().body(Int(worker))
                },
                Unmanaged.passUnretained(region).toOpaque())
        }
    }

    /// Inside ``run(_:)``: returns once every worker has arrived. Every worker must call it equally
    /// often, and the region must not be nested.
    public func barrier() {
        if let handle { mq_pool_barrier(handle) }
    }

    /// The part of `0..<count` that belongs to worker `worker`: contiguous, in order, sizes at most
    /// one `alignment` apart.
    public func shard(_ worker: Int, of count: Int, alignment: Int = 1) -> Range<Int> {
        let blocks = (count + alignment - 1) / alignment
        let lower = min(count, blocks * worker / workerCount * alignment)
        let upper = min(count, blocks * (worker + 1) / workerCount * alignment)
        return lower..<upper
    }

    private final class Region {
        let body: @Sendable (Int) -> Void
        init(body: @escaping @Sendable (Int) -> Void) { self.body = body }
    }
}

extension WorkerPool {
    /// The values of `transform` over `0..<count`, computed in parallel, in order.
    ///
    /// Items are handed out one at a time, so uneven ones balance; `transform` must depend on its
    /// index alone.
    public func map<Value: Sendable>(
        _ count: Int, _ transform: @Sendable (Int) throws -> Value
    ) rethrows -> [Value] {
        try map(count, scratch: {}) { _, index in try transform(index) }
    }

    /// The same with memory that each worker makes once, by `scratch`, and reuses from index to index.
    public func map<Scratch, Value: Sendable>(
        _ count: Int, scratch: @Sendable () -> Scratch,
        _ transform: @Sendable (inout Scratch, Int) throws -> Value
    ) rethrows -> [Value] {
        let results = Slots<Value>(count: count)
        run { _ in
            var memory = scratch()
            while let index = results.take() {
                results.set(index, Result { try transform(&memory, index) })
            }
        }
        return try results.values.map { try $0!.get() }  // Every slot was taken and set.
    }

    // Unchecked: each slot is written by the one worker that took it and read after the region.
    private final class Slots<Value>: @unchecked Sendable {
        private let lock = NSLock()
        private var next = 0
        private(set) var values: [Result<Value, any Error>?]

        init(count: Int) { values = Array(repeating: nil, count: count) }

        func take() -> Int? {
            lock.withLock {
                guard next < values.count else { return nil }
                defer { next += 1 }
                return next
            }
        }

        func set(_ index: Int, _ value: Result<Value, any Error>) {
            lock.withLock { values[index] = value }
        }
    }
}
