import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime

/// Scores out of a table, [users, items].
struct TableScorer: Scorer {
    let rows: [[Float]]
    var scoresTiles = false

    var userCount: Int { rows.count }
    var itemCount: Int { rows.first?.count ?? 0 }

    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        var place = 0
        for user in users {
            for item in items {
                scores[place] = rows[Int(user)][item]
                place += 1
            }
        }
    }
}

extension TableScorer {
    /// Scores drawn from `levels` values, so that small numbers of levels tie often.
    static func random(users: Int, items: Int, levels: Int, seed: UInt64) -> TableScorer {
        let stream = RandomStream(seed: seed, "table")
        return TableScorer(
            rows: (0..<users).map { user in
                (0..<items).map { Float(stream.integer(at: UInt64(user * items + $0), below: levels)) }
            })
    }
}

extension InteractionMatrix {
    /// Binary, from each row's columns.
    init(rows: [[Int32]], columnCount: Int) {
        let columns = rows.map { Array(Set($0)).sorted() }
        self.init(
            rowCount: rows.count, columnCount: columnCount,
            offsets: columns.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) },
            columns: columns.flatMap(\.self), values: Array(repeating: 1, count: columns.joined().count))
    }

    /// Each (row, column) an entry with probability `density`.
    static func random(rows: Int, columns: Int, density: Double, seed: UInt64) -> InteractionMatrix {
        let stream = RandomStream(seed: seed, "matrix")
        return InteractionMatrix(
            rows: (0..<rows).map { row in
                (0..<Int32(columns)).filter { stream.unit(at: UInt64(row * columns) + UInt64($0)) < density }
            }, columnCount: columns)
    }
}

extension Holdout {
    /// Row k's targets, of user k.
    init(rows: [[Int32]]) {
        self.init(pairs: rows.enumerated().flatMap { user, items in items.map { (Int32(user), $0) } })
    }

    /// `targets` random items for each of `users`.
    static func random(users: Int, items: Int, targets: Int, seed: UInt64) -> Holdout {
        let stream = RandomStream(seed: seed, "holdout")
        return Holdout(
            pairs: (0..<users * targets).map {
                (Int32($0 / targets), Int32(stream.integer(at: UInt64($0), below: items)))
            })
    }
}
