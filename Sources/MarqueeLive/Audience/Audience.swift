internal import Synchronization

/// Everybody who did something lately, for decisions: what they touched, consumed, hid and were shown.
///
/// Rebuilt from the event log at start; sharded, so that an event waits for nobody. At capacity those
/// who were quiet longest are forgotten, a tenth at once; their events stay in the log.
public final class Audience: Sendable {
    private final class Shard: Sendable {
        let people = Mutex<[Who: Person]>([:])
    }
    private let shards: [Shard]
    private let shardCapacity: Int
    /// What is not recommended again once it has happened.
    public let consuming: Set<EventType>

    public static let standardConsuming: Set<EventType> = [.click, .view, .favorite, .cart, .purchase, .rating, .share]

    /// - Parameter capacity: how many people are remembered.
    public init(consuming: Set<EventType> = standardConsuming, capacity: Int = 2_000_000) {
        self.consuming = consuming
        shards = (0..<64).map { _ in Shard() }
        shardCapacity = max(1, capacity / 64)
    }

    /// What is known of somebody; nothing for somebody new.
    public subscript(who: Who) -> Person {
        shard(who).people.withLock { $0[who] } ?? Person()
    }

    /// How many people are remembered.
    public var count: Int { shards.reduce(0) { $0 + $1.people.withLock { $0.count } } }

    /// Takes note of an event about the item of that index.
    public func apply(_ event: Event, item: Int32) {
        guard let who = event.who else { return }
        shard(who).people.withLock { people in
            if people.count >= shardCapacity, people[who] == nil { Self.forget(&people) }
            people[who, default: Person()].apply(event, item: item, consumes: consuming.contains(event.type))
        }
    }

    private func shard(_ who: Who) -> Shard { shards[Int(truncatingIfNeeded: who.hashValue) & 63] }

    private static func forget(_ people: inout [Who: Person]) {
        let times = people.values.map(\.lastTime).sorted()
        let limit = times[times.count / 10]
        people = people.filter { $0.value.lastTime > limit }
    }
}

extension Person {
    mutating func apply(_ event: Event, item: Int32, consumes: Bool) {
        switch event.type {
        case .impression, .gaze: show(item, at: event.time)
        case .hide: hide(item)
        default: touch(item, at: event.time, consumes: consumes)
        }
    }
}
