internal import MarqueeData

/// Where candidates come from. A source is a name and one function; it need not care for what is consumed,
/// hidden or unpublished, nor for what other sources give.
public protocol CandidateSource: Sendable {
    /// The name in configuration, answers and metrics.
    var name: String { get }

    /// Items, the best first; of those that may be shown `limit` are taken.
    func candidates(for situation: Situation, limit: Int) -> [Int32]
}

/// Everything that sources, filters and rankers may know at one decision.
public struct Situation: Sendable {
    public let who: Who
    /// Milliseconds since 1970.
    public let now: Int64
    public let person: Person
    /// The items last touched, the newest first: from the feature store where it answers, else from memory.
    public let recent: [Person.Touch]
    /// How much they like each category.
    let affinity: Affinity
    /// Only items of this domain are wanted.
    public let domain: UInt16?
    /// Only items of this category are wanted.
    public let category: UInt16?
    let sharedSnapshot: CatalogSnapshot.Shared
    public var snapshot: CatalogSnapshot { _read { yield sharedSnapshot.snapshot } }
    public let trendingLists: TrendingLists
    public let model: DeployedModel?
    /// The person's index in the model, nil for somebody whom it does not know.
    public let modelUser: Int32?
    let friends: @Sendable () -> [Person]

    /// The lists in front of the part of the snapshot that is wanted.
    var lists: TrendingLists.Lists { trendingLists.lists(domain: domain, category: category) }

    /// How much an item's categories are liked, on average over them.
    func affinity(of item: Int32) -> Double { affinity.mean(snapshot.categories[Int(item)]) }

    /// Whether an item is of the wanted domain and category.
    @inline(__always) func isWanted(_ item: Int32) -> Bool {
        if let domain, snapshot.domains[Int(item)] != domain { return false }
        if let category, !snapshot.categories[Int(item)].contains(category) { return false }
        return true
    }
}

/// The deployed model's best items for a user whom it knows.
public struct TopItems: CandidateSource {
    public let name = "model"
    public init() {}
    public func candidates(for situation: Situation, limit: Int) -> [Int32] {
        guard let model = situation.model, let user = situation.modelUser else { return [] }
        return model.topItems(for: user)
    }
}

/// The neighbors of the items last touched, in turn.
public struct ItemToItem: CandidateSource {
    public let name = "item-to-item"
    public init() {}
    public func candidates(for situation: Situation, limit: Int) -> [Int32] {
        guard let model = situation.model, !situation.recent.isEmpty else { return [] }
        let lists = situation.recent.prefix(5).map { model.neighbors(of: $0.item) }
        return Turns.interleave(lists, limit: 5 * limit)
    }
}

/// What many touch now.
public struct Trending: CandidateSource {
    public let name = "trending"
    public init() {}
    public func candidates(for situation: Situation, limit: Int) -> [Int32] { situation.lists.trending }
}

/// What most people ever touched.
public struct Popular: CandidateSource {
    public let name = "popular"
    public init() {}
    public func candidates(for situation: Situation, limit: Int) -> [Int32] { situation.lists.popular }
}

/// What appeared last.
public struct Fresh: CandidateSource {
    public let name = "fresh"
    public init() {}
    public func candidates(for situation: Situation, limit: Int) -> [Int32] { situation.lists.fresh }
}

/// What friends touched last.
public struct Social: CandidateSource {
    public let name = "social"
    public init() {}
    public func candidates(for situation: Situation, limit: Int) -> [Int32] {
        let touches = situation.friends().flatMap { $0.recent.prefix(10) }.sorted { $0.time > $1.time }
        return touches.prefix(limit).map(\.item)  // Of a newer snapshot perhaps; whoever merges leaves those out.
    }
}

/// Items of the categories liked most, new ones and popular ones, those first whose categories are all liked: what a new
/// item is found by.
public struct Content: CandidateSource {
    public let name = "content"
    public init() {}
    public func candidates(for situation: Situation, limit: Int) -> [Int32] {
        let lists = situation.affinity.liked.prefix(4).flatMap { category in
            let lists = situation.trendingLists.lists(domain: nil, category: category)
            return [lists.fresh, lists.popular]
        }
        let items = Turns.interleave(lists, limit: 10 * limit).map { (item: $0, affinity: situation.affinity(of: $0)) }
        return items.sorted { $0.affinity > $1.affinity }.map(\.item)
    }
}

/// What is popular in domains that the person has not been seen in lately.
public struct OtherDomains: CandidateSource {
    public let name = "other-domains"
    public init() {}
    public func candidates(for situation: Situation, limit: Int) -> [Int32] {
        guard situation.trendingLists.byDomain.count > 1, !situation.recent.isEmpty else { return [] }
        var visited: [UInt16] = []
        for touch in situation.recent {
            let domain = situation.snapshot.domains[Int(touch.item)]
            if !visited.contains(domain) { visited.append(domain) }
        }
        let lists = situation.trendingLists.byDomain.indices.filter { !visited.contains(UInt16($0)) }
            .map { situation.trendingLists.byDomain[$0].popular }
        return Turns.interleave(lists, limit: 5 * limit)
    }
}

/// Lists taken from in turn.
enum Turns {
    /// The first of each, then the second of each, …; doubles stay.
    static func interleave(_ lists: [[Int32]], limit: Int) -> [Int32] {
        if lists.count == 1 { return lists[0] }
        var merged: [Int32] = []
        merged.reserveCapacity(limit)
        var place = 0
        while merged.count < limit {
            var isOver = true
            for list in lists where place < list.count {
                merged.append(list[place])
                isOver = false
            }
            if isOver { break }
            place += 1
        }
        return merged
    }
}

/// Every source there is, one line each.
public enum CandidateSources {
    public static let all: [any CandidateSource] = [
        TopItems(), ItemToItem(), Trending(), Popular(), Fresh(), Social(), Content(), OtherDomains(),
    ]
}
