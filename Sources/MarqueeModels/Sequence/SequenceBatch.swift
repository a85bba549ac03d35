internal import MarqueeData
public import MarqueeTensor

/// Some histories as a network reads them: the events of each, oldest first, one history after the other, no padding.
public struct SequenceBatch {
    /// By event: its item, its behavior, and the seconds since the first event of its history (0 where no times are
    /// known).
    public let items, behaviors, seconds: Indices
    /// By event the days since the one before, 0 of a history's first: [rows, 1].
    public let gaps: Tensor
    /// Which rows are whose.
    public let sequences: SequenceLayout
    /// The newest events of each history, at which the network answers: their layout, and their rows among all.
    public let recent: SequenceLayout
    public let recentRows: Indices

    /// - Parameters:
    ///   - window: how many events of a history, the newest, are answered at.
    ///   - history: the k-th history, every event of which is read.
    init(_ count: Int, window: Int, _ tape: Tape, history: (Int) -> History) {
        let histories = (0..<count).map(history)
        let sequences = tape.sequences(lengths: histories.map { Int32($0.count) })
        let recent = tape.sequences(lengths: histories.map { Int32(min(window, $0.count)) })
        let rows = sequences.rowCount
        let (items, behaviors, seconds) = (tape.indices(rows), tape.indices(rows), tape.indices(rows))
        let gaps = tape.constant(rows: rows)
        items.fill { items in
            behaviors.fill { behaviors in
                seconds.fill { seconds in
                    gaps.fill { Self.fill(histories, &items, &behaviors, &seconds, &$0) }
                }
            }
        }
        let recentRows = tape.indices(recent.rowCount)
        recentRows.fill { rows in
            for k in 0..<count {
                let skipped = sequences[k].upperBound - recent[k].upperBound
                for row in recent[k] { rows[row] = Int32(row + skipped) }
            }
        }
        (self.items, self.behaviors, self.seconds, self.gaps) = (items, behaviors, seconds, gaps)
        (self.sequences, self.recent, self.recentRows) = (sequences, recent, recentRows)
    }

    private static func fill(
        _ histories: [History], _ items: inout MutableSpan<Int32>, _ behaviors: inout MutableSpan<Int32>,
        _ seconds: inout MutableSpan<Int32>, _ gaps: inout MutableSpan<Float>
    ) {
        var row = 0
        for history in histories {
            guard let first = history.first?.time else { continue }
            var last = first
            for event in history {
                items[row] = event.item
                behaviors[row] = Int32(event.behavior)
                // As floating point: whoever sends the first and the last millisecond there is overflows nothing.
                seconds[row] = Int32(min(Double(Int32.max), (Double(event.time) - Double(first)) / 1000))
                gaps[row] = Float((Double(event.time) - Double(last)) / 86_400_000)
                last = event.time
                row += 1
            }
        }
    }

    /// The rows of `x`, one an event, that the network answers at; `x` itself where it answers at all.
    public func recent(_ x: Tensor, _ tape: Tape) -> Tensor {
        recent.rowCount == sequences.rowCount ? x : tape.rows(recentRows, of: x)
    }

    /// ``seconds`` of the events that the network answers at.
    func recentSeconds(_ tape: Tape) -> Indices {
        guard recent.rowCount < sequences.rowCount else { return seconds }
        let own = tape.indices(recent.rowCount)
        own.fill { for row in 0..<$0.count { $0[row] = seconds[Int(recentRows[row])] } }
        return own
    }
}
