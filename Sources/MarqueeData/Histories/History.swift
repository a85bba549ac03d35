/// What one person did, the newest last: a slice of columns that many histories share.
///
///     for event in histories[user].suffix(50) { print(event.item, event.time) }
///
/// Slicing copies nothing: O(1) for a prefix, a suffix or a range, O(log n) for ``before(_:)``.
public struct History: Sendable {
    /// One interaction of a history.
    public struct Event: Sendable, Equatable {
        /// Index into the item vocabulary.
        public var item: Int32
        /// Index into the behavior names of the data or model that the history is of.
        public var behavior: UInt8
        /// Milliseconds since 1970-01-01 UTC; 0 where no times are known.
        public var time: Int64
        /// Rating, play count or dwell; 1 where every interaction weighs the same.
        public var value: Float
        /// Events of one visit share it; -1 where no sessions are known.
        public var session: Int32

        public init(item: Int32, behavior: UInt8 = 0, time: Int64 = 0, value: Float = 1, session: Int32 = -1) {
            self.item = item
            self.behavior = behavior
            self.time = time
            self.value = value
            self.session = session
        }
    }

    let columns: HistoryColumns
    let range: Range<Int>

    init(columns: HistoryColumns, range: Range<Int>) {
        self.columns = columns
        self.range = range
    }

    /// A history of its own. Events are put into time order; those of equal times keep theirs. O(n) where they are in
    /// order, else O(n log n).
    public init(_ events: some Sequence<Event>) {
        var events = Array(events)
        if !zip(events, events.dropFirst()).allSatisfy({ $0.time <= $1.time }) {
            let order = events.indices.sorted { (events[$0].time, $0) < (events[$1].time, $1) }
            events = order.map { events[$0] }
        }
        self.init(
            columns: HistoryColumns(
                items: events.map(\.item), behaviors: events.map(\.behavior), times: events.map(\.time),
                values: events.map(\.value), sessions: events.map(\.session)),
            range: 0..<events.count)
    }

    /// Items alone, the newest last, of behavior 0 and unknown time.
    public init(items: some Sequence<Int32>) {
        let items = Array(items)
        self.init(columns: HistoryColumns(items: items), range: 0..<items.count)
    }

    /// Nothing yet.
    public init() { self.init(items: []) }

    /// The items, the newest last; an item stands as often as it occurred.
    public var items: ArraySlice<Int32> { columns.items[range] }

    /// Milliseconds since 1970; empty where no times are known.
    public var times: ArraySlice<Int64> { columns.times.isEmpty ? [] : columns.times[range] }

    /// Whether times are known.
    public var hasTimes: Bool { !columns.times.isEmpty }

    /// What happened before `time`, in milliseconds since 1970, and not at it: nothing of the future is seen. All of it
    /// where no times are known. O(log n).
    public func before(_ time: Int64) -> History {
        guard hasTimes else { return self }
        var (lower, upper) = (range.lowerBound, range.upperBound)
        while lower < upper {
            let middle = (lower + upper) / 2
            if columns.times[middle] < time { lower = middle + 1 } else { upper = middle }
        }
        return History(columns: columns, range: range.lowerBound..<lower)
    }
}

extension History: RandomAccessCollection {
    public typealias SubSequence = History

    public var startIndex: Int { range.lowerBound }
    public var endIndex: Int { range.upperBound }

    public subscript(index: Int) -> Event {
        precondition(range.contains(index), "index out of range")
        return columns[index]
    }

    public subscript(bounds: Range<Int>) -> History {
        precondition(bounds.lowerBound >= range.lowerBound && bounds.upperBound <= range.upperBound)
        return History(columns: columns, range: bounds)
    }
}

extension History: Equatable {
    public static func == (a: History, b: History) -> Bool { a.elementsEqual(b) }
}

extension History: ExpressibleByArrayLiteral {
    public init(arrayLiteral events: Event...) { self.init(events) }
}

/// The columns of histories. What a source lacks stays empty: one reference, however many slices there are.
final class HistoryColumns: Sendable {
    let items: [Int32]
    let behaviors: [UInt8]
    let times: [Int64]
    let values: [Float]
    let sessions: [Int32]

    /// - Precondition: each column is empty or as long as `items`.
    init(
        items: [Int32], behaviors: [UInt8] = [], times: [Int64] = [], values: [Float] = [], sessions: [Int32] = []
    ) {
        for count in [behaviors.count, times.count, values.count, sessions.count] {
            precondition(count == 0 || count == items.count)
        }
        self.items = items
        self.behaviors = behaviors
        self.times = times
        self.values = values
        self.sessions = sessions
    }

    subscript(index: Int) -> History.Event {
        History.Event(
            item: items[index], behavior: behaviors.isEmpty ? 0 : behaviors[index],
            time: times.isEmpty ? 0 : times[index], value: values.isEmpty ? 1 : values[index],
            session: sessions.isEmpty ? -1 : sessions[index])
    }
}
