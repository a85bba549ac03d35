internal import CMarqueeKernels

/// A learned addition to attention scores, by head and by how far query and key lie apart:
/// score(i, j) += table[head, bucket(i, j)].
///
///     AttentionBias(tape(weights), .relative)                           // weights [heads, 2 · clip + 1]
///     AttentionBias(tape(weights), .logarithmic(fineness: 1), at: days) // weights [heads, buckets]
///
/// Relative positions as of Shaw et al. (NAACL 2018), clipped; times in logarithmic buckets as of Raffel et al. (T5,
/// JMLR 2020). Buckets are computed a block at a time: nothing is kept a pair of rows.
public struct AttentionBias {
    /// How a distance becomes a bucket of the table's columns.
    public enum Buckets: Sendable, Equatable {
        /// key − query, held within ±clip, plus clip, of 2 · clip + 1 columns.
        case relative
        /// ⌊log₂(1 + |key − query|) · 2^fineness⌋, the logarithm being linear between powers of two; what is beyond the
        /// last column belongs to it. Fineness is 0...8.
        case logarithmic(fineness: Int)
    }

    let table: Tensor
    let buckets: Buckets
    let positions, keyPositions: Indices?

    /// - Parameters:
    ///   - table: [heads, buckets].
    ///   - positions: by row, where it lies, such as its time in seconds since its sequence's first; nil for its position
    ///     in the sequence. Not negative.
    ///   - keyPositions: the same of the keys; nil where they are the queries' rows.
    public init(_ table: Tensor, _ buckets: Buckets, at positions: Indices? = nil, keys keyPositions: Indices? = nil) {
        if case .relative = buckets { precondition(table.columns % 2 == 1, "2 · clip + 1 buckets") }
        if case .logarithmic(let fineness) = buckets { precondition(0...8 ~= fineness) }
        self.table = table
        self.buckets = buckets
        self.positions = positions
        self.keyPositions = keyPositions
    }

    /// The column of the table for a query and a key at these positions.
    public func bucket(query: Int32, key: Int32) -> Int {
        withUnsafePointer(to: kernel(head: 0, query: nil, key: nil)) { Int(mq_attention_bucket($0, query, key)) }
    }

    func kernel(head: Int, query: UnsafePointer<Int32>?, key: UnsafePointer<Int32>?) -> mq_attention_bias {
        var fineness = 0
        var distance = MQ_RELATIVE
        if case .logarithmic(let steps) = buckets { (distance, fineness) = (MQ_LOGARITHMIC, steps) }
        return mq_attention_bias(
            distance: distance, buckets: Int32(table.columns), fineness: Int32(fineness), query_positions: query,
            key_positions: key, table: table.value + head * table.columns)
    }
}
