public import MarqueeRuntime

/// The largest part in which each user has at least `users` interactions and each item at least
/// `items`: `{ k-core: 5 }`, or `{ k-core: { users: 5, items: 3 } }`.
///
/// Interactions are counted as rows, of every behavior; deduplicate first where a pair may repeat. The core
/// does not depend on the order of removal (Batagelj and Zaveršnik 2003); removal runs through a queue, so
/// that it takes O(users + items + interactions).
public struct KCore: Configuration, Hashable, Encodable {
    public var users, items: Int

    public init(_ k: Int) { self.init(users: k, items: k) }

    public init(users: Int, items: Int) {
        self.users = users
        self.items = items
    }

    func apply(to dataset: Dataset) -> (Dataset, String) {
        let log = dataset.log
        let byUser = RowIndex(log.users, keyCount: log.userCount)
        let byItem = RowIndex(log.items, keyCount: log.itemCount)
        // Users and items are the nodes of one graph: users first, items after.
        let nodes = log.userCount + log.itemCount
        var degree = [Int](repeating: 0, count: nodes)
        for user in 0..<log.userCount { degree[user] = byUser[user].count }
        for item in 0..<log.itemCount { degree[log.userCount + item] = byItem[item].count }
        func least(_ node: Int) -> Int { node < log.userCount ? users : items }

        var stays = [Bool](repeating: true, count: nodes)
        var queue = (0..<nodes).filter { degree[$0] < least($0) }
        for node in queue { stays[node] = false }
        while let node = queue.popLast() {
            let isUser = node < log.userCount
            for row in isUser ? byUser[node] : byItem[node - log.userCount] {
                let other = isUser ? log.userCount + Int(log.items[Int(row)]) : Int(log.users[Int(row)])
                guard stays[other] else { continue }
                degree[other] -= 1
                if degree[other] < least(other) {
                    stays[other] = false
                    queue.append(other)
                }
            }
        }
        let result = dataset.restricted(
            users: Array(stays[..<log.userCount]), items: Array(stays[log.userCount...]))
        let droppedUsers = log.userCount - result.log.userCount
        let droppedItems = log.itemCount - result.log.itemCount
        return (
            result,
            "dropped \(droppedUsers.grouped) users with fewer than \(users) interactions "
                + "and \(droppedItems.grouped) items with fewer than \(items)"
        )
    }

    public static let defaults = KCore(0)
    public static func spelledOut(_ value: ConfigValue) -> ConfigValue {
        if case .mapping = value { value } else { ["users": value, "items": value] }
    }

    enum CodingKeys: CodingKey { case users, items }

    public func encode(to encoder: any Encoder) throws {
        if users == items {
            var container = encoder.singleValueContainer()
            try container.encode(users)
        } else {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(users, forKey: .users)
            try container.encode(items, forKey: .items)
        }
    }
}
