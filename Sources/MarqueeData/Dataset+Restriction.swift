/// How many users, items and interactions there are.
public struct DatasetCounts: Sendable, Equatable, Codable {
    public var users, items, interactions: Int

    public init(users: Int, items: Int, interactions: Int) {
        self.users = users
        self.items = items
        self.interactions = interactions
    }
}

extension Dataset {
    public var counts: DatasetCounts {
        DatasetCounts(users: log.userCount, items: log.itemCount, interactions: log.count)
    }

    /// The part that is left when only the marked users, items and rows stay, under vocabularies
    /// that hold just them; nil marks everything. Catalog, attributes, ties, knowledge and the frozen test
    /// follow.
    ///
    /// A row goes when its user or its item goes. O(interactions).
    func restricted(users keptUsers: [Bool]? = nil, items keptItems: [Bool]? = nil, rows keptRows: [Bool]? = nil)
        -> Dataset
    {
        let users = Renumbering(log.userCount, keeping: keptUsers)
        let items = Renumbering(log.itemCount, keeping: keptItems)
        var result = self
        var staying: [Int32] = []
        staying.reserveCapacity(log.count)
        for row in 0..<log.count
        where users[log.users[row]] >= 0 && items[log.items[row]] >= 0 && keptRows?[row] ?? true {
            staying.append(Int32(row))
        }
        result.log.users = staying.map { users[log.users[Int($0)]] }
        result.log.items = staying.map { items[log.items[Int($0)]] }
        if !log.behaviors.isEmpty { result.log.behaviors = staying.map { log.behaviors[Int($0)] } }
        if !log.values.isEmpty { result.log.values = staying.map { log.values[Int($0)] } }
        if !log.timestamps.isEmpty { result.log.timestamps = staying.map { log.timestamps[Int($0)] } }
        if !log.sessions.isEmpty { result.log.sessions = staying.map { log.sessions[Int($0)] } }
        if users.drops {
            result.log.userVocabulary = users.keep(log.userVocabulary)
            result.userAttributes = userAttributes.mapValues { users.keep($0) }
            result.socialEdges = socialEdges.compactMap {
                let (from, to) = (users[$0.from], users[$0.to])
                return from < 0 || to < 0 ? nil : SocialEdge(from: from, to: to, weight: $0.weight)
            }
        }
        if items.drops {
            result.log.itemVocabulary = items.keep(log.itemVocabulary)
            result.catalog = Catalog(items: items.keep(catalog.items))
            result.knowledge?.itemEntities = items.keep(knowledge?.itemEntities ?? [])
        }
        if users.drops || items.drops {
            result.frozen = frozen.map { $0.renumbered(users: users, items: items) }
        }
        return result
    }

    /// Only the marked rows, and of users and items those that still have one. What had no row
    /// before goes as well.
    func compacted(rows keep: [Bool]) -> Dataset {
        var users = [Bool](repeating: false, count: log.userCount)
        var items = [Bool](repeating: false, count: log.itemCount)
        for row in 0..<log.count where keep[row] {
            users[Int(log.users[row])] = true
            items[Int(log.items[row])] = true
        }
        return restricted(users: users, items: items, rows: keep)
    }
}

/// Old index → new index, -1 for what goes.
struct Renumbering {
    private let new: [Int32]?
    let drops: Bool

    init(_ count: Int, keeping keep: [Bool]?) {
        guard let keep, keep.contains(false) else {
            new = nil
            drops = false
            return
        }
        var next: Int32 = 0
        new = keep.map { stays in
            defer { if stays { next += 1 } }
            return stays ? next : -1
        }
        drops = true
    }

    subscript(old: Int32) -> Int32 { new.map { $0[Int(old)] } ?? old }

    /// The elements that stay; a list shorter than the numbering (an absent catalog) is taken as it is.
    func keep<Element>(_ elements: [Element]) -> [Element] {
        elements.enumerated().compactMap { self[Int32($0.offset)] >= 0 ? $0.element : nil }
    }
}

extension Renumbering {
    func keep(_ vocabulary: Vocabulary) -> Vocabulary {
        if let integers = vocabulary.integers { return Vocabulary(integers: keep(integers)) }
        return Vocabulary(keep(vocabulary.ids))
    }
}

extension FrozenTest {
    /// Targets and negatives that stay; a user without a target left goes with its negatives.
    func renumbered(users: Renumbering, items: Renumbering) -> FrozenTest {
        func renumbered(_ held: Holdout) -> Holdout {
            held.compactMap { users[$0] >= 0 && items[$1] >= 0 ? (users[$0], items[$1]) : nil }
        }
        let kept = holdout.users.indices.filter { k in
            users[holdout.users[k]] >= 0 && holdout[k].contains { items[$0] >= 0 }
        }
        return FrozenTest(
            holdout: renumbered(holdout),
            negatives: negatives.map { negatives in
                FrozenNegatives(
                    name: negatives.name,
                    rows: kept.map { negatives.rows[$0].map { items[$0] }.filter { $0 >= 0 } })
            }, validation: validation.map(renumbered))
    }
}
