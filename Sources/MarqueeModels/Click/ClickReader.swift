internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeTensor

/// What a click model knows beside its network: how questions become numbers, the same in training and in serving.
struct ClickReader: Sendable {
    let inputs: ClickInputs
    let behaviors: HistoryWeights
    let schema: ClickSchema
    var memory: ClickMemory
    /// By signal its mean and deviation over training, which are taken out.
    private(set) var means, deviations: [Float]
    /// Deciles of what events are worth, such as dwell; empty where all are worth the same.
    let valueEdges: [Float]

    /// - Parameter occasions: some to learn from, for means and deviations of signals.
    init(
        _ inputs: ClickInputs, behaviors: HistoryWeights, schema: ClickSchema, memory: ClickMemory, values: [Float],
        occasions: some Sequence<Occasion>
    ) {
        (self.inputs, self.behaviors, self.schema, self.memory) = (inputs, behaviors, schema, memory)
        let sorted = values.filter { $0.isFinite }.sorted()
        let edges = sorted.isEmpty ? [] : (1..<10).map { sorted[$0 * sorted.count / 10] }
        valueEdges = sorted.first == sorted.last ? [] : edges
        let width = inputs.signals.count
        var (sums, squares, count) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width), 0.0)
        means = [Float](repeating: 0, count: width)
        deviations = [Float](repeating: 1, count: width)
        for occasion in occasions where width > 0 {
            write(occasion) { index, value in
                sums[index % width] += Double(value)
                squares[index % width] += Double(value) * Double(value)
            }
            count += Double(occasion.items.count)
        }
        guard count > 0 else { return }
        means = sums.map { Float($0 / count) }
        deviations = zip(sums, squares).map { sum, square in
            let variance = square / count - sum / count * (sum / count)
            return variance > 1e-8 ? Float(variance.squareRoot()) : 1
        }
    }

    var itemCount: Int { memory.itemCount }

    /// Of a history what counts.
    func read(_ history: History) -> History {
        if behaviors.weights == [1] { return history }
        return History(history.filter { behaviors.counts($0.behavior) })
    }

    /// The signals of an occasion's candidates, row-major, mean 0 and deviation 1 over training.
    func write(_ occasion: Occasion, into row: (_ index: Int, _ value: Float) -> Void) {
        let width = inputs.signals.count
        guard width > 0 else { return }
        memory.write(
            inputs.signals, of: occasion.items, history: occasion.history, read: inputs.length,
            at: occasion.context.time, occasion.known
        ) { index, value in
            row(index, (value - means[index % width]) / deviations[index % width])
        }
    }

    /// 0 where a value says nothing, else 1 + its decile.
    func bucket(value: Float) -> Int32 {
        valueEdges.isEmpty || !value.isFinite ? 0 : Int32(1 + valueEdges.count { $0 <= value })
    }

    /// Logarithmic buckets of the hours from an event to the question, 1...15; 0 where a time is not known.
    static func bucket(from time: Int64, to moment: Int64?) -> Int32 {
        guard let moment, time > 0, moment >= time else { return 0 }
        return Int32(1 + min(14, log2(1 + Double(moment - time) / 3_600_000)))
    }

    static let ageCount = 16
    static let valueCount = 11

    // MARK: Files

    func save(to artifact: inout Artifact) throws {
        try schema.save(to: &artifact)
        memory.save(to: &artifact)
        artifact.store(behaviors)
        artifact.store(means, "signals.means", shape: [means.count])
        artifact.store(deviations, "signals.deviations", shape: [deviations.count])
        artifact.store(valueEdges, "value-edges", shape: [valueEdges.count])
    }

    init(_ inputs: ClickInputs, from artifact: borrowing Artifact, itemCount: Int) throws {
        self.inputs = inputs
        behaviors = try artifact.historyWeights()
        schema = try ClickSchema(from: artifact, itemCount: itemCount)
        memory = try ClickMemory(from: artifact, itemCount: itemCount)
        means = try artifact.floats("signals.means", shape: [inputs.signals.count])
        deviations = try artifact.floats("signals.deviations", shape: [inputs.signals.count])
        valueEdges = try artifact.floats("value-edges", shape: artifact.shape("value-edges", rank: 1))
    }
}
