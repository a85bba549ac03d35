internal import Foundation
public import MarqueeRuntime

/// Users (and items) whose number of interactions lies far out: `outliers` removes those above
/// Q₃ + 3 · (Q₃ − Q₁) of log(1 + interactions); `{ outliers: { users: 1.5, items: 3 } }` sets how far,
/// and 0 leaves a side alone.
///
/// The rule is Tukey's outer fence (Exploratory Data Analysis, 1977) on the logarithm, since activity is
/// spread over powers of ten and a fence on plain counts would cut the whole head of a long tail. It
/// looks upwards only, k-core being the rule below; quartiles are of users (items) that have an
/// interaction, interpolated between ranks. Interactions of every behavior count. Items stay unless
/// asked for, as a popular item is no mistake. One pass, O(n + users log users).
public struct OutlierRemoval: Configuration, Hashable, Encodable {
    /// How many interquartile ranges above the third quartile still belong; 0 for no limit.
    public var users, items: Double

    public init(users: Double = 3, items: Double = 0) {
        self.users = users
        self.items = items
    }

    func apply(to dataset: Dataset) throws -> (Dataset, String) {
        guard users >= 0, items >= 0, users.isFinite, items.isFinite else {
            throw PreparationError(
                step: "outliers", reason: "a fence lies 0 or more ranges out; write { users: 3, items: 0 }")
        }
        let log = dataset.log
        let byUser = Self.counts(log.users, log.userCount)
        let byItem = Self.counts(log.items, log.itemCount)
        let userLimit = Self.limit(byUser, fence: users)
        let itemLimit = Self.limit(byItem, fence: items)
        let stays = (0..<log.count).map { row in
            byUser[Int(log.users[row])] <= userLimit && byItem[Int(log.items[row])] <= itemLimit
        }
        let result = dataset.compacted(rows: stays)
        func told(_ counts: [Int], _ limit: Int, _ kind: String) -> String? {
            guard limit < .max else { return nil }
            return "\(counts.count { $0 > limit }.grouped) \(kind) with more than \(limit.grouped) interactions"
        }
        let parts = [told(byUser, userLimit, "users"), told(byItem, itemLimit, "items")].compactMap { $0 }
        return (result, parts.isEmpty ? "no limit was asked for" : "dropped " + parts.joined(separator: " and "))
    }

    private static func counts(_ keys: [Int32], _ count: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: count)
        for key in keys { counts[Int(key)] += 1 }
        return counts
    }

    /// The largest number of interactions inside the fence.
    static func limit(_ counts: [Int], fence: Double) -> Int {
        let active = counts.filter { $0 > 0 }.sorted()
        guard fence > 0, !active.isEmpty else { return .max }
        func quartile(_ share: Double) -> Double {
            let place = share * Double(active.count - 1)
            let lower = Int(place)
            let upper = min(lower + 1, active.count - 1)
            let (a, b) = (log1p(Double(active[lower])), log1p(Double(active[upper])))
            return a + (place - Double(lower)) * (b - a)
        }
        let (first, third) = (quartile(0.25), quartile(0.75))
        // What lies on the fence, but for rounding, belongs.
        let edge = expm1(third + fence * (third - first)) + 1e-6
        return edge < Double(Int.max / 2) ? Int(edge) : .max
    }

    public static let defaults = OutlierRemoval()
}
