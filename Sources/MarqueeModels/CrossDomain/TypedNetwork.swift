internal import MarqueeData
internal import MarqueeRuntime

/// Everything that training data holds as a heterogeneous information network (Sun and Han, 2012): nodes of types, and
/// links between nodes of two types.
///
/// `user` and `item` are always there, linked by the target's interactions; `user` to `user` by ties; `item` to `category`
/// and `domain` by the catalog; an item to what a fact says of it, a type for each relation of ``KnowledgeGraph``, such as
/// `director` or `city`; a user to each attribute, such as `gender`.
struct TypedNetwork: Sendable {
    /// By the names of two types, rows of the first × columns of the second, binary.
    let links: [[String]: InteractionMatrix]

    init(_ data: TrainingSet) {
        var links: [[String]: InteractionMatrix] = [:]
        func link(_ from: String, _ to: String, _ matrix: InteractionMatrix) {
            guard matrix.entryCount > 0 else { return }
            links[[from, to]] = matrix
            if from != to { links[[to, from]] = matrix.transposed() }
        }
        link("user", "item", data.interactions)
        if !data.ties.isEmpty {
            let ties = data.tieMatrix
            link("user", "user", ties.joined(ties.transposed()))
        }
        if !data.catalog.isEmpty { link("item", "category", data.catalog.genres(itemCount: data.itemCount).matrix) }
        if data.domains.names.count > 1 {
            link("item", "domain", .oneHot(data.domains.indices, columnCount: data.domains.names.count))
        }
        for (name, values) in data.userAttributes {
            var (log, known) = (InteractionLog(), Vocabulary())
            for (user, value) in values.enumerated() {
                for one in value.split(separator: "|") {
                    log.users.append(Int32(user))
                    log.items.append(known.insert(String(one)))
                }
            }
            (log.userVocabulary, log.itemVocabulary) = (data.log.userVocabulary, known)
            link("user", name, InteractionMatrix(log))
        }
        if let knowledge = data.knowledge {
            for (name, matrix) in knowledge.facts(itemCount: data.itemCount) { link("item", name, matrix) }
        }
        self.links = links
    }

    /// The names of the types that something is linked to, in order.
    var types: [String] { Set(links.keys.joined()).union(["user", "item"]).sorted() }
}

extension InteractionMatrix {
    /// Rows with one entry each, at `indices`; none where that is negative.
    static func oneHot(_ indices: [Int32], columnCount: Int) -> InteractionMatrix {
        var offsets = [0]
        for index in indices { offsets.append(offsets[offsets.count - 1] + (index < 0 ? 0 : 1)) }
        let columns = indices.filter { $0 >= 0 }
        return InteractionMatrix(
            rowCount: indices.count, columnCount: columnCount, offsets: offsets, columns: columns,
            values: Array(repeating: 1, count: columns.count))
    }
}

extension KnowledgeGraph {
    /// By the name of a relation, items × what it says of them, binary; what is linked through others is left out.
    func facts(itemCount: Int) -> [(relation: String, matrix: InteractionMatrix)] {
        var items = [[Int32]](repeating: [], count: entities.count)
        for (item, entity) in itemEntities.prefix(itemCount).enumerated() where entity >= 0 {
            items[Int(entity)].append(Int32(item))
        }
        return (0..<Int32(relations.count)).map { relation in
            var (own, facts, known) = ([Int32](), [Int32](), Vocabulary())
            for fact in 0..<count where predicates[fact] == relation {
                for item in items[Int(heads[fact])] {
                    own.append(item)
                    facts.append(known.insert(entities[tails[fact]]))
                }
            }
            var log = InteractionLog(users: own, items: facts, itemVocabulary: known)
            log.userVocabulary = Vocabulary(integers: (0..<Int64(itemCount)).map { $0 })
            return (relations[relation], InteractionMatrix(log))
        }
    }
}
