import COpenBLASBench
import Foundation
import MarqueeRuntime

/// How fast this machine could train a tower of linear layers if nothing but its matrix products took
/// time: for a shard of rows on every worker, all products of the forward and backward pass,
///
///     Y = X Wᵀ,  dX = dY W,  dW = dYᵀ X,
///
/// by OpenBLAS sgemm, one thread a worker.
struct SgemmLimit {
    /// From the input to the last hidden layer.
    let widths: [Int]
    /// Rows a step, cut evenly over the workers.
    let batch: Int

    /// Samples a second: the best of `trials`, each of `steps` steps.
    func samplesPerSecond(pool: WorkerPool, trials: Int = 7, steps: Int = 400) -> Double {
        openblas_set_num_threads(1)
        let best = (0..<trials).map { _ in seconds(steps: steps, pool: pool) }.min() ?? .infinity
        return Double(batch * steps) / best
    }

    private func seconds(steps: Int, pool: WorkerPool) -> Double {
        let rows = batch / pool.workerCount
        let start = ContinuousClock.now
        pool.run { _ in
            var layers = zip(widths, widths.dropFirst()).map { Layer(rows: rows, width: $0, out: $1) }
            for _ in 0..<steps {
                for index in layers.indices { layers[index].forward() }
                for index in layers.indices.reversed() { layers[index].backward() }
            }
        }
        return (ContinuousClock.now - start) / .seconds(1)
    }

    private struct Layer {
        let rows, width, out: Int32
        var x, y, weight, dx, dy, dWeight: [Float]

        init(rows: Int, width: Int, out: Int) {
            self.rows = Int32(rows)
            self.width = Int32(width)
            self.out = Int32(out)
            x = [Float](repeating: 0.01, count: rows * width)
            y = [Float](repeating: 0, count: rows * out)
            weight = [Float](repeating: 0.01, count: out * width)
            dx = x
            dy = [Float](repeating: 0.01, count: rows * out)
            dWeight = weight
        }

        mutating func forward() {
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, rows, out, width, 1, x, width, weight, width, 0, &y, out)
        }

        mutating func backward() {
            cblas_sgemm(
                CblasRowMajor, CblasTrans, CblasNoTrans, out, width, rows, 1, dy, out, x, width, 0, &dWeight, width)
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, width, out, 1, dy, out, weight, width, 0, &dx, width)
        }
    }
}
