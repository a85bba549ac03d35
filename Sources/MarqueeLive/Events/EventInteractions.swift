internal import MarqueeData

/// Events as interactions to learn from.
///
/// | event | behavior | value |
/// |---|---|---|
/// | click, favorite, cart, purchase, share | its type | 1 |
/// | view | view | dwell in milliseconds, where it is known |
/// | rating | rating | the rating |
/// | impression, gaze, hide, search, scroll | none: they are no part of a history | |
/// | retract | none, and what it takes back of before is none | |
///
/// Somebody is their user id. What happened in a session before its person signed in is theirs if any event of the
/// session names them; else the session is a person of its own, `session:` and its id.
struct EventInteractions {
    /// Events that are no interactions, by type.
    private(set) var skipped: [EventType: Int] = [:]
    private var users = Vocabulary(), items = Vocabulary(), sessions = Vocabulary()
    /// A user's index, or minus a session's and one more.
    private var people: [Int32] = []
    private var places: [Int32] = [], visits: [Int32] = []
    private var types: [EventType] = []
    private var values: [Float] = []
    private var times: [Int64] = []
    private var hasValues = false
    /// Whose a session is, by its index.
    private var owners: [Int32: Int32] = [:]
    private var retractions: [Retraction] = []

    /// Somebody took back what they had done with an item.
    private struct Retraction {
        /// As in ``people``.
        var person: Int32
        var item: Int32
        /// How many interactions came before it.
        var rows: Int
        /// Whether it takes back what is of a type.
        var takes: @Sendable (EventType) -> Bool
    }

    mutating func add(_ event: Event) {
        let session = event.session.map { sessions.insert($0) }
        let user = event.user.map { users.insert($0) }
        if let session, let user { owners[session] = user }
        guard BehaviorTable.names[event.type] != nil, let person = user ?? session.map({ -1 - $0 }) else {
            skipped[event.type, default: 0] += 1
            if event.type == .retract, let person = user ?? session.map({ -1 - $0 }) {
                let (left, type) = (event.retractionLeaves, event.retracts)
                retractions.append(
                    Retraction(person: person, item: items.insert(event.item), rows: people.count) {
                        if let left { !left.contains($0) } else { type == nil || type == $0.rawValue }
                    })
            }
            return
        }
        people.append(person)
        places.append(items.insert(event.item))
        visits.append(session ?? -1)
        types.append(event.type)
        times.append(event.time)
        var value: Float = 1
        if event.type == .rating || event.type == .view, let own = event.value {
            value = Float(event.type == .view ? 1_000 * own : own)
            hasValues = true
        }
        values.append(value)
    }

    /// The rows that somebody took back; by owners of sessions as they are known at the end. O(rows + retractions).
    private func taken() -> Set<Int> {
        struct Pair: Hashable { var person, item: Int32 }
        func pair(_ person: Int32, _ item: Int32) -> Pair {
            Pair(person: person < 0 ? owners[-1 - person] ?? person : person, item: item)
        }
        var rows = Dictionary(retractions.map { (pair($0.person, $0.item), [Int]()) }) { first, _ in first }
        guard !rows.isEmpty else { return [] }
        for row in people.indices { rows[pair(people[row], places[row])]?.append(row) }
        var taken: Set<Int> = []
        for retraction in retractions {
            for row in rows[pair(retraction.person, retraction.item)] ?? []
            where row < retraction.rows && retraction.takes(types[row]) { taken.insert(row) }
        }
        return taken
    }

    /// The interactions in order of time, equals in the order of the log; and how many sessions are people of their own.
    /// - Parameters:
    ///   - catalog: items that are known besides, and what is known of all of them.
    ///   - reward: decides which behavior is to be predicted: the one that earned the most.
    consuming func dataset(
        named name: String, catalog: [CatalogItem], people known: [CatalogUser], reward: RewardDefinition
    ) -> (dataset: Dataset, anonymous: Int) {
        // Before sessions without an owner get an index of their own.
        let taken = taken()
        var anonymous: Set<Int32> = []
        for row in people.indices where people[row] < 0 {
            let session = -1 - people[row]
            if let owner = owners[session] {
                people[row] = owner
            } else {
                anonymous.insert(session)
                people[row] = users.insert("session:\(sessions[session])")
            }
        }
        var titles: [String: Catalog.Item] = [:]
        for item in catalog {
            items.insert(item.id)
            titles[item.id] = Catalog.Item(
                title: item.title.isEmpty ? item.id : item.title, year: item.year, genres: item.categories,
                text: item.text, domain: item.domain)
        }
        let kept = times.indices.filter { !taken.contains($0) }
        let earned = Dictionary(grouping: kept.map { types[$0] }) { $0 }.mapValues {
            reward.worth(of: $0[0]) * Double($0.count)
        }
        let order = EventType.behaviors.filter { earned[$0] != nil }
        let rank = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, UInt8($0)) })
        let best = order.max { earned[$0] ?? 0 < earned[$1] ?? 0 }
        let rows = kept.sorted { (times[$0], $0) < (times[$1], $1) }
        var log = InteractionLog(
            users: rows.map { people[$0] }, items: rows.map { places[$0] },
            behaviors: order.count > 1 ? rows.map { rank[types[$0]] ?? 0 } : [],
            values: hasValues ? rows.map { values[$0] } : [], timestamps: rows.map { times[$0] },
            userVocabulary: users, itemVocabulary: items,
            behaviorNames: order.isEmpty ? ["interaction"] : order.map(\.rawValue),
            target: best.flatMap { earned[$0] ?? 0 > 0 ? rank[$0] : nil }
                ?? InteractionLog.mostCommitted(of: order.map(\.rawValue)))
        if sessions.count > 0 { log.sessions = rows.map { visits[$0] } }
        var dataset = Dataset(name: name, log: log)
        if !titles.isEmpty {
            dataset.catalog = Catalog(
                items: (0..<Int32(items.count)).map { titles[items[$0]] ?? Catalog.Item(title: items[$0], domain: "") })
        }
        dataset.socialEdges = known.flatMap { person in
            person.friends.compactMap { friend in
                guard let from = users.index(of: person.id), let to = users.index(of: friend) else { return nil }
                return SocialEdge(from: from, to: to)
            }
        }
        return (dataset, anonymous.count)
    }
}

extension EventType {
    /// Those that are interactions, the least committed first.
    fileprivate static let behaviors: [EventType] = [.view, .click, .rating, .share, .favorite, .cart, .purchase]
}

extension RewardDefinition {
    /// What one event of a type earns, watched to its end where that counts.
    fileprivate func worth(of type: EventType) -> Double {
        let event = Event(
            id: "", item: "", type: type, value: dwellSeconds, context: ["completion": "1"], time: 0)
        return max(0, total(adding(event, to: Parts())))
    }
}
