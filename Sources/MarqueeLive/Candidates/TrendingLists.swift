internal import Dispatch
internal import MarqueeData
internal import Synchronization

/// Trending, popular and new items, of all and of each domain and
/// category, the best first; see ``PopularityWeights``. Immutable.
public struct TrendingLists: Sendable {
    public struct Lists: Sendable {
        public var trending: [Int32] = []
        public var popular: [Int32] = []
        public var fresh: [Int32] = []
    }
    public internal(set) var all = Lists()
    public internal(set) var byDomain: [Lists] = []
    public internal(set) var byCategory: [Lists] = []
    /// What the lists are made from; in one piece, as every decision holds it.
    private var measures = Measures()

    private final class Measures: Sendable {
        let weights: PopularityWeights
        /// How popular each item is by the training alone, by index.
        let base: [Float]
        /// What part of all touches in training an item's are, by 1 of ``base``.
        let usualShare: Double
        /// The popular items by the training: of all, and by domain and category.
        let ranking: [[Int32]]
        /// How popular each item is.
        let popularity: [Float]

        init(
            _ weights: PopularityWeights = PopularityWeights(), base: [Float] = [], usualShare: Double = 0,
            ranking: [[Int32]] = [], popularity: [Float] = []
        ) {
            self.weights = weights
            self.base = base
            self.usualShare = usualShare
            self.ranking = ranking
            self.popularity = popularity
        }
    }

    /// The lists of a category if there is one, else of a domain, else of all.
    public func lists(domain: UInt16?, category: UInt16?) -> Lists {
        if let category { return Int(category) < byCategory.count ? byCategory[Int(category)] : Lists() }
        if let domain { return Int(domain) < byDomain.count ? byDomain[Int(domain)] : Lists() }
        return all
    }

    /// How popular an item is; 0 for one of a newer catalog.
    func popularity(of item: Int32) -> Float {
        Int(item) < measures.popularity.count ? measures.popularity[Int(item)] : 0
    }

    static let limit = 500

    init() {}

    /// O(items log items) for a new catalog.
    /// - Parameters:
    ///   - training: how many people touched each item in training, by index.
    ///   - people: how many touch it now.
    init(
        _ snapshot: CatalogSnapshot, _ weights: PopularityWeights, training: [Float],
        people: [(item: Int32, people: Float)],
        now: Int64
    ) {
        byDomain = Array(repeating: Lists(), count: snapshot.domainNames.count)
        byCategory = Array(repeating: Lists(), count: snapshot.categoryNames.count)
        var base = PopularityWeights.base(training)
        base.append(contentsOf: repeatElement(0, count: max(0, snapshot.count - base.count)))
        let all = base.reduce(0) { $0 + Double($1) }
        let offered = (0..<Int32(snapshot.count)).filter { snapshot.isOffered($0, at: now) }
        fill(\.popular, snapshot, offered.sorted { (base[Int($0)], $1) > (base[Int($1)], $0) })
        // Items that came with a model have no time, and are no news.
        let dated = offered.filter { snapshot.times[Int($0)] > 0 }
        fill(\.fresh, snapshot, dated.sorted { (snapshot.times[Int($0)], $0) > (snapshot.times[Int($1)], $1) })
        measures = Measures(
            weights, base: base, usualShare: all > 0 ? 1 / all : 0,
            ranking: [self.all.popular] + (byDomain + byCategory).map(\.popular))
        refresh(snapshot, people, now: now)
    }

    /// Takes in who touches what now. O(items + touched items log touched items).
    mutating func refresh(_ snapshot: CatalogSnapshot, _ people: [(item: Int32, people: Float)], now: Int64) {
        let (weights, base, usualShare) = (measures.weights, measures.base, measures.usualShare)
        // Of what was touched long ago nothing is left, and lists need not be made for it.
        let people = people.filter {
            abs($0.people) > 0.001 && Int($0.item) < base.count && snapshot.isOffered($0.item, at: now)
        }
        let present = weights.now(people) { Double(base[Int($0)]) * usualShare }
        var popularity = base
        for (entry, change) in zip(people, present) { popularity[Int(entry.item)] += change.added }
        measures = Measures(
            weights, base: base, usualShare: usualShare, ranking: measures.ranking, popularity: popularity)

        all.trending = []
        for index in byDomain.indices { byDomain[index].trending = [] }
        for index in byCategory.indices { byCategory[index].trending = [] }
        let trends = zip(people, present).filter { $1.trend >= 1 }
            .sorted { ($0.1.trend, $1.0.item) > ($1.1.trend, $0.0.item) }.map(\.0.item)
        fill(\.trending, snapshot, trends)
        refreshPopular(snapshot, people.map(\.item))
    }

    /// Puts items that are touched now where they belong among those that are popular by the training.
    private mutating func refreshPopular(_ snapshot: CatalogSnapshot, _ touched: [Int32]) {
        let popularity = measures.popularity
        func precedes(_ a: Int32, _ b: Int32) -> Bool { (popularity[Int(a)], b) > (popularity[Int(b)], a) }
        // In the order of `ranking`: of all, by domain, by category.
        var own = [[Int32]](repeating: [], count: measures.ranking.count)
        own[0] = touched.sorted(by: precedes)
        for item in own[0] {
            let domain = Int(snapshot.domains[Int(item)])
            if domain < byDomain.count { own[1 + domain].append(item) }
            for category in snapshot.categories[Int(item)] where Int(category) < byCategory.count {
                own[1 + byDomain.count + Int(category)].append(item)
            }
        }
        let isTouched = Set(touched)
        func merged(_ index: Int) -> [Int32] {
            var waiting = own[index][...]
            let list = measures.ranking[index]
            if waiting.isEmpty { return list }
            var merged: [Int32] = []
            merged.reserveCapacity(list.count + waiting.count)
            for item in list where !isTouched.contains(item) {
                while let next = waiting.first, precedes(next, item) { merged.append(waiting.removeFirst()) }
                merged.append(item)
            }
            // Behind a list that was cut come others, of which nothing is known here.
            if list.count < Self.limit { merged += waiting }
            return Array(merged.prefix(Self.limit))
        }
        all.popular = merged(0)
        for index in byDomain.indices { byDomain[index].popular = merged(1 + index) }
        for index in byCategory.indices { byCategory[index].popular = merged(1 + byDomain.count + index) }
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

/// Keeps ``TrendingLists`` up to date: within a second with what people touch, within a minute with all else.
///
/// But for the first, no decision waits for them: they are made on a queue of their own, and meanwhile the old ones
/// hold. What is shown first is touched next, so the neighbors of its items are made ready, some a second.
final class TrendingListsRefresher: Sendable {
    private struct State {
        var trendingLists = TrendingLists()
        var snapshot = -1
        var model = ""
        var trendsTime: Int64?
        var trendsVersion = 0
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
        _ snapshot: CatalogSnapshot, _ model: DeployedModel?, _ trends: Trends,
        _ weights: PopularityWeights, now: Int64, training: @escaping @Sendable () -> [Float]
    ) -> TrendingLists {
        enum Work { case nothing, trends, all }
        let version = model?.version ?? ""
        let (old, oldVersion, work, isFirst) = state.withLock { state -> (TrendingLists, Int, Work, Bool) in
            guard let allTime = state.allTime, let trendsTime = state.trendsTime else {
                return (state.trendingLists, 0, .all, true)
            }
            guard !state.isBusy else { return (state.trendingLists, 0, .nothing, false) }
            let isOld = now - trendsTime >= Self.trendsAge || now < trendsTime
            let isOther = state.snapshot != snapshot.version || state.model != version
            let work: Work =
                state.model != version || (isOther && isOld) || (isOld && now - allTime >= Self.allAge)
                ? .all : isOld ? .trends : .nothing
            if work != .nothing { state.isBusy = true }
            return (state.trendingLists, state.trendsVersion, work, false)
        }
        guard work != .nothing else { return old }
        @Sendable func make() -> TrendingLists {
            var trendingLists = old
            let trendsVersion = trends.version
            if work == .all {
                trendingLists = TrendingLists(
                    snapshot, weights, training: training(), people: trends.people(at: now), now: now)
            } else if trendsVersion != oldVersion {
                trendingLists.refresh(snapshot, trends.people(at: now), now: now)
            }
            state.withLock {
                $0.trendingLists = trendingLists
                ($0.trendsTime, $0.trendsVersion) = (now, trendsVersion)
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
