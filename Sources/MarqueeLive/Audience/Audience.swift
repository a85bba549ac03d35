internal import Synchronization

/// Everybody who did something lately, for decisions: what they touched, consumed, hid and were shown.
///
/// Rebuilt from the event log at start; sharded, so that an event waits for nobody. At capacity those
/// who were quiet longest are forgotten, a tenth of a shard at once; their events stay in the log. Whoever comes
/// back then begins anew: what was consumed, hidden or shown in vain before may be shown again, but for what
/// the model's training history knows.
///
/// Somebody takes up to 0.8 kB for what they did lately, 4 bytes more for each item consumed and 16 for each of up to
/// 256 shown in vain. What a session did is its user's from the first event that names both.
public final class Audience: Sendable {
    private final class Shard: Sendable {
        let people = Mutex<[Who: UserState]>([:])
    }
    private let shards: [Shard]
    private let shardCapacity: Int
    /// What is not recommended again once it has happened.
    public let consuming: Set<EventType>

    public static let standardConsuming: Set<EventType> = [.click, .view, .favorite, .cart, .purchase, .rating, .share]

    /// - Parameter capacity: how many people are remembered at most.
    public init(consuming: Set<EventType> = standardConsuming, capacity: Int = 1_000_000) {
        self.consuming = consuming
        shards = (0..<64).map { _ in Shard() }
        shardCapacity = max(1, capacity / 64)
    }

    /// What is known of somebody; nothing for somebody new.
    public subscript(who: Who) -> UserState {
        shard(who).people.withLock { $0[who] } ?? UserState()
    }

    /// How many people are remembered.
    public var count: Int { shards.reduce(0) { $0 + $1.people.withLock { $0.count } } }

    /// Takes note of an event about the item of that index.
    public func apply(_ event: Event, item: Int32) {
        guard let who = event.who else { return }
        // Before the other shard is locked: nobody ever holds two.
        let session = event.user == nil ? nil : event.session.flatMap { take(.session($0)) }
        shard(who).people.withLock { people in
            if people.count >= shardCapacity, people[who] == nil { people.forgetTenth(by: \.lastTime) }
            if let session { people[who, default: UserState()].join(session) }
            people[who, default: UserState()].apply(event, item: item, consumes: consuming.contains(event.type))
        }
    }

    private func take(_ who: Who) -> UserState? { shard(who).people.withLock { $0.removeValue(forKey: who) } }

    private func shard(_ who: Who) -> Shard { shards[Int(truncatingIfNeeded: who.hashValue) & 63] }
}

extension Dictionary {
    /// Forgets the tenth with the least times, one at least. O(n log n), for a tenth of n insertions.
    mutating func forgetTenth<Time: Comparable>(by time: (Value) -> Time) {
        let oldest = map { (key: $0.key, time: time($0.value)) }.sorted { $0.time < $1.time }
        for entry in oldest.prefix(Swift.max(1, count / 10)) { self[entry.key] = nil }
    }
}
