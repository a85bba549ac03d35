/// What a decision wants to know of a user or a session, as of the last event.
public struct UserState: Sendable, Equatable {
    /// Something that they did with an item.
    public struct Interaction: Sendable, Equatable {
        /// Milliseconds since 1970.
        public var time: Int64
        /// Index into the catalog.
        public var item: Int32
        /// A rating, or the seconds of a view; 1 where an event has neither.
        public var value: Float
        public var type: EventType

        public init(_ type: EventType, item: Int32, time: Int64, value: Float = 1) {
            self.time = time
            self.item = item
            self.value = value
            self.type = type
        }
    }

    /// How often an item was shown without being touched.
    public struct Exposure: Sendable, Equatable {
        public var item: Int32
        public var count: Int32
        /// The last time, in milliseconds since 1970.
        public var time: Int64
    }

    /// What they did lately, the newest first: with an item by every type of event the last one, ``interactionLimit`` at
    /// most.
    public internal(set) var interactions: [Interaction] = []
    /// Items that are not recommended again.
    public internal(set) var consumed: [Int32] = []
    /// Items that they do not want to see.
    public internal(set) var hidden: [Int32] = []
    /// Items shown and not touched, in no order.
    public internal(set) var exposures: [Exposure] = []
    /// Items with which they took back what they had done, the newest last: what is known of them elsewhere, in a model's
    /// training or in features, tells nothing any more.
    public internal(set) var retractions: [Retraction] = []

    /// An item with which somebody took back what they had done, and when, in milliseconds since 1970.
    public struct Retraction: Sendable, Equatable {
        public var item: Int32
        public var time: Int64
    }

    /// Of a session, the user whose it is since an event named both; what the session did is theirs, and kept there.
    public internal(set) var owner: Owner?

    /// Whose a session is.
    public struct Owner: Sendable, Equatable {
        public var user: String
        /// When the session was last heard of, in milliseconds since 1970.
        public var time: Int64
    }

    public init() {}

    /// How much a model is told of what somebody did since its training: a long evening's clicks, and more than the
    /// models that go by an order look back (200). 24 bytes each, so that whoever did as much takes 6 kB.
    static let interactionLimit = 256
    static let consumedLimit = 20_000, exposureLimit = 256, retractionLimit = 256

    /// When they last did something.
    var lastTime: Int64 {
        max(owner?.time ?? 0, interactions.first?.time ?? 0, exposures.map(\.time).max() ?? 0)
    }

    /// The last interaction with each item, the newest first.
    public var recent: [Interaction] { interactions.lastByItem() }

    /// What they make of an item by what is kept of them, if they touched it.
    func opinion(of item: Int32, likedFrom rating: Float) -> Trends.Opinion? {
        var opinion: Trends.Opinion?
        for interaction in interactions where interaction.item == item {
            if opinion == nil { opinion = Trends.Opinion(time: interaction.time, isLiked: true) }
            if interaction.isDislike(below: rating) { opinion?.isLiked = false }
        }
        return opinion
    }

    /// Whether a touch of an item at a time was taken back.
    func hasRetracted(_ item: Int32, since time: Int64) -> Bool {
        retractions.contains { $0.item == item && $0.time >= time }
    }

    mutating func apply(_ event: Event, item: Int32, consuming: Set<EventType>) {
        switch event.type {
        case .impression, .gaze: show(item, at: event.time)
        case .hide: hide(item)
        case .click, .view, .favorite, .cart, .purchase, .rating, .share:
            interactions.insert(Interaction(event, item: item), limit: Self.interactionLimit)
            exposures.removeAll { $0.item == item }
            retractions.removeAll { $0.item == item }
            if consuming.contains(event.type) { consume(item) }
        case .retract: retract(event, item: item, consuming: consuming)
        // What they tell is in features.
        case .search, .scroll: break
        }
    }

    /// Forgets what was done with an item, but for what the event says is left of it.
    private mutating func retract(_ event: Event, item: Int32, consuming: Set<EventType>) {
        let left: Set<EventType>
        if let told = event.retractionLeaves {
            left = told
        } else if let type = event.retracts.flatMap(EventType.init(rawValue:)) {
            left = Set(interactions.lazy.filter { $0.item == item && $0.type != type }.map(\.type))
                .union(type != .hide && hidden.contains(item) ? [.hide] : [])
        } else {
            left = []
        }
        interactions.removeAll { $0.item == item && !left.contains($0.type) }
        exposures.removeAll { $0.item == item }
        if !left.contains(.hide) { hidden.removeAll { $0 == item } }
        guard left.isDisjoint(with: consuming) else { return }
        consumed.removeAll { $0 == item }
        retractions.removeAll { $0.item == item }
        if retractions.count == Self.retractionLimit { retractions.removeFirst() }
        retractions.append(Retraction(item: item, time: event.time))
    }

    /// Takes in what a session did that turned out to be this user's.
    mutating func join(_ session: UserState) {
        for interaction in session.interactions.reversed() {
            interactions.insert(interaction, limit: Self.interactionLimit)
            exposures.removeAll { $0.item == interaction.item }
        }
        for item in session.consumed { consume(item) }
        for item in session.hidden { hide(item) }
        for exposure in session.exposures { show(exposure.item, at: exposure.time, times: exposure.count) }
        for retraction in session.retractions where !interactions.contains(where: { $0.item == retraction.item }) {
            retractions.append(retraction)
        }
        retractions.removeFirst(max(0, retractions.count - Self.retractionLimit))
    }

    private mutating func hide(_ item: Int32) {
        if !hidden.contains(item) { hidden.append(item) }
    }

    private mutating func show(_ item: Int32, at time: Int64, times: Int32 = 1) {
        if let index = exposures.firstIndex(where: { $0.item == item }) {
            exposures[index].count += times
            exposures[index].time = max(exposures[index].time, time)
            return
        }
        // What was touched has been seen; its impressions tell nothing of fatigue.
        guard !interactions.contains(where: { $0.item == item }) else { return }
        if exposures.count == Self.exposureLimit,
            let oldest = exposures.indices.min(by: { exposures[$0].time < exposures[$1].time })
        {
            exposures.remove(at: oldest)
        }
        exposures.append(Exposure(item: item, count: times, time: time))
    }

    private mutating func consume(_ item: Int32) {
        guard !consumed.contains(item) else { return }
        if consumed.count == Self.consumedLimit { consumed.removeFirst(Self.consumedLimit / 10) }
        consumed.append(item)
    }
}

extension EventType {
    /// Whether it says that somebody took to an item, rather than passed it by.
    var isTouch: Bool {
        switch self {
        case .impression, .gaze, .hide, .retract, .search, .scroll: false
        case .click, .view, .favorite, .cart, .purchase, .rating, .share: true
        }
    }
}

extension UserState.Interaction {
    /// - Parameter item: the event's item, as the catalog's index.
    init(_ event: Event, item: Int32) {
        let hasValue = event.type == .rating || event.type == .view
        self.init(event.type, item: item, time: event.time, value: hasValue ? Float(event.value ?? 1) : 1)
    }
}

extension UserState.Interaction {
    /// Whether it says that the item is not liked: a rating below this one.
    func isDislike(below rating: Float) -> Bool { type == .rating && value < rating }
}

extension [UserState.Interaction] {
    /// The last interaction with each item, but for those that were rated lower; `self` has the newest first. O(n) for
    /// the few that are kept of a user.
    func lastByItem(likedFrom rating: Float = -.infinity) -> [UserState.Interaction] {
        var last: [UserState.Interaction] = []
        last.reserveCapacity(count)
        // Of a few, looking through them costs less than a table.
        if count <= 32 {
            for interaction in self where !last.contains(where: { $0.item == interaction.item }) {
                last.append(interaction)
            }
        } else {
            var seen = Set<Int32>(minimumCapacity: count)
            for interaction in self where seen.insert(interaction.item).inserted { last.append(interaction) }
        }
        guard contains(where: { $0.isDislike(below: rating) }) else { return last }
        let disliked = Set(lazy.filter { $0.isDislike(below: rating) }.map(\.item))
        last.removeAll { disliked.contains($0.item) }
        return last
    }

    /// Puts an interaction where its time belongs, the newest first and of equal times the one that came last; an
    /// earlier one of its type with its item goes. Late events fall where they belong. O(n).
    mutating func insert(_ interaction: UserState.Interaction, limit: Int) {
        if let old = firstIndex(where: { $0.item == interaction.item && $0.type == interaction.type }) {
            guard self[old].time <= interaction.time else { return }
            remove(at: old)
        }
        let index = firstIndex { $0.time <= interaction.time } ?? count
        guard index < limit else { return }
        insert(interaction, at: index)
        if count > limit { removeLast() }
    }

    /// Takes in what another server saw, which of an item tells the last touch and not its kind: as clicks, where nothing
    /// as new is known of the item.
    mutating func merge(_ touches: some Sequence<(item: Int32, time: Int64)>, limit: Int) {
        for touch in touches where !contains(where: { $0.item == touch.item && $0.time >= touch.time }) {
            insert(UserState.Interaction(.click, item: touch.item, time: touch.time), limit: limit)
        }
    }
}
