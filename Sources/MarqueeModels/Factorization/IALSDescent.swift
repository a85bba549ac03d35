internal import CMarqueeKernels
internal import COpenBLAS
public import MarqueeData
public import MarqueeRuntime
internal import MarqueeTensor
internal import Synchronization

/// The alternation of ``IALS``, one iteration at a time.
///
/// Rows are solved in blocks of a fixed size that workers take in turn; a row's solution depends on
/// its block alone, so that any worker count gives the same factors.
public final class IALSDescent {
    private let config: IALS.Config
    private let pool: WorkerPool
    private let users, items: Side

    /// Starts from factors drawn from N(0, σ/√d).
    public init(_ config: IALS.Config, _ interactions: InteractionMatrix, seed: UInt64, pool: WorkerPool = .shared) {
        let config = config.resolved(for: interactions)
        self.config = config
        self.pool = pool
        users = Side(interactions, config, RandomStream(seed: seed, "ials.users"))
        items = Side(interactions.transposed(), config, RandomStream(seed: seed, "ials.items"))
        BLAS.prepare()
    }

    /// Solves for the users, then for the items.
    public func iterate() {
        solve(users, against: items)
        solve(items, against: users)
    }

    /// The function that is minimized, at the current factors.
    public func loss() -> Double {
        let (w, h) = (gram(users, scale: 1), gram(items, scale: 1))
        let implicit = zip(w, h).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        let observed = pool.map(users.blockCount) { [users, items] block in
            users.withRun(block, against: items, scratch: nil) { run in mq_ials_observed_loss(&run) }
        }.reduce(0, +)
        return observed + Double(config.alpha) * implicit + users.penalty() + items.penalty()
    }

    /// The factors without padding.
    public var factors: FactorScorer {
        FactorScorer(rank: config.factors, userFactors: users.unpadded(), itemFactors: items.unpadded())
    }

    /// Interactions that a pass goes over.
    var entryCount: Int { users.matrix.entryCount }

    /// Goes on from these factors.
    /// - Throws: ``ModelError`` when they are of another shape.
    func restore(_ factors: FactorScorer) throws {
        guard factors.rank == config.factors, factors.userCount == users.count, factors.itemCount == items.count else {
            throw ModelError.badArtifact(path: "factors", reason: "they are of another fit")
        }
        users.fill(factors.userFactors)
        items.fill(factors.itemFactors)
    }

    private func solve(_ side: Side, against fixed: Side) {
        let gram = gram(fixed, scale: config.alpha)
        let next = Atomic<Int>(0)
        pool.run { [config] _ in
            let scratch = Scratch(rows: Side.block, stride: side.stride)
            while true {
                let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard block < side.blockCount else { break }
                switch config.solver {
                case .conjugateGradient: side.descend(block, against: fixed, gram, steps: config.steps, scratch)
                case .cholesky: side.solve(block, against: fixed, gram)
                }
            }
        }
    }

    /// scale · YᵀY over a side's factors, [stride, stride]: its rows are shared out.
    private func gram(_ side: Side, scale: Float) -> [Float] {
        let stride = side.stride
        var gram = [Float](repeating: 0, count: stride * stride)
        gram.withUnsafeMutableBufferPointer { gram in
            let place = SharedPointer(gram.baseAddress!)  // A stride is never 0.
            let width = 16
            pool.run { [workers = pool.workerCount] worker in
                for part in Swift.stride(from: worker, to: stride / width, by: workers) {
                    BLAS.multiply(
                        m: width, n: stride, k: side.count, alpha: scale, side.table + part * width, transposeA: true,
                        lda: stride, side.table, ldb: stride, into: place.pointer + part * width * stride)
                }
            }
        }
        return gram
    }
}

extension IALSDescent {
    /// What one worker needs beside the factors.
    private final class Scratch {
        let product, residual, direction, norm: AlignedBuffer<Float>

        init(rows: Int, stride: Int) {
            product = AlignedBuffer(repeating: 0, count: rows * stride)
            residual = AlignedBuffer(repeating: 0, count: rows * stride)
            direction = AlignedBuffer(repeating: 0, count: rows * stride)
            norm = AlignedBuffer(repeating: 0, count: rows)
        }
    }

    /// Users or items: their interactions and their factors, each row padded by zeros to whole vectors.
    // Unchecked: `table` is written through `descend` and `solve` only, each block by the one worker
    // that took it, while the other side is only read.
    private final class Side: @unchecked Sendable {
        /// Rows solved together: enough for the matrix product to run at full speed, few enough to balance.
        static let block = 64

        let matrix: InteractionMatrix
        let config: IALS.Config
        let ridge: [Float]
        let stride: Int
        private let memory: AlignedBuffer<Float>
        var table: UnsafeMutablePointer<Float> { memory.pointer }

        init(_ matrix: InteractionMatrix, _ config: IALS.Config, _ stream: RandomStream) {
            self.matrix = matrix
            self.config = config
            stride = (config.factors + 15) / 16 * 16
            memory = AlignedBuffer(repeating: 0, count: matrix.rowCount * stride)
            ridge = (0..<matrix.rowCount).map {
                config.ridge(count: matrix.offsets[$0 + 1] - matrix.offsets[$0], others: matrix.columnCount)
            }
            var stream = stream
            let scale = Double(config.initialScale) / Double(config.factors).squareRoot()
            for row in 0..<matrix.rowCount {
                for column in Swift.stride(from: 0, to: config.factors, by: 2) {
                    let pair = stream.normalPair()
                    table[row * stride + column] = Float(scale * pair.0)
                    if column + 1 < config.factors { table[row * stride + column + 1] = Float(scale * pair.1) }
                }
            }
        }

        var count: Int { matrix.rowCount }
        var blockCount: Int { (count + Self.block - 1) / Self.block }

        func withRun<Result>(
            _ block: Int, against fixed: Side, scratch: Scratch?, _ body: (inout mq_ials_run) -> Result
        ) -> Result {
            let first = block * Self.block
            return matrix.offsets.withUnsafeBufferPointer { offsets in
                matrix.columns.withUnsafeBufferPointer { columns in
                    ridge.withUnsafeBufferPointer { ridge in
                        var run = mq_ials_run(
                            fixed: fixed.table, stride: stride, offsets: offsets.baseAddress! + first,
                            columns: columns.baseAddress, ridge: ridge.baseAddress! + first,
                            rows: min(Self.block, count - first), x: table + first * stride,
                            product: scratch?.product.pointer, residual: scratch?.residual.pointer,
                            direction: scratch?.direction.pointer, norm: scratch?.norm.pointer)
                        return body(&run)
                    }
                }
            }
        }

        /// Conjugate gradients (Takács, Pilászy and Tikk, RecSys 2011) for all rows of a block at once.
        func descend(_ block: Int, against fixed: Side, _ gram: [Float], steps: Int, _ scratch: Scratch) {
            withRun(block, against: fixed, scratch: scratch) { run in
                func multiply(_ rows: UnsafePointer<Float>) {
                    BLAS.multiply(m: run.rows, n: stride, k: stride, rows, gram, into: scratch.product.pointer)
                }
                multiply(run.x)
                mq_ials_begin(&run)
                for _ in 0..<steps {
                    multiply(scratch.direction.pointer)
                    mq_ials_step(&run)
                }
            }
        }

        /// The exact solution, row by row, by Cholesky factors.
        func solve(_ block: Int, against fixed: Side, _ gram: [Float]) {
            let d = config.factors
            var a = [Float](repeating: 0, count: d * d)
            var own: [Float] = []
            for row in block * Self.block..<min(count, (block + 1) * Self.block) {
                let columns = matrix[Int32(row)]
                let x = table + row * stride
                x.update(repeating: 0, count: stride)
                if columns.isEmpty { continue }
                own.removeAll(keepingCapacity: true)
                for column in columns {
                    own.append(contentsOf: UnsafeBufferPointer(start: fixed.table + Int(column) * stride, count: d))
                }
                for j in 0..<d {
                    for k in 0..<d { a[j * d + k] = gram[j * stride + k] }
                    a[j * d + j] += ridge[row]
                }
                let ones = [Float](repeating: 1, count: columns.count)
                BLAS.multiply(m: d, n: d, k: columns.count, own, transposeA: true, own, beta: 1, into: &a)
                BLAS.multiply(m: 1, n: d, k: columns.count, ones, own, into: x)
                var (n, one, info) = (Int32(d), Int32(1), Int32(0))
                spotrf_("L", &n, &a, &n, &info)
                spotrs_("L", &n, &one, a, &n, x, &n, &info)
            }
        }

        /// λ Σ (n + α₀·others)^ν ‖x‖².
        func penalty() -> Double {
            var sum = 0.0
            for row in 0..<count {
                var norm: Float = 0
                for j in 0..<config.factors { norm += table[row * stride + j] * table[row * stride + j] }
                sum += Double(ridge[row]) * Double(norm)
            }
            return sum
        }

        func fill(_ factors: [Float]) {
            precondition(factors.count == count * config.factors)
            for row in 0..<count {
                for j in 0..<config.factors { table[row * stride + j] = factors[row * config.factors + j] }
            }
        }

        func unpadded() -> [Float] {
            [Float](unsafeUninitializedCapacity: count * config.factors) { buffer, written in
                for row in 0..<count {
                    let part = UnsafeMutableBufferPointer(
                        rebasing: buffer[row * config.factors..<(row + 1) * config.factors])
                    _ = part.initialize(from: UnsafeBufferPointer(start: table + row * stride, count: config.factors))
                }
                written = count * config.factors
            }
        }
    }
}
