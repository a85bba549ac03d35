internal import CMarqueeKernels
internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

/// A row-major matrix of a test.
struct Matrix {
    var rows, columns: Int
    var values: [Float]

    init(_ rows: Int, _ columns: Int, _ values: [Float]) {
        precondition(values.count == rows * columns)
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// Uniform in ±`scale`, no closer to zero than `gap`, where some functions have their kinks.
    static func random(_ rows: Int, _ columns: Int, seed: Int, scale: Float = 1.5, gap: Float = 0) -> Matrix {
        let stream = RandomStream(seed: 7, "matrix", seed)
        return Matrix(
            rows, columns,
            (0..<rows * columns).map {
                let value = Float(2 * stream.unit(at: UInt64($0)) - 1) * scale
                return value < 0 ? value - gap : value + gap
            })
    }

    var parameter: Parameter {
        let parameter = Parameter(rows: rows, columns: columns, .constant(0), stream: RandomStream(key: 0))
        parameter.values = values
        return parameter
    }

    /// Rows `range`.
    func slice(_ range: Range<Int>) -> Matrix {
        Matrix(range.count, columns, Array(values[range.lowerBound * columns..<range.upperBound * columns]))
    }
}

/// What an operation did to its inputs.
struct Outcome {
    var value: [Float]
    /// Of each input.
    var gradients: [[Float]]
}

extension Tape {
    /// Lets `upstream` arrive at `y`, as if from later operations.
    func arrive(_ upstream: [Float], at y: Tensor) {
        precondition(upstream.count == y.count)
        guard let target = target(y) else { return }
        for index in upstream.indices {
            target.pointer[index] = target.accumulates ? target.pointer[index] + upstream[index] : upstream[index]
        }
    }

    /// The gradients that the step's gathers left at `table`, added up by row.
    func gradientValues(_ table: EmbeddingTable) -> [Float] {
        var sums = [Float](repeating: 0, count: table.rowCount * table.width)
        for gradients in rowGradients where gradients.table.toOpaque() == Unmanaged.passUnretained(table).toOpaque() {
            for index in 0..<Int(gradients.rows.count) {
                for column in 0..<table.width {
                    sums[Int(gradients.rows.ids[index]) * table.width + column] +=
                        gradients.rows.gradient[index * gradients.rows.stride + column]
                }
            }
        }
        return sums
    }
}

/// Runs `operation` on one worker, lets `upstream` arrive at its result and walks back.
func run(
    _ inputs: [Parameter], upstream: [Float]? = nil, training: Bool = true,
    stream: RandomStream = RandomStream(key: 0), _ operation: (Tape, [Tensor]) -> Tensor
) -> Outcome {
    let crew = Crew(pool: WorkerPool(workerCount: 1))
    return withExtendedLifetime(crew) {
        let tape = crew.tapes[0]
        tape.begin(batchCount: 1, training: training, stream: stream)
        let y = operation(tape, inputs.map { tape($0) })
        if let upstream {
            tape.arrive(upstream, at: y)
            tape.backward()
        }
        return Outcome(value: y.values, gradients: inputs.map { tape.gradientValues(tape($0)) })
    }
}

/// Runs `loss` on one worker; its value and gradients are of the mean over `batchCount`.
func run(_ inputs: [Parameter], batchCount: Int, loss: (Tape, [Tensor]) -> Double) -> Outcome {
    let crew = Crew(pool: WorkerPool(workerCount: 1))
    return withExtendedLifetime(crew) {
        let tape = crew.tapes[0]
        tape.begin(batchCount: batchCount)
        let sum = loss(tape, inputs.map { tape($0) })
        tape.backward()
        return Outcome(
            value: [Float(sum / Double(batchCount))], gradients: inputs.map { tape.gradientValues(tape($0)) })
    }
}

/// Expects |found - expected| ≤ `absolute` + `relative` · |expected| everywhere.
func expectClose(
    _ found: [Float], _ expected: [Float], absolute: Float = 1e-5, relative: Float = 1e-5, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard found.count == expected.count else {
        Issue.record("\(what): \(found.count) values, expected \(expected.count)", sourceLocation: sourceLocation)
        return
    }
    let wrong = found.indices.filter {
        // Written so that NaN is wrong.
        !(abs(found[$0] - expected[$0]) <= absolute + relative * abs(expected[$0]))
    }
    guard let first = wrong.first else { return }
    Issue.record(
        "\(what): \(wrong.count) of \(found.count) differ; at \(first): \(found[first]), expected \(expected[first])",
        sourceLocation: sourceLocation)
}

/// Expects the gradients of Σ upstream · operation(inputs) to be those of central differences.
///
/// `inputs` are handed to `operation`; `others` are parameters that it reads by itself.
func expectDerivatives(
    of inputs: [Matrix], _ others: [Parameter] = [], step: Float = 0x1p-7, tolerance: Float = 2e-3,
    stream: RandomStream = RandomStream(key: 0), sourceLocation: SourceLocation = #_sourceLocation,
    _ operation: (Tape, [Tensor]) -> Tensor
) {
    let parameters = inputs.map(\.parameter) + others
    let count = run(parameters, stream: stream, operation).value.count
    let upstream = Matrix.random(1, count, seed: 99).values
    let outcome = run(parameters, upstream: upstream, stream: stream, operation)
    expectDifferences(parameters, outcome.gradients, step: step, tolerance: tolerance, sourceLocation: sourceLocation) {
        let values = run(parameters, stream: stream, operation).value
        return zip(values, upstream).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
}

/// The same of a mean loss.
func expectDerivatives(
    of inputs: [Matrix], batchCount: Int, step: Float = 0x1p-7, tolerance: Float = 2e-3,
    sourceLocation: SourceLocation = #_sourceLocation, loss: (Tape, [Tensor]) -> Double
) {
    let parameters = inputs.map(\.parameter)
    let outcome = run(parameters, batchCount: batchCount, loss: loss)
    expectDifferences(parameters, outcome.gradients, step: step, tolerance: tolerance, sourceLocation: sourceLocation) {
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        return withExtendedLifetime(crew) {
            crew.tapes[0].begin(batchCount: batchCount)
            return loss(crew.tapes[0], parameters.map { crew.tapes[0]($0) }) / Double(batchCount)
        }
    }
}

private func expectDifferences(
    _ parameters: [Parameter], _ gradients: [[Float]], step: Float, tolerance: Float, sourceLocation: SourceLocation,
    _ objective: () -> Double
) {
    for (index, parameter) in parameters.enumerated() {
        let start = parameter.values
        let differences = start.indices.map { index -> Float in
            parameter.values[index] = start[index] + step
            let above = objective()
            parameter.values[index] = start[index] - step
            let below = objective()
            parameter.values[index] = start[index]
            return Float((above - below) / (2 * Double(step)))
        }
        expectClose(
            gradients[index], differences, absolute: tolerance, relative: tolerance, "gradient of input \(index)",
            sourceLocation: sourceLocation)
    }
}

/// What each worker of a crew brings back; each writes its own entry.
final class PerWorker<Value>: @unchecked Sendable {
    // Unchecked: entries are written by their own workers alone and read after the region.
    private let entries: UnsafeMutableBufferPointer<Value?>

    init(_ crew: Crew) {
        entries = .allocate(capacity: crew.workerCount)
        entries.initialize(repeating: nil)
    }

    deinit {
        entries.deinitialize()
        entries.deallocate()
    }

    subscript(tape: Tape) -> Value? {
        get { entries[tape.worker] }
        set { entries[tape.worker] = newValue }
    }
}
