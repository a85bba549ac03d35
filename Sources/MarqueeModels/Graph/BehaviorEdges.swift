internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// The edges of one behavior as nodes attend along them, and the weight that a small network gives them:
///
///     w_uv = 2 σ(c · ReLU(A φ_uv + a) + d),  φ = (recency, value),
///
/// recency from 0 (the oldest interaction) to 1 (the newest), value min–max normalised; both 0 where the
/// data has none. The network sees each of at most 64 buckets of φ once a step, not every edge.
struct BehaviorEdges: Module {
    let edges: AttentionEdges
    /// φ of each bucket: [kinds, 2].
    let features: [Float]
    let hidden, output: Linear

    static let recencyBuckets = 16
    static let valueBuckets = 4

    init(_ matrix: InteractionMatrix, behavior: Int, of log: InteractionLog, nodes: GraphNodes, stream: inout RandomStream) {
        let rows = BipartiteRows(matrix)
        let buckets = Self.buckets(matrix, behavior: behavior, of: log)
        edges = AttentionEdges(
            offsets: rows.offsets, columns: rows.columns,
            kinds: buckets + Self.byItem(buckets, matrix), partition: nodes.partition)
        features = (0..<Self.recencyBuckets * Self.valueBuckets).flatMap { bucket -> [Float] in
            [
                Float(bucket / Self.valueBuckets) / Float(Self.recencyBuckets - 1),
                Float(bucket % Self.valueBuckets) / Float(Self.valueBuckets - 1),
            ]
        }
        hidden = Linear(2, 8, stream: &stream)
        output = Linear(8, 1, .constant(0), stream: &stream)
    }

    /// The weight of each kind: [1, kinds].
    func weights(_ tape: Tape) -> Tensor {
        let count = features.count / 2
        let inputs = tape.constant(features, rows: count, columns: 2)
        let gates = tape.activate(output(hidden(inputs, tape, relu: true), tape), .sigmoid)
        return tape.reshape(tape.scale(gates, by: 2), rows: 1, columns: count)
    }

    /// The bucket of every entry of the matrix: of its newest interaction and its largest value.
    private static func buckets(_ matrix: InteractionMatrix, behavior: Int, of log: InteractionLog) -> [UInt8] {
        var recency = [Float](repeating: 0, count: matrix.entryCount)
        var value = [Float](repeating: 0, count: matrix.entryCount)
        let rows = log.behaviors.isEmpty ? Array(0..<log.count) : (0..<log.count).filter { log.behaviors[$0] == behavior }
        let times = log.timestamps.isEmpty ? nil : rows.map { log.timestamps[$0] }
        let values = log.values.isEmpty ? nil : rows.map { log.values[$0] }
        let (oldest, newest) = (times?.min() ?? 0, times?.max() ?? 0)
        let (least, most) = (values?.min() ?? 0, values?.max() ?? 0)
        guard newest > oldest || most > least else { return [UInt8](repeating: 0, count: matrix.entryCount) }
        for (k, row) in rows.enumerated() {
            guard let entry = matrix.entry(log.users[row], log.items[row]) else { continue }
            if let times, newest > oldest {
                recency[entry] = max(recency[entry], Float(Double(times[k] - oldest) / Double(newest - oldest)))
            }
            if let values, most > least { value[entry] = max(value[entry], (values[k] - least) / (most - least)) }
        }
        return zip(recency, value).map { recency, value in
            let (r, v) = (Int(recency * Float(recencyBuckets - 1) + 0.5), Int(value * Float(valueBuckets - 1) + 0.5))
            return UInt8(r * valueBuckets + v)
        }
    }

    /// The same buckets in the order of the transposed matrix.
    private static func byItem(_ buckets: [UInt8], _ matrix: InteractionMatrix) -> [UInt8] {
        var cursor = [Int](repeating: 0, count: matrix.columnCount + 1)
        for column in matrix.columns { cursor[Int(column) + 1] += 1 }
        for column in 0..<matrix.columnCount { cursor[column + 1] += cursor[column] }
        var result = buckets
        for (entry, column) in matrix.columns.enumerated() {
            result[cursor[Int(column)]] = buckets[entry]
            cursor[Int(column)] += 1
        }
        return result
    }
}

extension InteractionMatrix {
    /// Where (row, column) stands; nil when it does not. O(log of the row's length).
    fileprivate func entry(_ row: Int32, _ column: Int32) -> Int? {
        var (lower, upper) = (offsets[Int(row)], offsets[Int(row) + 1])
        while lower < upper {
            let middle = (lower + upper) / 2
            if columns[middle] < column { lower = middle + 1 } else { upper = middle }
        }
        return lower < offsets[Int(row) + 1] && columns[lower] == column ? lower : nil
    }
}
