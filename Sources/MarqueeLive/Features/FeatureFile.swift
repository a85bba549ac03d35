internal import MarqueeRuntime

/// Reads a definition file: first entities, then features of them.
struct FeatureFile {
    private var entities: [String: [EventField]] = [:]

    /// - Throws: ``ConfigurationError`` with file and line.
    static func features(_ document: ConfigDocument) throws(ConfigurationError) -> [FeatureDefinition] {
        do {
            let root = try mapping(document.value, "the file", at: [], keys: ["entities", "features"])
            var file = FeatureFile()
            for (name, value) in try mapping(root["entities"], "'entities'", at: ["entities"]) {
                file.entities[name] = try fields(value, at: ["entities", AnyCodingKey(name)])
            }
            let definitions = try mapping(root["features"], "'features'", at: ["features"])
            var features: [FeatureDefinition] = []
            for name in document.keys(of: ["features"]) {
                features.append(try file.feature(name, definitions[name]))
            }
            for feature in features { try check(feature, among: features) }
            return features
        } catch { throw document.located(error) }
    }

    private static func check(
        _ feature: FeatureDefinition, among features: [FeatureDefinition]
    ) throws(ConfigurationError) {
        guard case .derived(let kind) = feature.kind.role else { return }
        let sourceKind = type(of: kind).sourceKind
        guard let source = features.first(where: { $0.name == kind.source }), type(of: source.kind) == sourceKind else {
            throw ConfigurationError(
                at: ["features", AnyCodingKey(feature.name)],
                "'\(feature.name)' is of the friends' '\(kind.source)', "
                    + "which is no feature of kind '\(sourceKind.name)'")
        }
    }

    private func feature(_ name: String, _ value: ConfigValue?) throws(ConfigurationError) -> FeatureDefinition {
        let path: [AnyCodingKey] = ["features", AnyCodingKey(name)]
        guard !name.isEmpty, name.utf8.count <= 64,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: ":") })
        else {
            throw ConfigurationError(
                at: path, "'\(name)' is no name of a feature; use letters, digits and '-', at most 64")
        }
        let kinds = FeatureKinds.names
        let parts = try Self.mapping(value, "'\(name)'", at: path, keys: ["entity", "where"] + kinds)
        guard case .string(let entityName)? = parts["entity"] else {
            throw ConfigurationError(at: path, "'\(name)' needs an 'entity'")
        }
        guard let entity = entities[entityName] else {
            throw ConfigurationError(
                at: path + ["entity"],
                Spelling.complaint(unknown: "entity", entityName, valid: Array(entities.keys)))
        }
        let given = FeatureKinds.all.filter { parts[$0.name] != nil }
        guard given.count == 1, let type = given.first, let settings = parts[type.name] else {
            let found = given.isEmpty ? "none" : given.map { $0.name }.joined(separator: " and ")
            throw ConfigurationError(
                at: path, "'\(name)' needs one of \(kinds.joined(separator: ", ")); it has \(found)")
        }
        return FeatureDefinition(
            name: name, entity: entity,
            kind: try type.init(FeatureSettings(type.name, settings, at: path + [AnyCodingKey(type.name)])),
            condition: try Self.condition(parts["where"], at: path + ["where"]))
    }

    private static func condition(
        _ value: ConfigValue?, at path: [AnyCodingKey]
    ) throws(ConfigurationError) -> [EventField: String] {
        guard let value else { return [:] }
        var condition: [EventField: String] = [:]
        for (name, value) in try mapping(value, "'where'", at: path) {
            guard let field = EventField(name), field != .word, let text = value.word else {
                throw ConfigurationError(
                    at: path + [AnyCodingKey(name)],
                    "'where' compares fields of events with text: { domain: video }")
            }
            condition[field] = text
        }
        return condition
    }

    private static func fields(_ value: ConfigValue, at path: [AnyCodingKey]) throws(ConfigurationError) -> [EventField]
    {
        var fields: [EventField] = []
        for value in value.oneOrMany {
            guard let field = value.word.flatMap({ EventField($0) }) else {
                throw ConfigurationError(
                    at: path,
                    "an entity is named by fields of events: user, session, item, domain, type, decision, query, word, device, context.NAME"
                )
            }
            fields.append(field)
        }
        guard !fields.isEmpty else { throw ConfigurationError(at: path, "an entity needs at least one field") }
        return fields
    }

    static func mapping(
        _ value: ConfigValue?, _ what: String, at path: [AnyCodingKey], keys: [String]? = nil
    ) throws(ConfigurationError) -> [String: ConfigValue] {
        guard case .mapping(let fields)? = value else {
            throw ConfigurationError(at: path, "\(what) is to have keys and values")
        }
        if let keys, let unknown = fields.keys.sorted().first(where: { !keys.contains($0) }) {
            throw ConfigurationError(
                at: path + [AnyCodingKey(unknown)], Spelling.complaint(unknown: "key", unknown, valid: keys))
        }
        return fields
    }
}

extension ConfigValue {
    /// A scalar that is a text, or a whole number as one; nil for anything else.
    var word: String? { try? decode(String.self) }

    /// The values of a list; of anything else that alone.
    var oneOrMany: [ConfigValue] { if case .list(let values) = self { values } else { [self] } }
}
