internal import Foundation

/// A heterogeneous information network in files of links, as HERec has them (Shi et al., TKDE 2019):
/// `user_business.dat` ("user business rating", a timestamp may follow), and beside it `business_city.dat`,
/// `business_category.dat`, … ("business thing", a weight may follow), `user_user.dat` with ties, and `user_compliment.dat`
/// and others with what else is said of users.
///
/// What is said of items becomes facts (``Dataset/knowledge``), a relation a file and named by its second half; `category`
/// becomes the catalog's genres. What is said of users becomes their attributes, several values of one user apart by `|`.
struct HINFormat: DatasetFormat {
    private let item: String
    private static let ending = ".dat"

    init?(recognizing context: ReadContext) throws {
        guard context.tree.focus == nil, context.mapping.file == nil else { return nil }
        let links = context.tree.names.compactMap(Self.link)
        let items = Set(links.map(\.from)).subtracting(["user"]).filter { item in
            links.contains { $0.from == "user" && $0.to == item }
        }
        guard items.count == 1, let item = items.first else { return nil }
        self.item = item
    }

    /// `business_city.dat` as `business` and `city`.
    private static func link(_ name: String) -> (from: String, to: String)? {
        guard name.hasSuffix(ending) else { return nil }
        let parts = name.dropLast(ending.count).split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts.contains("") else { return nil }
        return (String(parts[0]), String(parts[1]))
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let log = "user_\(item)\(Self.ending)"
        let source = try context.tree.open(log)
        let first = try context.firstLines(log, 1).first ?? ""
        let separator = try MappedFormat.separator(nil, first, log)
        let roles: [TableLayout.Role] = [.user, .item, .value, .timestamp]
        let count = first.components(separator).count
        let layout = TableLayout(
            separator: separator,
            roles: Array(roles.prefix(max(2, count))) + Array(repeating: .skip, count: max(0, count - roles.count)),
            requiresIntegers: true)
        let result = try context.build { try $0.add(source, layout) }
        var dataset = Dataset(name: context.tree.name, log: result.log())
        context.note(source, role: "ratings", lines: dataset.log.count)
        var catalog = CatalogBuilder(dataset.log.itemVocabulary)
        var graph = KnowledgeGraph(itemEntities: Array(repeating: -1, count: dataset.log.itemCount))
        for name in context.tree.names where name != log {
            guard let link = Self.link(name) else { continue }
            switch (link.from, link.to) {
            case ("user", "user"): dataset.socialEdges = try ties(name, context, dataset.log.userVocabulary)
            case ("user", let attribute):
                dataset.userAttributes[attribute] = try attributes(name, context, dataset.log.userVocabulary)
            case (item, let relation):
                try facts(name, relation, context, dataset.log.itemVocabulary, &graph, &catalog)
            default: continue
            }
        }
        dataset.catalog = catalog.catalog
        if graph.count > 0 { dataset.knowledge = graph }
        return (dataset, context.report("heterogeneous information network", dataset))
    }

    /// Every line's two ids; those of nobody known are counted and left out by `body`.
    private func pairs(
        _ name: String, role: String, _ context: ReadContext, _ body: (DelimitedRecords.Record) throws -> Bool
    ) throws {
        let source = try context.tree.open(name)
        let separator = try MappedFormat.separator(nil, try context.firstLines(name, 1).first ?? "", name)
        var strangers = 0
        let lines = try context.records(source, separator: separator).forEach { record in
            guard record.count >= 2 else {
                throw ReadError.line(
                    file: name, line: record.line, expected: "2 ids separated by \(TableLayout.spoken(separator))",
                    found: "\(record.count)", remedy: "the line may be cut off: complete or delete it")
            }
            if try !body(record) { strangers += 1 }
        }
        context.note(source, role: role, lines: lines)
        if strangers > 0 {
            context.notes.append(
                DataNote(.joining, "\(name): \(strangers.grouped) links of ids without ratings were left out"))
        }
    }

    private func ties(_ name: String, _ context: ReadContext, _ users: Vocabulary) throws -> [SocialEdge] {
        var edges: [SocialEdge] = []
        try pairs(name, role: "social ties", context) { record in
            guard let from = users.index(ofUTF8: record.raw(0)), let to = users.index(ofUTF8: record.raw(1)) else {
                return false
            }
            edges.append(SocialEdge(from: from, to: to, weight: record.count > 2 ? Float(record[2]) ?? 1 : 1))
            return true
        }
        return edges
    }

    private func attributes(_ name: String, _ context: ReadContext, _ users: Vocabulary) throws -> [String] {
        var values = [String](repeating: "", count: users.count)
        try pairs(name, role: "users", context) { record in
            guard let user = users.index(ofUTF8: record.raw(0)) else { return false }
            values[Int(user)] += (values[Int(user)].isEmpty ? "" : "|") + record[1]
            return true
        }
        return values
    }

    private func facts(
        _ name: String, _ relation: String, _ context: ReadContext, _ items: Vocabulary, _ graph: inout KnowledgeGraph,
        _ catalog: inout CatalogBuilder
    ) throws {
        try pairs(name, role: relation, context) { record in
            guard let item = items.index(ofUTF8: record.raw(0)) else { return false }
            if relation == "category" {
                catalog.update(item) { $0.genres.append(record[1]) }
            } else {
                graph.add(item, "\(self.item) \(record[0])", relation, record[1])
            }
            return true
        }
    }
}

extension KnowledgeGraph {
    /// Adds a fact about an item, which is an entity of the name given: `relation` `value`.
    mutating func add(_ item: Int32, _ entity: String, _ relation: String, _ value: String) {
        let head = entities.insert(entity)
        itemEntities[Int(item)] = head
        heads.append(head)
        predicates.append(relations.insert(relation))
        tails.append(entities.insert("\(relation) \(value)"))
    }
}
