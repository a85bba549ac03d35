/// A matrix in compressed rows, kept in the order in which its rows are gone through.
///
/// A product along edges waits for the rows that it gathers. Rows with neighbours in common, one after the other, find
/// them in a cache where rows in the order of their numbers fetch them again: of LightGCN's graph of Gowalla a cache of
/// 8,000 rows lacks 15 % for 45 %. Sums are those of any order, bit by bit.
struct OrderedRows: Sendable {
    private(set) var rows: SparseOperator.Rows
    /// Which row stands k-th, and where a row stands; nil where they stand as they are numbered.
    let order, places: [Int32]?
    /// Where rows start by number; nil where that is where they stand.
    private let numbered: [Int]?

    /// Cut into parts of about so many nodes: what they gather, at usual widths, is what a core's own cache holds.
    static let partSize = 4096
}

extension OrderedRows {
    init(inOrder rows: SparseOperator.Rows) { self.init(rows: rows, order: nil, places: nil, numbered: nil) }

    /// - Parameters:
    ///   - rows: of a square matrix with as many entries both ways.
    ///   - partition: whose rows stay a worker's own.
    init(_ rows: SparseOperator.Rows, partition: NodePartition, partSize: Int = partSize) {
        guard rows.rowCount > 2 * partSize else {
            self.init(inOrder: rows)
            return
        }
        let parts = Self.parts(of: rows, count: rows.rowCount / partSize)
        let order = (0..<partition.workerCount).flatMap { worker in
            partition[worker].map(Int32.init).sorted { (parts[Int($0)], $0) < (parts[Int($1)], $1) }
        }
        var places = [Int32](repeating: 0, count: order.count)
        for (place, row) in order.enumerated() { places[Int(row)] = Int32(place) }
        self.init(rows: rows.reordered(order), order: order, places: places, numbered: rows.offsets)
    }

    /// With 0 for some entries, by where they stand in rows as they are numbered.
    func without(_ entries: Set<Int>) -> OrderedRows {
        var result = self
        for entry in entries { result.rows.values[place(of: entry)] = 0 }
        return result
    }

    private func place(of entry: Int) -> Int {
        guard let numbered, let places else { return entry }
        // The last row that starts there or before.
        var (row, end) = (0, numbered.count - 1)
        while end - row > 1 {
            let middle = (row + end) / 2
            if numbered[middle] <= entry { row = middle } else { end = middle }
        }
        return rows.offsets[Int(places[row])] + entry - numbered[row]
    }

    /// Which of `count` parts each node falls into, parts being about equally large and most edges inside one: every
    /// node in turn goes where most of its neighbours are, the less so the fuller that part is, and all of them again.
    ///
    /// Linear deterministic greedy (Stanton & Kliot, KDD 2012, §4), streamed over and over (Nishimura & Ugander, KDD
    /// 2013, §3). Costs edges · `passes`.
    static func parts(of rows: SparseOperator.Rows, count: Int, passes: Int = 10) -> [Int32] {
        var parts = [Int32](repeating: -1, count: rows.rowCount)
        var sizes = [Int](repeating: 0, count: count)
        var neighbours = [Int](repeating: 0, count: count)
        let capacity = 1.1 * Double(rows.rowCount) / Double(count)
        for _ in 0..<passes {
            for node in 0..<rows.rowCount {
                let edges = rows.offsets[node]..<rows.offsets[node + 1]
                if parts[node] >= 0 { sizes[Int(parts[node])] -= 1 }
                for edge in edges {
                    let part = Int(parts[Int(rows.columns[edge])])
                    if part >= 0 { neighbours[part] += 1 }
                }
                var (best, most) = (-1, 0.0)
                for edge in edges {
                    let part = Int(parts[Int(rows.columns[edge])])
                    guard part >= 0, neighbours[part] > 0 else { continue }
                    let score = Double(neighbours[part]) * (1 - Double(sizes[part]) / capacity)
                    if score > most { (best, most) = (part, score) }
                    neighbours[part] = 0
                }
                if best < 0 { best = sizes.indices.min { sizes[$0] < sizes[$1] } ?? 0 }
                parts[node] = Int32(best)
                sizes[best] += 1
            }
        }
        return parts
    }
}

extension SparseOperator.Rows {
    /// The rows `order[0]`, `order[1]`, …
    fileprivate func reordered(_ order: [Int32]) -> Self {
        var (offsets, columns, values) = ([0], [Int32](), [Float]())
        offsets.reserveCapacity(order.count + 1)
        columns.reserveCapacity(self.columns.count)
        values.reserveCapacity(self.values.count)
        for row in order {
            let entries = self.offsets[Int(row)]..<self.offsets[Int(row) + 1]
            columns += self.columns[entries]
            values += self.values[entries]
            offsets.append(columns.count)
        }
        return Self(offsets: offsets, columns: columns, values: values)
    }
}
