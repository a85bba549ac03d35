/// Data of several domains that cannot be one.
public struct JoinError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    public init(reason: String) { self.reason = reason }
    public var description: String { "several domains: \(reason)" }
}

/// Data of one domain, on its way to be joined with others.
public struct DomainData: Sendable {
    /// Such as `book`; distinct among those joined.
    public var domain: String
    public var dataset: Dataset
    /// How many users are shared, where ids are whole numbers that mean the same person in every domain only below
    /// this; from it on they are people of this domain alone. Nil where equal ids are always one person.
    public var sharedUsers: Int64?

    public init(domain: String, dataset: Dataset, sharedUsers: Int64? = nil) {
        self.domain = domain
        self.dataset = dataset
        self.sharedUsers = sharedUsers
    }
}

extension Dataset {
    /// Several domains as one data set: users of equal outside ids are one person, items stay apart.
    ///
    /// An item's outside id becomes `book/1234`, so that equal ids of two domains are two items, and its catalog entry
    /// names its domain. Interactions follow one another domain by domain, with the behaviors of all; the target is the
    /// first domain's. Values are 1 where a domain has none. Times are kept when every domain has them, and sessions
    /// where they are known. Attributes, ties, knowledge and the files' own tests are joined; of an attribute that two
    /// domains tell of one person the first counts. O(interactions + users + items).
    /// - Throws: ``JoinError`` when there is no domain, a name is empty or occurs twice, or there are more than 256
    ///   behaviors.
    public static func joining(_ parts: [DomainData], name: String) throws(JoinError) -> Dataset {
        guard let first = parts.first else { throw JoinError(reason: "there is none; list at least one") }
        for (index, part) in parts.enumerated() {
            if part.domain.isEmpty { throw JoinError(reason: "domain \(index + 1) has no name; give it one") }
            if parts[..<index].contains(where: { $0.domain == part.domain }) {
                throw JoinError(reason: "'\(part.domain)' occurs twice; give each a name of its own")
            }
        }
        var behaviorNames: [String] = []
        for part in parts {
            for name in part.dataset.log.behaviorNames where !behaviorNames.contains(name) {
                behaviorNames.append(name)
            }
        }
        guard behaviorNames.count <= 256 else {
            throw JoinError(reason: "\(behaviorNames.count) behaviors together; at most 256 can be told apart")
        }
        let target = behaviorNames.firstIndex(of: first.dataset.log.targetName) ?? 0
        var joined = Dataset(
            name: name, log: InteractionLog(behaviorNames: behaviorNames, target: UInt8(target)))
        var joining = Joining(parts)
        for part in parts { joining.add(part, to: &joined) }
        joining.finish(&joined)
        return joined
    }
}

/// What joining keeps from domain to domain.
private struct Joining {
    private let hasValues, hasTimes, hasSessions, hasNegatives: Bool
    private var users = Vocabulary()
    private var items = Vocabulary()
    private var sessionCount: Int32 = 0
    private var knowledge: KnowledgeGraph?
    private var testPairs: [(user: Int32, item: Int32)] = []
    private var validationPairs: [(user: Int32, item: Int32)] = []
    private var hasValidation = false
    /// By user.
    private var negatives: [Int32: [Int32]] = [:]
    private var negativesNames: [String] = []

    init(_ parts: [DomainData]) {
        let logs = parts.map(\.dataset.log)
        hasValues = logs.contains { !$0.values.isEmpty }
        hasTimes = logs.allSatisfy { !$0.timestamps.isEmpty || $0.count == 0 }
        hasSessions = logs.contains { !$0.sessions.isEmpty }
        hasNegatives = parts.compactMap(\.dataset.frozen).allSatisfy { $0.negatives != nil }
    }

    mutating func add(_ part: DomainData, to joined: inout Dataset) {
        let (dataset, log) = (part.dataset, part.dataset.log)
        let userMap = log.userVocabulary.ids.map { id in
            let isShared = part.sharedUsers.map { limit in Int64(id).map { $0 < limit } ?? true } ?? true
            return users.insert(isShared ? id : "\(part.domain)/\(id)")
        }
        let itemMap = log.itemVocabulary.ids.map { items.insert("\(part.domain)/\($0)") }
        let behaviors = log.behaviorNames.map { name in
            UInt8(joined.log.behaviorNames.firstIndex(of: name) ?? 0)
        }
        joined.log.users += log.users.map { userMap[Int($0)] }
        joined.log.items += log.items.map { itemMap[Int($0)] }
        if joined.log.behaviorNames.count > 1 {
            joined.log.behaviors += (0..<log.count).map { behaviors[Int(log.behavior(of: $0))] }
        }
        if hasValues {
            joined.log.values += log.values.isEmpty ? Array(repeating: 1, count: log.count) : log.values
        }
        if hasTimes { joined.log.timestamps += log.timestamps }
        if hasSessions {
            let offset = sessionCount
            joined.log.sessions +=
                log.sessions.isEmpty
                ? Array(repeating: -1, count: log.count) : log.sessions.map { $0 < 0 ? -1 : $0 + offset }
            sessionCount += (log.sessions.max() ?? -1) + 1
        }
        joined.catalog.items += (0..<Int32(log.itemCount)).map { item in
            var entry = dataset.catalog[item] ?? Catalog.Item(title: log.itemVocabulary[item])
            entry.domain = part.domain
            return entry
        }
        for (name, values) in dataset.userAttributes {
            var column = joined.userAttributes[name] ?? []
            column += Array(repeating: "", count: users.count - column.count)
            for (user, value) in values.enumerated() where column[Int(userMap[user])].isEmpty {
                column[Int(userMap[user])] = value
            }
            joined.userAttributes[name] = column
        }
        joined.socialEdges += dataset.socialEdges.map {
            SocialEdge(from: userMap[Int($0.from)], to: userMap[Int($0.to)], weight: $0.weight)
        }
        add(dataset.knowledge, items: itemMap)
        add(dataset.frozen, users: userMap, items: itemMap)
    }

    private mutating func add(_ graph: KnowledgeGraph?, items itemMap: [Int32]) {
        guard let graph else { return }
        var joined = knowledge ?? KnowledgeGraph()
        let entities = graph.entities.ids.map { joined.entities.insert($0) }
        let relations = graph.relations.ids.map { joined.relations.insert($0) }
        joined.heads += graph.heads.map { entities[Int($0)] }
        joined.predicates += graph.predicates.map { relations[Int($0)] }
        joined.tails += graph.tails.map { entities[Int($0)] }
        joined.itemEntities += Array(repeating: -1, count: items.count - joined.itemEntities.count)
        for (item, entity) in graph.itemEntities.enumerated() where entity >= 0 {
            joined.itemEntities[Int(itemMap[item])] = entities[Int(entity)]
        }
        knowledge = joined
    }

    private mutating func add(_ frozen: FrozenTest?, users userMap: [Int32], items itemMap: [Int32]) {
        guard let frozen else { return }
        func pairs(_ holdout: Holdout) -> [(user: Int32, item: Int32)] {
            holdout.users.indices.flatMap { k in
                holdout[k].map { (userMap[Int(holdout.users[k])], itemMap[Int($0)]) }
            }
        }
        testPairs += pairs(frozen.holdout)
        if let validation = frozen.validation {
            hasValidation = true
            validationPairs += pairs(validation)
        }
        if let given = frozen.negatives {
            negativesNames.append(given.name)
            for (k, row) in given.rows.enumerated() {
                negatives[userMap[Int(frozen.holdout.users[k])], default: []] += row.map { itemMap[Int($0)] }
            }
        }
    }

    consuming func finish(_ joined: inout Dataset) {
        joined.log.userVocabulary = users
        joined.log.itemVocabulary = items
        for name in joined.userAttributes.keys {
            let missing = users.count - (joined.userAttributes[name]?.count ?? 0)
            joined.userAttributes[name]? += Array(repeating: "", count: missing)
        }
        if var graph = knowledge {
            graph.itemEntities += Array(repeating: -1, count: items.count - graph.itemEntities.count)
            joined.knowledge = graph
        }
        guard !testPairs.isEmpty else { return }
        let holdout = Holdout(pairs: testPairs)
        joined.frozen = FrozenTest(
            holdout: holdout,
            negatives: hasNegatives
                ? FrozenNegatives(
                    name: negativesNames.joined(separator: " and "), rows: holdout.users.map { negatives[$0] ?? [] })
                : nil,
            validation: hasValidation ? Holdout(pairs: validationPairs) : nil)
    }
}

extension FrozenTest {
    /// The part whose targets are of a domain, negatives included; nil when none are.
    public func restricted(to domain: Int32, of domains: ItemDomains) -> FrozenTest? {
        func isInside(_ item: Int32) -> Bool { domains.indices[Int(item)] == domain }
        let kept = holdout.users.indices.filter { holdout[$0].contains(where: isInside) }
        guard !kept.isEmpty else { return nil }
        return FrozenTest(
            holdout: holdout.filter(isInside),
            negatives: negatives.map { negatives in
                FrozenNegatives(name: negatives.name, rows: kept.map { negatives.rows[$0].filter(isInside) })
            }, validation: validation?.filter(isInside))
    }
}

extension Holdout {
    /// The targets that satisfy a condition; users who are left without one go.
    public func filter(_ isIncluded: (Int32) -> Bool) -> Holdout {
        compactMap { isIncluded($1) ? ($0, $1) : nil }
    }
}
