import Foundation
import MarqueeRuntime

/// The bandwidth of this machine's memory with one thread a worker: the better of
///
/// - STREAM's triad, a = b + s · c, counted as STREAM does, 12 bytes an element;
/// - reading alone, Σ b, 4 bytes an element,
///
/// over arrays of 256 MB, far beyond any cache, in large pages where the system has them.
struct BandwidthLimit {
    private static let count = 1 << 26
    private typealias Vector = SIMD16<Float>

    /// Bytes a second: the best of `trials`.
    static func bytesPerSecond(pool: WorkerPool, trials: Int = 5) -> Double {
        let vectors = count / Vector.scalarCount
        // Raw memory, so that neither bounds nor copies are measured; each worker writes its own part of `a`.
        nonisolated(unsafe) let arrays = (0..<3).map { _ in room(vectors) }
        defer { for array in arrays { array.deallocate() } }
        nonisolated(unsafe) let (a, b, c) = (arrays[0], arrays[1], arrays[2])
        pool.run { worker in
            let part = pool.shard(worker, of: vectors)
            for array in arrays {
                (array + part.lowerBound).initialize(repeating: Vector(repeating: 1), count: part.count)
            }
        }
        let clock = ContinuousClock()
        func best(_ bytes: Int, _ body: @Sendable (Range<Int>) -> Void) -> Double {
            let times = (0..<trials).map { _ in
                clock.measure { pool.run { body(pool.shard($0, of: vectors)) } } / .seconds(1)
            }
            return Double(bytes * count) / (times.min() ?? .infinity)
        }
        let triad = best(12) { part in
            for k in part { a[k] = b[k] + 3 * c[k] }
        }
        let reading = best(4) { part in
            var sums = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
            var k = part.lowerBound
            while k + 4 <= part.upperBound {
                sums.0 += b[k]
                sums.1 += b[k + 1]
                sums.2 += b[k + 2]
                sums.3 += b[k + 3]
                k += 4
            }
            // Kept, so that the sum is not left out.
            a[part.lowerBound] = sums.0 + sums.1 + sums.2 + sums.3
        }
        return max(triad, reading)
    }

    private static func room(_ vectors: Int) -> UnsafeMutablePointer<Vector> {
        let bytes = vectors * MemoryLayout<Vector>.stride
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 2 << 20)
        #if os(Linux)
            madvise(memory, bytes, MADV_HUGEPAGE)
        #endif
        return memory.bindMemory(to: Vector.self, capacity: vectors)
    }
}
