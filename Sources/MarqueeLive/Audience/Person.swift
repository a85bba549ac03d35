/// Who is being served: somebody who signed in, or a session before that.
public enum Who: Sendable, Hashable, Codable {
    case user(String)
    case session(String)

    /// The user's or the session's id.
    public var id: String {
        switch self {
        case .user(let id), .session(let id): id
        }
    }
}

extension Event {
    /// The user, else the session.
    public var who: Who? { user.map { .user($0) } ?? session.map { .session($0) } }
}

/// What a decision wants to know of somebody, as of the last event.
public struct Person: Sendable, Equatable {
    /// An item and when it was touched, in milliseconds since 1970.
    public struct Touch: Sendable, Equatable {
        public var item: Int32
        public var time: Int64
    }

    /// How often an item was shown without being touched.
    public struct Exposure: Sendable, Equatable {
        public var item: Int32
        public var count: Int32
        /// The last time.
        public var time: Int64
    }

    /// Touched items, the newest first, each once.
    public internal(set) var recent: [Touch] = []
    /// Items that are not recommended again.
    public internal(set) var consumed: [Int32] = []
    /// Items that they do not want to see.
    public internal(set) var hidden: [Int32] = []
    /// Items shown and not touched, in no order.
    public internal(set) var exposures: [Exposure] = []

    public init() {}

    static let recentLimit = 32, consumedLimit = 20_000, exposureLimit = 256

    /// When they last did something.
    var lastTime: Int64 { max(recent.first?.time ?? 0, exposures.map(\.time).max() ?? 0) }

    mutating func touch(_ item: Int32, at time: Int64, consumes: Bool) {
        // By event time, so that late events fall where they belong.
        if let place = recent.firstIndex(where: { $0.item == item }) {
            guard recent[place].time < time else { return consume(item, consumes) }
            recent.remove(at: place)
        }
        let place = recent.firstIndex { $0.time < time } ?? recent.count
        if place < Self.recentLimit {
            recent.insert(Touch(item: item, time: time), at: place)
            if recent.count > Self.recentLimit { recent.removeLast() }
        }
        consume(item, consumes)
        exposures.removeAll { $0.item == item }
    }

    mutating func hide(_ item: Int32) {
        if !hidden.contains(item) { hidden.append(item) }
    }

    mutating func show(_ item: Int32, at time: Int64) {
        if let place = exposures.firstIndex(where: { $0.item == item }) {
            exposures[place].count += 1
            exposures[place].time = max(exposures[place].time, time)
            return
        }
        // What was touched has been seen; its impressions tell nothing of fatigue.
        guard !recent.contains(where: { $0.item == item }) else { return }
        if exposures.count == Self.exposureLimit,
            let oldest = exposures.indices.min(by: { exposures[$0].time < exposures[$1].time })
        {
            exposures.remove(at: oldest)
        }
        exposures.append(Exposure(item: item, count: 1, time: time))
    }

    private mutating func consume(_ item: Int32, _ consumes: Bool) {
        guard consumes, !consumed.contains(item) else { return }
        if consumed.count == Self.consumedLimit { consumed.removeFirst(Self.consumedLimit / 10) }
        consumed.append(item)
    }
}
