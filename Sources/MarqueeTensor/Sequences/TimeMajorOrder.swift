internal import CMarqueeKernels

/// The order in which recurrent layers walk packed sequences: all first rows, then all second rows, and so on.
///
/// Longer sequences come first, so that those that still go on at a step are the first rows of the step before: a step
/// is one matrix product over neighboring rows.
struct TimeMajorOrder {
    /// The packed row of each row in this order.
    let rows: Indices
    /// Step t has rows starts[t] ..< starts[t + 1].
    private let starts: Indices

    init(_ sequences: SequenceLayout, _ tape: Tape) {
        let steps = sequences.maximumLength
        starts = tape.indices(steps + 1)
        rows = tape.indices(sequences.rowCount)
        let running = tape.indices(steps + 1), order = tape.indices(sequences.count)
        // running[t] = sequences longer than t.
        running.buffer.update(repeating: 0)
        for sequence in 0..<sequences.count where !sequences[sequence].isEmpty {
            running.buffer[sequences[sequence].count - 1] += 1
        }
        for step in stride(from: steps - 1, through: 0, by: -1) { running.buffer[step] += running.buffer[step + 1] }
        starts.buffer[0] = 0
        for step in 0..<steps { starts.buffer[step + 1] = starts.buffer[step] + running.buffer[step] }
        // Sequences of length L stand behind the running[L] longer ones.
        for sequence in 0..<sequences.count {
            let length = sequences[sequence].count
            order.buffer[Int(running.buffer[length])] = Int32(sequence)
            running.buffer[length] += 1
        }
        for step in 0..<steps {
            for row in starts.buffer[step]..<starts.buffer[step + 1] {
                let sequence = Int(order.buffer[Int(row - starts.buffer[step])])
                rows.buffer[Int(row)] = sequences.offsets[sequence] + Int32(step)
            }
        }
    }

    var stepCount: Int { starts.count - 1 }
    subscript(step: Int) -> Range<Int> { Int(starts[step])..<Int(starts[step + 1]) }

    /// The rows of x [packed rows, columns] in this order.
    func gather(_ x: UnsafePointer<Float>, columns: Int, _ tape: Tape) -> UnsafeMutablePointer<Float> {
        let y = tape.arena.allocate(Float.self, rows.count * columns)
        mq_take_rows(x, rows.buffer.baseAddress, y, rows.count, Int32(columns))
        return y
    }

    /// Adds rows in this order to the packed rows they belong to.
    func scatter(_ x: UnsafePointer<Float>, columns: Int, to y: UnsafeMutablePointer<Float>) {
        mq_put_rows(x, rows.buffer.baseAddress, y, rows.count, Int32(columns))
    }

    /// Of rows behind the first step, those of the step before, in order: [rows − rows of the first step, columns].
    func previous(_ x: UnsafePointer<Float>, columns: Int, _ tape: Tape) -> UnsafeMutablePointer<Float> {
        let y = tape.arena.allocate(Float.self, (rows.count - (stepCount > 0 ? self[0].count : 0)) * columns)
        var next = y
        for step in 1..<max(stepCount, 1) {
            let count = self[step].count * columns
            next.update(from: x + self[step - 1].lowerBound * columns, count: count)
            next += count
        }
        return y
    }
}
