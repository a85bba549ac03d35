/// What every user did, in time order: compressed rows over shared columns.
///
///     let histories = UserHistories(log)
///     let past = histories[user].before(time)      // what was known then
///
/// Of equal times the earlier row of the log comes first; where a log has no times, rows keep their order.
public struct UserHistories: Sendable {
    /// User u's events are `offsets[u]..<offsets[u + 1]` of the columns.
    public let offsets: [Int]
    let columns: HistoryColumns

    private init(offsets: [Int], columns: HistoryColumns) {
        precondition(offsets.last == columns.items.count)
        self.offsets = offsets
        self.columns = columns
    }

    /// Histories from their columns, as they were saved.
    /// - Precondition: `offsets` ascends from 0 to `items.count`; every other column is empty or as long as `items`;
    ///   times ascend within a user.
    public init(
        offsets: [Int], items: [Int32], behaviors: [UInt8] = [], times: [Int64] = [], values: [Float] = [],
        sessions: [Int32] = []
    ) {
        self.init(
            offsets: offsets,
            columns: HistoryColumns(
                items: items, behaviors: behaviors, times: times, values: values, sessions: sessions))
    }

    /// Each row's items as a history, in their order, of one behavior and without times.
    public init(_ matrix: InteractionMatrix, behavior: UInt8 = 0) {
        self.init(
            offsets: matrix.offsets, items: matrix.columns,
            behaviors: behavior == 0 ? [] : Array(repeating: behavior, count: matrix.entryCount))
    }

    /// The histories of a log's users, every behavior included. O(users + interactions): a stable radix sort by time,
    /// then one counting pass by user.
    public init(_ log: InteractionLog) {
        let order = log.timestamps.isEmpty ? nil : RadixOrder.ascending(log.timestamps)
        var offsets = [Int](repeating: 0, count: log.userCount + 1)
        for user in log.users { offsets[Int(user) + 1] += 1 }
        for user in 0..<log.userCount { offsets[user + 1] += offsets[user] }
        var cursors = offsets
        var rows = [Int32](repeating: 0, count: log.count)
        for k in 0..<log.count {
            let row = order.map { $0[k] } ?? Int32(k)
            let user = Int(log.users[Int(row)])
            rows[cursors[user]] = row
            cursors[user] += 1
        }
        func column<Value>(_ values: [Value]) -> [Value] { values.isEmpty ? [] : rows.map { values[Int($0)] } }
        self.init(
            offsets: offsets,
            columns: HistoryColumns(
                items: column(log.items), behaviors: column(log.behaviors), times: column(log.timestamps),
                values: column(log.values), sessions: column(log.sessions)))
    }

    public var userCount: Int { offsets.count - 1 }

    /// The number of events of all users.
    public var eventCount: Int { columns.items.count }

    /// By event, user after user: item, behavior, time in milliseconds since 1970, value and session. A column that the
    /// source lacks is empty.
    public var items: [Int32] { columns.items }
    public var behaviors: [UInt8] { columns.behaviors }
    public var times: [Int64] { columns.times }
    public var values: [Float] { columns.values }
    public var sessions: [Int32] { columns.sessions }

    /// What a user did, the newest last. O(1).
    public subscript(user: Int32) -> History {
        History(columns: columns, range: offsets[Int(user)]..<offsets[Int(user) + 1])
    }
}

extension UserHistories {
    /// Users × items, binary: who did any of the behaviors that are `counted` to which item. O(events log events) at
    /// most, a user at a time.
    public func matrix(itemCount: Int, where counted: (_ behavior: UInt8) -> Bool = { _ in true }) -> InteractionMatrix
    {
        var (starts, columns) = ([0], [Int32]())
        for user in 0..<Int32(userCount) {
            var items: [Int32] = []
            for event in self[user] where counted(event.behavior) { items.append(event.item) }
            items.sort()
            for (k, item) in items.enumerated() where k == 0 || items[k - 1] != item { columns.append(item) }
            starts.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: userCount, columnCount: itemCount, offsets: starts, columns: columns,
            values: Array(repeating: 1, count: columns.count))
    }
}

extension UserHistories: Equatable {
    public static func == (a: UserHistories, b: UserHistories) -> Bool {
        a.offsets == b.offsets && (0..<Int32(a.userCount)).allSatisfy { a[$0] == b[$0] }
    }
}

/// Orders of keys by radix sort: stable, linear.
enum RadixOrder {
    /// The indices of `keys` in ascending order of their values, equal ones in their order. O(keys × significant bytes).
    static func ascending(_ keys: [Int64]) -> [Int32] {
        var order = (0..<Int32(keys.count)).map { $0 }
        guard let least = keys.min(), let most = keys.max(), least < most else { return order }
        if zip(keys, keys.dropFirst()).allSatisfy({ $0 <= $1 }) { return order }
        let range = UInt64(bitPattern: most &- least)
        var next = order
        var shift = 0
        while shift < 64, range >> UInt64(shift) > 0 {
            var starts = [Int](repeating: 0, count: 1 << 11 | 1)
            func digit(_ index: Int32) -> Int {
                Int(UInt64(bitPattern: keys[Int(index)] &- least) >> UInt64(shift) & 0x7FF)
            }
            for index in order { starts[digit(index) + 1] += 1 }
            for k in 1..<starts.count { starts[k] += starts[k - 1] }
            for index in order {
                let key = digit(index)
                next[starts[key]] = index
                starts[key] += 1
            }
            swap(&order, &next)
            shift += 11
        }
        return order
    }
}
