internal import Foundation
internal import MarqueeRuntime

/// What a dataset looks like: its counts, its long tail, its distributions.
///
/// `genres` and `ratings` are the NCF movie paper's Figures 1 and 2. O(interactions + items · log items).
public struct DatasetDescription: Sendable, Equatable, Codable {
    public struct Behavior: Sendable, Equatable, Codable {
        public let name: String
        public let interactions: Int
    }

    public struct RatingCount: Sendable, Equatable, Codable {
        /// The rating, or where more than 64 differ, the lower end of a bin.
        public let value: Float
        public let interactions: Int
    }

    public struct Genre: Sendable, Equatable, Codable {
        public let name: String
        /// An item of several genres counts in each.
        public let items: Int
        public let interactions: Int
    }

    public struct Month: Sendable, Equatable, Codable {
        /// `2015-01`, UTC.
        public let month: String
        public let interactions: Int
    }

    public let name: String
    public let counts: DatasetCounts
    /// Items and users of the vocabularies that have an interaction.
    public let activeUsers, activeItems: Int
    /// Distinct (user, item) pairs.
    public let pairs: Int
    /// Distinct pairs over users × items.
    public let density: Double
    /// The oldest and the newest interaction, in milliseconds since 1970; nil without times.
    public let oldest, newest: Int64?
    /// The same as UTC dates, `1995-01-09`.
    public let oldestDate, newestDate: String?
    public let behaviors: [Behavior]
    /// What each behavior amounts to and how they go together; nil where there is one, or one without interactions.
    public let behaviorStatistics: BehaviorStatistics?
    /// Nil without ratings.
    public let meanRating: Double?
    /// Ascending by value; empty without ratings.
    public let ratings: [RatingCount]
    public let longTail: LongTail
    /// Most items first; empty without genres.
    public let genres: [Genre]
    /// Interactions of each user, and of each item.
    public let userActivity, itemActivity: Activity
    /// Every month from the oldest to the newest; empty without times.
    public let months: [Month]

    public init(_ dataset: Dataset) {
        let log = dataset.log
        name = dataset.name
        counts = dataset.counts
        var byUser = [Int](repeating: 0, count: log.userCount)
        for user in log.users { byUser[Int(user)] += 1 }
        var byItem = [Int](repeating: 0, count: log.itemCount)
        for item in log.items { byItem[Int(item)] += 1 }
        activeUsers = byUser.count { $0 > 0 }
        activeItems = byItem.count { $0 > 0 }
        pairs = Self.distinctPairs(log)
        density = Double(pairs) / max(1, Double(log.userCount) * Double(log.itemCount))
        userActivity = Activity(byUser)
        itemActivity = Activity(byItem)
        longTail = LongTail(byItem)

        oldest = log.timestamps.min()
        newest = log.timestamps.max()
        oldestDate = oldest.map { CivilDate(milliseconds: $0).description }
        newestDate = newest.map { CivilDate(milliseconds: $0).description }
        months = Self.months(log.timestamps)

        var byBehavior = [Int](repeating: 0, count: max(1, log.behaviorNames.count))
        if log.behaviors.isEmpty { byBehavior[0] = log.count }
        for behavior in log.behaviors { byBehavior[Int(behavior)] += 1 }
        behaviors = zip(log.behaviorNames, byBehavior).map { Behavior(name: $0, interactions: $1) }
        behaviorStatistics =
            log.behaviorNames.count > 1 ? (try? BehaviorGraph(log)).map { BehaviorStatistics($0) } : nil

        let rated = log.values.lazy.filter(\.isFinite)
        meanRating = log.values.isEmpty ? nil : rated.reduce(0) { $0 + Double($1) } / Double(max(1, rated.count))
        ratings = Self.ratings(log.values)
        genres = Self.genres(dataset.catalog, byItem)
    }

    private static func distinctPairs(_ log: InteractionLog) -> Int {
        let byUser = RowIndex(log.users, keyCount: log.userCount)
        // The user who touched an item last: equal when the pair comes again.
        var last = [Int32](repeating: -1, count: log.itemCount)
        var pairs = 0
        for user in 0..<log.userCount {
            for row in byUser[user] {
                let item = Int(log.items[Int(row)])
                if last[item] != Int32(user) { pairs += 1 }
                last[item] = Int32(user)
            }
        }
        return pairs
    }

    private static func ratings(_ values: [Float]) -> [RatingCount] {
        var counts: [Float: Int] = [:]
        for value in values where value.isFinite {
            counts[value, default: 0] += 1
        }
        if counts.count <= 64 {
            return counts.map { RatingCount(value: $0, interactions: $1) }.sorted { $0.value < $1.value }
        }
        // Play counts and the like: doubling bins, all below 1 in the first.
        var bins: [Float: Int] = [:]
        for (value, count) in counts { bins[value < 1 ? 0 : exp2(log2(value).rounded(.down)), default: 0] += count }
        return bins.map { RatingCount(value: $0, interactions: $1) }.sorted { $0.value < $1.value }
    }

    private static func genres(_ catalog: Catalog, _ byItem: [Int]) -> [Genre] {
        var items: [String: (items: Int, interactions: Int)] = [:]
        for (item, entry) in catalog.items.enumerated() {
            for genre in Set(entry.genres) {
                items[genre, default: (0, 0)].items += 1
                if item < byItem.count { items[genre, default: (0, 0)].interactions += byItem[item] }
            }
        }
        return items.map { Genre(name: $0, items: $1.items, interactions: $1.interactions) }
            .sorted { ($1.items, $0.name) < ($0.items, $1.name) }
    }

    private static func months(_ timestamps: [Int64]) -> [Month] {
        var byDay: [Int: Int] = [:]
        for time in timestamps { byDay[CivilDate.days(milliseconds: time), default: 0] += 1 }
        var byMonth: [Int: Int] = [:]
        for (day, count) in byDay {
            let date = CivilDate(daysSince1970: day)
            byMonth[date.year * 12 + date.month - 1, default: 0] += count
        }
        guard let first = byMonth.keys.min(), let last = byMonth.keys.max() else { return [] }
        // A single absurd timestamp must not make a million empty months.
        let shown = last - first < 2400 ? Array(first...last) : byMonth.keys.sorted()
        return shown.map {
            let date = CivilDate(year: ($0 - (($0 % 12) + 12) % 12) / 12, month: ($0 % 12 + 12) % 12 + 1, day: 1)
            return Month(month: date.monthDescription, interactions: byMonth[$0] ?? 0)
        }
    }
}
