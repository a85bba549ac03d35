/// Sequences of different lengths in one tensor: the rows of each lie together, oldest first, one sequence after the
/// other, without padding.
///
/// A packed tensor is [rows, features], rows = Σ lengths; sequence s has rows `layout[s]`. PyTorch calls the same a
/// nested (jagged) tensor, FlashAttention a batch of variable lengths. A layout lives for a step, as tensors do, and is
/// of whole sequences: a worker's shard of a batch never cuts one.
public struct SequenceLayout {
    /// Sequence s has rows offsets[s] ..< offsets[s + 1]; an entry more than there are sequences.
    let offsets: Indices
    /// Rows of the longest sequence.
    public let maximumLength: Int

    /// How many sequences there are; some may be empty.
    public var count: Int { offsets.count - 1 }
    /// Rows of all sequences together.
    public var rowCount: Int { Int(offsets[count]) }
    /// The rows of a sequence.
    public subscript(sequence: Int) -> Range<Int> { Int(offsets[sequence])..<Int(offsets[sequence + 1]) }
}

extension Tape {
    /// The layout of sequences of these lengths.
    /// - Precondition: no length is negative.
    public func sequences(lengths: Indices) -> SequenceLayout {
        let offsets = indices(lengths.count + 1)
        var (sum, longest): (Int32, Int32) = (0, 0)
        offsets.buffer[0] = 0
        for sequence in 0..<lengths.count {
            precondition(lengths[sequence] >= 0)
            sum += lengths[sequence]
            longest = max(longest, lengths[sequence])
            offsets.buffer[sequence + 1] = sum
        }
        return SequenceLayout(offsets: offsets, maximumLength: Int(longest))
    }

    public func sequences(lengths: [Int32]) -> SequenceLayout { sequences(lengths: indices(lengths)) }

    /// By row, its position in its sequence: 0, 1, … from the oldest, or from the newest with `fromEnd`.
    public func positions(_ sequences: SequenceLayout, fromEnd: Bool = false) -> Indices {
        let positions = indices(sequences.rowCount)
        for sequence in 0..<sequences.count {
            let rows = sequences[sequence]
            for row in rows {
                positions.buffer[row] = Int32(fromEnd ? rows.upperBound - 1 - row : row - rows.lowerBound)
            }
        }
        return positions
    }

    /// By row, the index of its sequence.
    public func owners(_ sequences: SequenceLayout) -> Indices {
        let owners = indices(sequences.rowCount)
        for sequence in 0..<sequences.count {
            for row in sequences[sequence] { owners.buffer[row] = Int32(sequence) }
        }
        return owners
    }
}
