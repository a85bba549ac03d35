internal import MarqueeRuntime
internal import Yams

/// Reads a definition file, node by node, so that errors have lines.
struct FeatureFile {
    let name: String

    func error(_ node: Node?, _ reason: String) -> FeatureDefinitionError {
        FeatureDefinitionError(file: name, line: node?.mark?.line, reason: reason)
    }

    func features(_ yaml: String) throws(FeatureDefinitionError) -> [FeatureDefinition] {
        let composed: Node?
        do { composed = try Yams.compose(yaml: yaml) } catch {
            var line: Int?
            switch error as? YamlError {
            case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): line = mark.line
            case .duplicatedKeysInMapping(_, let context): line = context.mark.line
            default: break
            }
            throw FeatureDefinitionError(
                file: name, line: line,
                reason: "not valid YAML, or a name given twice; check brackets, colons and indentation")
        }
        let root = try mapping(composed, "the file", keys: ["entities", "features"])
        var entities: [String: [EventField]] = [:]
        for (key, node) in try mapping(root["entities"], "'entities'") { entities[key] = try fields(node) }
        var features: [FeatureDefinition] = []
        for (key, node) in try pairs(root["features"], "'features'") {
            features.append(try feature(key, node, entities))
        }
        for feature in features {
            guard case .derived(let kind) = feature.kind.role else { continue }
            let sourceKind = type(of: kind).sourceKind
            guard let source = features.first(where: { $0.name == kind.source }), type(of: source.kind) == sourceKind
            else {
                throw error(
                    root["features"],
                    "'\(feature.name)' is of the friends' '\(kind.source)', "
                        + "which is no feature of kind '\(sourceKind.name)'")
            }
        }
        return features
    }

    private func feature(
        _ key: String, _ node: Node, _ entities: [String: [EventField]]
    ) throws(FeatureDefinitionError) -> FeatureDefinition {
        guard !key.isEmpty, key.utf8.count <= 64,
            key.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: ":") })
        else { throw error(node, "'\(key)' is no name of a feature; use letters, digits and '-', at most 64") }
        let names = FeatureKinds.names
        let parts = try mapping(node, "'\(key)'", keys: ["entity", "where"] + names)
        guard let entityName = parts["entity"]?.string else { throw error(node, "'\(key)' needs an 'entity'") }
        guard let entity = entities[entityName] else {
            throw error(parts["entity"], Spelling.complaint(unknown: "entity", entityName, valid: Array(entities.keys)))
        }
        var condition: [EventField: String] = [:]
        if let node = parts["where"] {
            for (name, value) in try mapping(node, "'where'") {
                guard let field = EventField(name), let text = value.string else {
                    throw error(value, "'where' compares fields of events with text: { domain: video }")
                }
                condition[field] = text
            }
        }
        let given = FeatureKinds.all.filter { parts[$0.name] != nil }
        guard given.count == 1, let type = given.first, let settings = parts[type.name] else {
            let found = given.isEmpty ? "none" : given.map { $0.name }.joined(separator: " and ")
            throw error(node, "'\(key)' needs one of \(names.joined(separator: ", ")); it has \(found)")
        }
        return FeatureDefinition(
            name: key, entity: entity, kind: try type.init(FeatureSettings(self, kind: type.name, settings)),
            condition: condition)
    }

    private func fields(_ node: Node) throws(FeatureDefinitionError) -> [EventField] {
        let nodes = node.sequence.map(Array.init) ?? [node]
        var fields: [EventField] = []
        for node in nodes {
            guard let text = node.string, let field = EventField(text) else {
                throw error(
                    node,
                    "an entity is named by fields of events: user, session, item, domain, type, decision, context.NAME")
            }
            fields.append(field)
        }
        guard !fields.isEmpty else { throw error(node, "an entity needs at least one field") }
        return fields
    }

    private func pairs(_ node: Node?, _ what: String) throws(FeatureDefinitionError) -> [(String, Node)] {
        guard let node, let mapping = node.mapping else { throw error(node, "\(what) is to have keys and values") }
        var pairs: [(String, Node)] = []
        for (key, value) in mapping {
            guard let text = key.string else { throw error(key, "keys are text") }
            pairs.append((text, value))
        }
        return pairs
    }

    func mapping(_ node: Node?, _ what: String, keys: [String]? = nil) throws(FeatureDefinitionError) -> [String: Node]
    {
        let pairs = try pairs(node, what)
        if let keys, let unknown = pairs.first(where: { !keys.contains($0.0) }) {
            throw error(unknown.1, Spelling.complaint(unknown: "key", unknown.0, valid: keys))
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
