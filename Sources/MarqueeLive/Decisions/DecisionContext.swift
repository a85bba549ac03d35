internal import MarqueeData
public import MarqueeEvaluation

/// Everything that candidate sources, filters and rankers may know at one decision. Items are the catalog's indices.
public struct DecisionContext: Sendable {
    /// The user of a session that is somebody's.
    public let who: Who
    /// When and where is asked: device, region and page as the request says them, and the time of the decision.
    public let request: RequestContext
    /// Milliseconds since 1970.
    public let time: Int64
    /// What this server has applied of their events.
    public let state: UserState
    /// What they did lately, the newest first: ``state``'s interactions, what other servers saw since, and what the
    /// query says was touched just now.
    public let interactions: [UserState.Interaction]
    /// The last interaction with each item, the newest first, without those that they rated low.
    public let recent: [UserState.Interaction]
    /// A rating below this one is a dislike.
    let likedRating: Float
    /// How much they like each category.
    let affinity: Affinity
    /// Only items of this domain are wanted.
    public let domain: UInt16?
    /// Only items of this category are wanted.
    public let category: UInt16?
    /// What else is wanted of an item.
    let condition: ItemCondition?
    /// The items to rank, where the query names them.
    let given: [Int32]?
    let sharedSnapshot: CatalogSnapshot.Shared
    public var snapshot: CatalogSnapshot { _read { yield sharedSnapshot.snapshot } }
    public let trendingLists: TrendingLists
    let trends: Trends
    public let model: DeployedModel?
    /// What the deployed model is asked, in its own items and behaviors; nil without a model.
    public var query: Query? { modelQuery?.query }
    let modelQuery: ModelQuery?
    let friends: @Sendable () -> [UserState]
    /// What the query says was touched just now: not recommended, whatever becomes of other touches.
    let touched: [Int32]
    /// What other servers saw and this one need not know of; empty where what was clicked may be recommended again.
    let touchedElsewhere: [Int32]

    /// The trending, popular and new items of the part of the catalog that is wanted.
    var lists: TrendingLists.Lists { trendingLists.lists(domain: domain, category: category) }

    /// How much an item's categories are liked, on average over them.
    func affinity(of item: Int32) -> Double { affinity.mean(snapshot.categories[Int(item)]) }

    /// Whether not every item is wanted.
    var isRestricted: Bool { domain != nil || category != nil || condition != nil }

    /// Whether an item is of the wanted domain and category, and as the filter wants it.
    @inline(__always) func isWanted(_ item: Int32) -> Bool {
        if let domain, snapshot.domains[Int(item)] != domain { return false }
        if let category, !snapshot.categories[Int(item)].contains(category) { return false }
        if let condition, !condition.holds(item, snapshot) { return false }
        return true
    }
}

/// What is known of somebody when they ask, before it is brought into one context.
struct Asker: Sendable {
    /// Who they turned out to be: the user of a session; nil for whom the query names.
    var who: Who?
    var state: UserState
    /// What they touched last as the feature store has it, which other servers may have told, by catalog index.
    var touches: [(item: Int32, time: Int64)] = []
    /// Whether what was clicked is not recommended again.
    var consumesClicks = true
    /// A rating below this one is a dislike.
    var likedRating: Float = 3
    var friends: @Sendable () -> [UserState] = { [] }
}

extension DecisionContext {
    init(
        _ query: DecisionQuery, _ asker: Asker, time: Int64, _ sharedSnapshot: CatalogSnapshot.Shared,
        _ trendingLists: TrendingLists, _ trends: Trends, _ model: DeployedModel?
    ) {
        // Not taken into a variable: a copy would count references of all its columns.
        self.sharedSnapshot = sharedSnapshot
        who = asker.who ?? query.who
        self.time = time
        var request = query.context
        request.time = request.time ?? time
        self.request = request
        state = asker.state
        let touched = query.touched.compactMap { sharedSnapshot.snapshot.ids.index(of: $0) }
        self.touched = touched
        touchedElsewhere = asker.consumesClicks ? asker.touches.map(\.item) : []
        var interactions = asker.state.interactions.filter { Int($0.item) < sharedSnapshot.snapshot.count }
        interactions.merge(asker.touches, limit: UserState.interactionLimit)
        for item in touched.reversed() {
            interactions.insert(UserState.Interaction(.click, item: item, time: time), limit: .max)
        }
        self.interactions = interactions
        recent = interactions.lastByItem(likedFrom: asker.likedRating)
        likedRating = asker.likedRating
        affinity = Affinity(touched: recent, inVain: asker.state.exposures, sharedSnapshot.snapshot)
        domain = query.domain.flatMap { sharedSnapshot.snapshot.domainNames.index(of: $0) }.map { UInt16(clamping: $0) }
        category = query.category.flatMap { sharedSnapshot.snapshot.categoryNames.index(of: $0) }.map {
            UInt16(clamping: $0)
        }
        condition = query.filter.map { ItemCondition($0, sharedSnapshot.snapshot) }
        given = query.candidates?.compactMap { sharedSnapshot.snapshot.ids.index(of: $0) }
        self.trendingLists = trendingLists
        self.trends = trends
        self.model = model
        modelQuery = model?.query(who, interactions, request)
        friends = asker.friends
    }
}
