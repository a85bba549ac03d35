internal import Dispatch
internal import MarqueeData
internal import Synchronization

/// Trending, popular and new items, of all and of each domain and
/// category, the best first. Immutable.
public struct TrendingLists: Sendable {
    public struct Lists: Sendable {
        public var trending: [Int32] = []
        public var popular: [Int32] = []
        public var fresh: [Int32] = []
    }
    public internal(set) var all = Lists()
    public internal(set) var byDomain: [Lists] = []
    public internal(set) var byCategory: [Lists] = []

    /// The lists of a category if there is one, else of a domain, else of all.
    public func lists(domain: UInt16?, category: UInt16?) -> Lists {
        if let category { return Int(category) < byCategory.count ? byCategory[Int(category)] : Lists() }
        if let domain { return Int(domain) < byDomain.count ? byDomain[Int(domain)] : Lists() }
        return all
    }

    static let limit = 500

    init() {}

    /// O(items log items) for a new catalog.
    init(_ snapshot: CatalogSnapshot, popularity: [Float], trends: [(item: Int32, weight: Float)], now: Int64) {
        byDomain = Array(repeating: Lists(), count: snapshot.domainNames.count)
        byCategory = Array(repeating: Lists(), count: snapshot.categoryNames.count)
        let offered = (0..<Int32(snapshot.count)).filter { snapshot.isOffered($0, at: now) }
        func weight(_ item: Int32) -> Float { Int(item) < popularity.count ? popularity[Int(item)] : 0 }
        fill(\.popular, snapshot, offered.sorted { (weight($0), $1) > (weight($1), $0) })
        // Items that came with a model have no time, and are no news.
        let dated = offered.filter { snapshot.times[Int($0)] > 0 }
        fill(\.fresh, snapshot, dated.sorted { (snapshot.times[Int($0)], $0) > (snapshot.times[Int($1)], $1) })
        refreshTrends(snapshot, trends, now: now)
    }

    /// Replaces the trending lists alone. O(touched items log touched items).
    mutating func refreshTrends(_ snapshot: CatalogSnapshot, _ trends: [(item: Int32, weight: Float)], now: Int64) {
        all.trending = []
        for index in byDomain.indices { byDomain[index].trending = [] }
        for index in byCategory.indices { byCategory[index].trending = [] }
        let order = trends.filter { Int($0.item) < snapshot.count && snapshot.isOffered($0.item, at: now) }
            .sorted { ($0.weight, $1.item) > ($1.weight, $0.item) }
        fill(\.trending, snapshot, order.map(\.item))
    }

    private mutating func fill(_ list: WritableKeyPath<Lists, [Int32]>, _ snapshot: CatalogSnapshot, _ order: [Int32]) {
        all[keyPath: list] = Array(order.prefix(Self.limit))
        for item in order {
            let domain = Int(snapshot.domains[Int(item)])
            if domain < byDomain.count, byDomain[domain][keyPath: list].count < Self.limit {
                byDomain[domain][keyPath: list].append(item)
            }
            for category in snapshot.categories[Int(item)] where Int(category) < byCategory.count {
                if byCategory[Int(category)][keyPath: list].count < Self.limit {
                    byCategory[Int(category)][keyPath: list].append(item)
                }
            }
        }
    }
}

/// Keeps ``TrendingLists`` up to date: trends and new items within a second, popularity within a minute.
///
/// But for the first, no decision waits for them: they are made on a queue of their own, and meanwhile the old ones
/// hold. What is shown first is touched next, so the neighbors of its items are made ready, some a second.
final class TrendingListsRefresher: Sendable {
    private struct State {
        var trendingLists = TrendingLists()
        var snapshot = -1
        var model = ""
        var trendsTime: Int64?
        var allTime: Int64?
        var isBusy = false
    }
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "marquee.trending-lists", qos: .utility)
    private static let trendsAge: Int64 = 1_000, allAge: Int64 = 60_000
    /// How many items get their neighbors ahead of time in a second at most.
    private static let readyLimit = 50

    /// The lists for a decision at `now`.
    func trendingLists(
        _ snapshot: CatalogSnapshot, _ model: DeployedModel?, _ trends: Trends, now: Int64,
        popularity: @escaping @Sendable () -> [Float]
    ) -> TrendingLists {
        enum Work { case nothing, trends, all }
        let version = model?.version ?? ""
        let (old, work, isFirst) = state.withLock { state -> (TrendingLists, Work, Bool) in
            guard let allTime = state.allTime, let trendsTime = state.trendsTime else {
                return (state.trendingLists, .all, true)
            }
            guard !state.isBusy else { return (state.trendingLists, .nothing, false) }
            let isOld = now - trendsTime >= Self.trendsAge || now < trendsTime
            let isOther = state.snapshot != snapshot.version || state.model != version
            let work: Work =
                state.model != version || (isOther && isOld) || (isOld && now - allTime >= Self.allAge)
                ? .all : isOld ? .trends : .nothing
            if work != .nothing { state.isBusy = true }
            return (state.trendingLists, work, false)
        }
        guard work != .nothing else { return old }
        @Sendable func make() -> TrendingLists {
            var trendingLists = old
            let weights = trends.weights(at: now)
            if work == .all {
                trendingLists = TrendingLists(snapshot, popularity: popularity(), trends: weights, now: now)
            } else {
                trendingLists.refreshTrends(snapshot, weights, now: now)
            }
            state.withLock {
                $0.trendingLists = trendingLists
                $0.trendsTime = now
                if work == .all { ($0.allTime, $0.snapshot, $0.model) = (now, snapshot.version, version) }
            }
            return trendingLists
        }
        if isFirst { return make() }
        queue.async { [self] in
            let trendingLists = make()
            let lists = trendingLists.all
            model?.makeReady(
                RoundRobin.interleave([lists.trending, lists.popular, lists.fresh], limit: 3 * TrendingLists.limit),
                atMost: Self.readyLimit)
            state.withLock { $0.isBusy = false }
        }
        return old
    }

    /// Returns once what is being made is there.
    func settle() { queue.sync {} }
}
