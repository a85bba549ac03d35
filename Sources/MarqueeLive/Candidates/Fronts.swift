internal import Dispatch
internal import MarqueeData
internal import Synchronization

/// What stands in front of the shelf: trending, popular and new items, of all and of each domain and
/// category, the best first. Immutable.
public struct Fronts: Sendable {
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

    /// O(items log items) for a new catalogue.
    init(_ shelf: Shelf, popularity: [Float], trends: [(item: Int32, weight: Float)], now: Int64) {
        byDomain = Array(repeating: Lists(), count: shelf.domainNames.count)
        byCategory = Array(repeating: Lists(), count: shelf.categoryNames.count)
        let offered = (0..<Int32(shelf.count)).filter { shelf.isOffered($0, at: now) }
        func weight(_ item: Int32) -> Float { Int(item) < popularity.count ? popularity[Int(item)] : 0 }
        fill(\.popular, shelf, offered.sorted { (weight($0), $1) > (weight($1), $0) })
        // Items that came with a model have no time, and are no news.
        let dated = offered.filter { shelf.times[Int($0)] > 0 }
        fill(\.fresh, shelf, dated.sorted { (shelf.times[Int($0)], $0) > (shelf.times[Int($1)], $1) })
        refreshTrends(shelf, trends, now: now)
    }

    /// Replaces the trending lists alone. O(touched items log touched items).
    mutating func refreshTrends(_ shelf: Shelf, _ trends: [(item: Int32, weight: Float)], now: Int64) {
        all.trending = []
        for index in byDomain.indices { byDomain[index].trending = [] }
        for index in byCategory.indices { byCategory[index].trending = [] }
        let order = trends.filter { Int($0.item) < shelf.count && shelf.isOffered($0.item, at: now) }
            .sorted { ($0.weight, $1.item) > ($1.weight, $0.item) }
        fill(\.trending, shelf, order.map(\.item))
    }

    private mutating func fill(_ list: WritableKeyPath<Lists, [Int32]>, _ shelf: Shelf, _ order: [Int32]) {
        all[keyPath: list] = Array(order.prefix(Self.limit))
        for item in order {
            let domain = Int(shelf.domains[Int(item)])
            if domain < byDomain.count, byDomain[domain][keyPath: list].count < Self.limit {
                byDomain[domain][keyPath: list].append(item)
            }
            for category in shelf.categories[Int(item)] where Int(category) < byCategory.count {
                if byCategory[Int(category)][keyPath: list].count < Self.limit {
                    byCategory[Int(category)][keyPath: list].append(item)
                }
            }
        }
    }
}

/// Keeps ``Fronts`` up to date: trends and new items within a second, popularity within a minute.
///
/// But for the first, no decision waits for them: they are made on a queue of their own, and meanwhile the old ones
/// hold. What stands in front is touched next, so the neighbors of its items are made ready, some a second.
final class FrontsKeeper: Sendable {
    private struct State {
        var fronts = Fronts()
        var shelf = -1
        var model = ""
        var trendsTime: Int64?
        var allTime: Int64?
        var isBusy = false
    }
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "marquee.fronts", qos: .utility)
    private static let trendsAge: Int64 = 1_000, allAge: Int64 = 60_000
    /// How many items get their neighbors ahead of time in a second at most.
    private static let readyLimit = 50

    /// The lists for a decision at `now`.
    func fronts(
        _ shelf: Shelf, _ model: DeployedModel?, _ trends: Trends, now: Int64, popularity: @escaping @Sendable () -> [Float]
    ) -> Fronts {
        enum Work { case nothing, trends, all }
        let version = model?.version ?? ""
        let (old, work, isFirst) = state.withLock { state -> (Fronts, Work, Bool) in
            guard let allTime = state.allTime, let trendsTime = state.trendsTime else { return (state.fronts, .all, true) }
            guard !state.isBusy else { return (state.fronts, .nothing, false) }
            let isOld = now - trendsTime >= Self.trendsAge || now < trendsTime
            let isOther = state.shelf != shelf.version || state.model != version
            let work: Work = state.model != version || (isOther && isOld) || (isOld && now - allTime >= Self.allAge)
                ? .all : isOld ? .trends : .nothing
            if work != .nothing { state.isBusy = true }
            return (state.fronts, work, false)
        }
        guard work != .nothing else { return old }
        @Sendable func make() -> Fronts {
            var fronts = old
            let weights = trends.weights(at: now)
            if work == .all {
                fronts = Fronts(shelf, popularity: popularity(), trends: weights, now: now)
            } else {
                fronts.refreshTrends(shelf, weights, now: now)
            }
            state.withLock {
                $0.fronts = fronts
                $0.trendsTime = now
                if work == .all { ($0.allTime, $0.shelf, $0.model) = (now, shelf.version, version) }
            }
            return fronts
        }
        if isFirst { return make() }
        queue.async { [self] in
            let fronts = make()
            let lists = fronts.all
            model?.makeReady(
                Turns.interleave([lists.trending, lists.popular, lists.fresh], limit: 3 * Fronts.limit), atMost: Self.readyLimit)
            state.withLock { $0.isBusy = false }
        }
        return old
    }

    /// Returns once what is being made is there.
    func settle() { queue.sync {} }
}
