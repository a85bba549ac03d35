internal import Foundation
internal import MarqueeRuntime
internal import Synchronization
internal import Testing

@Suite("Worker pool")
struct WorkerPoolTests {
    /// Counters, one a worker, that any thread may raise.
    final class Counts: @unchecked Sendable {
        // Unchecked: behind a lock, one that ThreadSanitizer knows (it takes a `Mutex` for a race).
        private let lock = NSLock()
        private var counts: [Int]
        init(_ count: Int) { counts = .init(repeating: 0, count: count) }
        func raise(_ index: Int) { lock.withLock { counts[index] += 1 } }
        var values: [Int] { lock.withLock { counts } }
    }

    @Test("every worker runs once in a region", arguments: [1, 2, 3, 8])
    func once(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        #expect(pool.workerCount == workers)
        let counts = Counts(workers)
        pool.run { counts.raise($0) }
        #expect(counts.values == .init(repeating: 1, count: workers))
    }

    @Test("less than one worker is one", arguments: [0, -3])
    func atLeastOne(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        #expect(pool.workerCount == 1)
        let counts = Counts(1)
        pool.run { counts.raise($0) }
        pool.barrier()
        #expect(counts.values == [1])
    }

    @Test("many short regions, some after the workers went to sleep", arguments: [2, 3])
    func manyRegions(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        let counts = Counts(workers)
        for region in 0..<5000 {
            if region % 500 == 0 { usleep(2000) }  // Longer than they spin; no result depends on it.
            pool.run { counts.raise($0) }
        }
        #expect(counts.values == .init(repeating: 5000, count: workers))
    }

    @Test("what a worker wrote before a barrier the others read after it", arguments: [1, 2, 3, 5])
    func barrier(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        let board = Counts(workers)
        let wrong = Atomic(0)
        pool.run { worker in
            for round in 1...300 {
                board.raise(worker)
                pool.barrier()
                if board.values != .init(repeating: round, count: workers) { wrong.add(1, ordering: .relaxed) }
                // Nobody raises the next round before everybody has looked.
                pool.barrier()
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    @Test("a region inside a region runs its shards on the thread that opened it", arguments: [1, 2, 3])
    func nested(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        let other = WorkerPool(workerCount: 2)
        let inner = Counts(workers)
        let foreign = Counts(2)
        let elsewhere = Atomic(0)
        pool.run { _ in
            let thread = pthread_self()
            pool.run { worker in
                inner.raise(worker)
                if pthread_equal(thread, pthread_self()) == 0 { elsewhere.add(1, ordering: .relaxed) }
            }
            other.run { foreign.raise($0) }
        }
        #expect(inner.values == .init(repeating: workers, count: workers))
        #expect(foreign.values == .init(repeating: workers, count: 2))
        #expect(elsewhere.load(ordering: .relaxed) == 0)
        // The pool is free again.
        pool.run { inner.raise($0) }
        #expect(inner.values == .init(repeating: workers + 1, count: workers))
    }

    @Test("regions from several threads take turns")
    func concurrentCallers() async {
        let pool = WorkerPool(workerCount: 3)
        let counts = Counts(3)
        // Opened, closed, and opened while another was open.
        let regions = Counts(3)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<200 {
                        pool.run { worker in
                            if worker == 0 {
                                regions.raise(0)
                                if regions.values[0] != regions.values[1] + 1 { regions.raise(2) }
                            }
                            counts.raise(worker)
                            pool.barrier()
                            if worker == 0 { regions.raise(1) }
                        }
                    }
                }
            }
        }
        #expect(counts.values == [800, 800, 800])
        #expect(regions.values == [800, 800, 0])
    }

    @Test("shards cover everything once, in order, and differ by one block at most", arguments: [1, 2, 3, 7])
    func shards(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        for count in [0, 1, 2, 6, 7, 15, 16, 17, 100, 1003] {
            for alignment in [1, 4, 16] {
                let shards = (0..<workers).map { pool.shard($0, of: count, alignment: alignment) }
                #expect(shards.flatMap(Array.init) == Array(0..<count))
                #expect(shards.allSatisfy { $0.isEmpty || $0.lowerBound % alignment == 0 })
                let blocks = shards.map { ($0.count + alignment - 1) / alignment }
                #expect((blocks.max() ?? 0) - (blocks.min() ?? 0) <= 1)
            }
        }
    }

    @Test("map keeps the order, whoever computes what", arguments: [1, 2, 3])
    func mapOrder(workers: Int) {
        let pool = WorkerPool(workerCount: workers)
        // Uneven items: the first costs most.
        let squares = pool.map(200) { index in (0..<(200 - index) * 50).reduce(0) { $0 &+ $1 } &* 0 + index * index }
        #expect(squares == (0..<200).map { $0 * $0 })
        #expect(pool.map(0) { $0 }.isEmpty)
    }

    @Test("map makes scratch memory once a worker at most")
    func mapScratch() {
        let pool = WorkerPool(workerCount: 3)
        let made = Atomic(0)
        let sums = pool.map(
            100,
            scratch: { () -> [Int] in
                made.add(1, ordering: .relaxed)
                return []
            }
        ) { scratch, index in
            scratch.append(index)
            return scratch.count
        }
        #expect(sums.count == 100)
        #expect(made.load(ordering: .relaxed) <= 3)
    }

    @Test("map throws the error of the first index that failed")
    func mapThrows() {
        struct Failure: Error, Equatable {
            var index: Int
        }
        let pool = WorkerPool(workerCount: 3)
        #expect(throws: Failure(index: 10)) {
            try pool.map(100) { index in
                if index >= 10, index % 5 == 0 { throw Failure(index: index) }
                return index
            }
        }
        #expect(pool.map(3) { $0 } == [0, 1, 2])
    }
}
