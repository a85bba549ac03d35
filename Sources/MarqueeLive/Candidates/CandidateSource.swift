internal import MarqueeData

/// Where candidates come from. A source is a name and one function; it need not care for what is consumed,
/// hidden or unpublished, nor for what other sources give.
public protocol CandidateSource: Sendable {
    /// The name in configuration, answers and metrics.
    var name: String { get }

    /// Items, the best first; of those that may be shown `limit` are taken.
    func candidates(for context: DecisionContext, limit: Int) -> [Int32]
}

/// The deployed model's best items for what somebody did, or for a user whom it knows.
public struct TopItems: CandidateSource {
    public let name = "model"
    public init() {}
    public func candidates(for context: DecisionContext, limit: Int) -> [Int32] {
        guard let model = context.model, let query = context.modelQuery else { return [] }
        return model.topItems(for: query)
    }
}

/// The neighbors of the items last touched, one of each after the other.
public struct ItemToItem: CandidateSource {
    public let name = "item-to-item"
    public init() {}
    public func candidates(for context: DecisionContext, limit: Int) -> [Int32] {
        guard let model = context.model, !context.recent.isEmpty else { return [] }
        let lists = context.recent.prefix(5).map { model.neighbors(of: $0.item).items }
        return RoundRobin.interleave(lists, limit: 5 * limit)
    }
}

/// What many touch now.
public struct Trending: CandidateSource {
    public let name = "trending"
    public init() {}
    public func candidates(for context: DecisionContext, limit: Int) -> [Int32] { context.lists.trending }
}

/// What most people ever touched.
public struct Popular: CandidateSource {
    public let name = "popular"
    public init() {}
    public func candidates(for context: DecisionContext, limit: Int) -> [Int32] { context.lists.popular }
}

/// What appeared last.
public struct Fresh: CandidateSource {
    public let name = "fresh"
    public init() {}
    public func candidates(for context: DecisionContext, limit: Int) -> [Int32] { context.lists.fresh }
}

/// What friends touched last.
public struct Social: CandidateSource {
    public let name = "social"
    public init() {}
    public func candidates(for context: DecisionContext, limit: Int) -> [Int32] {
        let interactions = context.friends().flatMap {
            $0.interactions.lastByItem(likedFrom: context.likedRating).prefix(10)
        }.sorted { $0.time > $1.time }
        return interactions.prefix(limit).map(\.item)  // Of a newer snapshot perhaps; whoever merges leaves those out.
    }
}

/// Items of the categories liked most, new ones and popular ones, those first whose categories are all liked: what a new
/// item is found by.
public struct Content: CandidateSource {
    public let name = "content"
    public init() {}
    public func candidates(for context: DecisionContext, limit: Int) -> [Int32] {
        let lists = context.affinity.liked.prefix(4).flatMap { category in
            let lists = context.trendingLists.lists(domain: nil, category: category)
            return [lists.fresh, lists.popular]
        }
        let items = RoundRobin.interleave(lists, limit: 10 * limit).map {
            (item: $0, affinity: context.affinity(of: $0))
        }
        return items.sorted { $0.affinity > $1.affinity }.map(\.item)
    }
}

/// What is popular in domains that the person has not been seen in lately.
public struct OtherDomains: CandidateSource {
    public let name = "other-domains"
    public init() {}
    public func candidates(for context: DecisionContext, limit: Int) -> [Int32] {
        guard context.trendingLists.byDomain.count > 1, !context.recent.isEmpty else { return [] }
        var visited: [UInt16] = []
        for interaction in context.recent {
            let domain = context.snapshot.domains[Int(interaction.item)]
            if !visited.contains(domain) { visited.append(domain) }
        }
        let lists = context.trendingLists.byDomain.indices.filter { !visited.contains(UInt16($0)) }
            .map { context.trendingLists.byDomain[$0].popular }
        return RoundRobin.interleave(lists, limit: 5 * limit)
    }
}

/// Lists taken from one after the other.
enum RoundRobin {
    /// The first of each, then the second of each, …; doubles stay.
    static func interleave(_ lists: [[Int32]], limit: Int) -> [Int32] {
        if lists.count == 1 { return lists[0] }
        var merged: [Int32] = []
        merged.reserveCapacity(limit)
        var rank = 0
        while merged.count < limit {
            var isOver = true
            for list in lists where rank < list.count {
                merged.append(list[rank])
                isOver = false
            }
            if isOver { break }
            rank += 1
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
