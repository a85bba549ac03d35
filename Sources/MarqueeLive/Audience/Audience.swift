internal import Synchronization

/// Everybody who did something lately, for decisions: what they touched, consumed, hid and were shown.
///
/// Rebuilt from the event log at start; sharded, so that an event waits for nobody. At capacity those
/// who were quiet longest are forgotten, a tenth of a shard at once; their events stay in the log. Whoever comes
/// back then begins anew: what was consumed, hidden or shown in vain before may be shown again, but for what
/// the model's training history knows.
///
/// Somebody takes 24 bytes for each of the 256 last things they did, 4 bytes more for each item consumed and 16 for each
/// of up to 256 shown in vain. What a session did is its user's from the first event that names both, and so is what it
/// does from then on, until an event names it with another user.
public final class Audience: Sendable {
    private final class Shard: Sendable {
        let people = Mutex<[Who: UserState]>([:])
    }
    private let shards: [Shard]
    private let shardCapacity: Int
    /// What is not recommended again once it has happened.
    public let consuming: Set<EventType>
    /// A rating below this one is a dislike.
    public let likedRating: Float

    public static let standardConsuming: Set<EventType> = [.click, .view, .favorite, .cart, .purchase, .rating, .share]

    /// - Parameter capacity: how many people are remembered at most.
    public init(consuming: Set<EventType> = standardConsuming, capacity: Int = 1_000_000, likedRating: Float = 3) {
        self.consuming = consuming
        self.likedRating = likedRating
        shards = (0..<64).map { _ in Shard() }
        shardCapacity = max(1, capacity / 64)
    }

    /// What is known of somebody, of a session what is known of its user; nothing for somebody new.
    public subscript(who: Who) -> UserState {
        let state = shard(who).people.withLock { $0[who] } ?? UserState()
        guard let user = state.owner?.user else { return state }
        return shard(.user(user)).people.withLock { $0[.user(user)] } ?? UserState()
    }

    /// Who somebody turned out to be: the user of a session, once an event named both.
    public func person(_ who: Who) -> Who {
        guard case .session = who, let owner = shard(who).people.withLock({ $0[who]?.owner }) else { return who }
        return .user(owner.user)
    }

    /// Whether what an event tells was done by the one for whom something was: the same user or session, or both known to
    /// be one person. Whoever asked without a name, a session without an id, may be anybody.
    func isBy(_ who: Who, _ event: Event) -> Bool {
        if who.id.isEmpty { return true }
        if let user = event.user, who == .user(user) { return true }
        if let session = event.session, who == .session(session) { return true }
        guard let other = event.who else { return false }
        return person(who) == person(other)
    }

    /// How many people are remembered.
    public var count: Int { shards.reduce(0) { $0 + $1.people.withLock { $0.count } } }

    /// Takes note of an event about the item of that index.
    /// - Returns: what its person made of the item before and makes of it now; nil where the event is no touch
    ///   and takes none back.
    @discardableResult
    public func apply(_ event: Event, item: Int32) -> (before: Trends.Opinion?, after: Trends.Opinion?)? {
        guard var who = event.who else { return nil }
        // Nobody ever holds two shards.
        var joining: UserState?
        if let user = event.user, let session = event.session {
            joining = give(.session(session), to: UserState.Owner(user: user, time: event.time))
        } else {
            who = person(who)
        }
        return shard(who).people.withLock { people in
            if people.count >= shardCapacity, people[who] == nil { people.forgetTenth(by: \.lastTime) }
            if let joining { people[who, default: UserState()].join(joining) }
            guard event.type.isTouch || event.type == .retract else {
                people[who, default: UserState()].apply(event, item: item, consuming: consuming)
                return nil
            }
            let before = people[who]?.opinion(of: item, likedFrom: likedRating)
            people[who, default: UserState()].apply(event, item: item, consuming: consuming)
            return (before, people[who]?.opinion(of: item, likedFrom: likedRating))
        }
    }

    /// Makes a session somebody's.
    /// - Returns: what it did so far that is nobody's yet.
    private func give(_ session: Who, to owner: UserState.Owner) -> UserState? {
        shard(session).people.withLock { people in
            if people.count >= shardCapacity, people[session] == nil { people.forgetTenth(by: \.lastTime) }
            let old = people[session]
            if let known = old?.owner, known.time >= owner.time { return nil }
            people[session] = UserState()
            people[session]?.owner = owner
            return old?.owner == nil ? old : nil
        }
    }

    /// Forgets somebody.
    /// - Returns: whether anything was known of them.
    @discardableResult
    func forget(_ who: Who) -> Bool { shard(who).people.withLock { $0.removeValue(forKey: who) } != nil }

    /// Everybody who is remembered, in tables that later events do not change.
    func people() -> [[Who: UserState]] { shards.map { $0.people.withLock { $0 } } }

    /// Remembers people as they were, those who were quiet longest no more where there are too many.
    func restore(_ people: [(who: Who, state: UserState)]) {
        for person in people { shard(person.who).people.withLock { $0[person.who] = person.state } }
        for shard in shards {
            shard.people.withLock { while $0.count > shardCapacity { $0.forgetTenth(by: \.lastTime) } }
        }
    }

    private func shard(_ who: Who) -> Shard { shards[Int(truncatingIfNeeded: who.hashValue) & 63] }
}

extension Dictionary {
    /// Forgets the tenth with the least times, one at least. O(n log n), for a tenth of n insertions.
    mutating func forgetTenth<Time: Comparable>(by time: (Value) -> Time) {
        let oldest = map { (key: $0.key, time: time($0.value)) }.sorted { $0.time < $1.time }
        for entry in oldest.prefix(Swift.max(1, count / 10)) { self[entry.key] = nil }
    }
}
