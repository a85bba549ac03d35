internal import MarqueeData

/// Each user's list as some other tool made it, as a scorer: listed items by their place, all others -∞, so that a target
/// that is not in its user's list is not found, whatever the cut-off.
///
///     let lists = RankedLists(userCount: 2, itemCount: 9, lists: [1: [.init(item: 4, place: 1), .init(item: 0, place: 2)]])
///     let result = try evaluator.evaluate(lists)
public struct RankedLists: Scorer {
    public struct Entry: Sendable, Equatable {
        public var item: Int32
        /// From 1; entries of one place are tied.
        public var place: Int

        public init(item: Int32, place: Int) {
            self.item = item
            self.place = place
        }
    }

    public let userCount: Int
    public let itemCount: Int
    /// By user; users without a list have none.
    public let lists: [Int32: [Entry]]

    /// - Precondition: users and items are within the counts.
    public init(userCount: Int, itemCount: Int, lists: [Int32: [Entry]]) {
        precondition(lists.keys.allSatisfy { (0..<userCount).contains(Int($0)) })
        precondition(lists.values.allSatisfy { $0.allSatisfy { (0..<itemCount).contains(Int($0.item)) } })
        self.userCount = userCount
        self.itemCount = itemCount
        self.lists = lists
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (row, user) in users.enumerated() {
            for place in row * items.count..<(row + 1) * items.count { scores[place] = -.infinity }
            for entry in lists[user] ?? [] where items.contains(Int(entry.item)) {
                scores[row * items.count + Int(entry.item) - items.lowerBound] = -Float(entry.place)
            }
        }
    }
}
