public import Foundation
internal import MarqueeRuntime
internal import Yams

/// The definition file: entities, and features of them.
///
/// ```yaml
/// entities:
///   user: user
///   item: item
///   taste: [user, context.category]
/// features:
///   item-clicks:    { entity: item,  count: click }
///   item-heat:      { entity: item,  decayed-count: { of: [click, view], half-life: 6h } }
///   user-spend:     { entity: user,  decayed-sum: { of: purchase, half-life: 30d } }
///   item-sales:     { entity: item,  windowed-count: { of: purchase, bucket: 1h, buckets: 24 } }
///   item-ctr:       { entity: item,  ratio: { of: click, over: impression, bucket: 1h, buckets: 24, prior: 0.05, strength: 20 } }
///   user-recent:    { entity: user,  last: { of: click, keep: 20 } }
///   user-idle:      { entity: user,  time-since: click }
///   user-gaze:      { entity: user,  gaze-grid: { columns: 8, rows: 6, half-life: 1h } }
///   friends-recent: { entity: user,  friends: { recent: user-recent, keep: 20 } }
///   taste:          { entity: taste, decayed-count: { of: click, half-life: 7d }, where: { domain: video } }
/// ```
public struct FeatureDefinitions: Sendable, Equatable {
    public let features: [FeatureDefinition]
    private let places: [String: Int]

    public init(_ features: [FeatureDefinition]) {
        self.features = features
        places = Dictionary(features.indices.map { (features[$0].name, $0) }) { first, _ in first }
    }

    /// The feature of that name.
    public subscript(name: String) -> FeatureDefinition? { places[name].map { features[$0] } }

    func index(of name: String) -> Int? { places[name] }

    /// - Throws: ``FeatureDefinitionError`` naming file, line and what would be right; `FileError`.
    public init(contentsOf url: URL) throws {
        guard FileManager.default.fileExists(atPath: url.path) else { throw FileError.notFound(url.path) }
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw FileError.cannotRead(url.path, reason: "it is not a UTF-8 text")
        }
        try self.init(yaml: text, file: url.lastPathComponent)
    }

    /// - Parameter file: how errors call the source.
    public init(yaml: String, file: String = "features.yaml") throws(FeatureDefinitionError) {
        try self.init(FeatureFile(name: file).features(yaml))
    }
}

/// A definition file does not say what one must.
public struct FeatureDefinitionError: Error, Sendable, Equatable, CustomStringConvertible {
    public let file: String
    /// Counted from 1.
    public let line: Int?
    public let reason: String
    public var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}

/// Reads a definition file, node by node, so that errors have lines.
private struct FeatureFile {
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
            guard case .friends(let recent, _) = feature.kind else { continue }
            guard case .last? = features.first(where: { $0.name == recent })?.kind else {
                throw error(
                    root["features"],
                    "'\(feature.name)' is of the friends' '\(recent)', which is no feature of kind 'last'")
            }
        }
        return features
    }

    static let kinds = [
        "count", "decayed-count", "decayed-sum", "windowed-count", "ratio", "last", "time-since", "gaze-grid",
        "friends",
    ]

    func feature(_ key: String, _ node: Node, _ entities: [String: [EventField]]) throws(FeatureDefinitionError)
        -> FeatureDefinition
    {
        guard !key.isEmpty, key.utf8.count <= 64,
            key.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: ":") })
        else { throw error(node, "'\(key)' is no name of a feature; use letters, digits and '-', at most 64") }
        let parts = try mapping(node, "'\(key)'", keys: ["entity", "where"] + Self.kinds)
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
        let given = Self.kinds.filter { parts[$0] != nil }
        guard given.count == 1, let kindName = given.first, let kind = parts[kindName] else {
            throw error(
                node,
                "'\(key)' needs one of \(Self.kinds.joined(separator: ", ")); it has \(given.isEmpty ? "none" : given.joined(separator: " and "))"
            )
        }
        return FeatureDefinition(name: key, entity: entity, kind: try self.kind(kindName, kind), condition: condition)
    }

    func kind(_ name: String, _ node: Node) throws(FeatureDefinitionError) -> FeatureDefinition.Kind {
        switch name {
        case "count": return .count(of: try types(node))
        case "time-since": return .timeSince(of: try types(node))
        case "decayed-count", "decayed-sum":
            let parts = try mapping(node, "'\(name)'", keys: ["of", "half-life"])
            let of = try types(parts["of"], in: node)
            let halfLife = try duration(parts["half-life"], "half-life", in: node)
            return name == "decayed-sum"
                ? .decayedSum(of: of, halfLife: halfLife) : .decayedCount(of: of, halfLife: halfLife)
        case "windowed-count":
            let parts = try mapping(node, "'\(name)'", keys: ["of", "bucket", "buckets"])
            return .windowedCount(
                of: try types(parts["of"], in: node), width: try duration(parts["bucket"], "bucket", in: node),
                buckets: Int64(try whole(parts["buckets"], "buckets", 1...10_000, in: node)))
        case "ratio":
            let parts = try mapping(node, "'ratio'", keys: ["of", "over", "bucket", "buckets", "prior", "strength"])
            return .ratio(
                of: try types(parts["of"], in: node), over: try types(parts["over"], in: node),
                width: try duration(parts["bucket"], "bucket", in: node),
                buckets: Int64(try whole(parts["buckets"], "buckets", 1...10_000, in: node)),
                prior: try number(parts["prior"], "prior", 0...1),
                strength: try number(parts["strength"], "strength", 0...1e12))
        case "last":
            let parts = try mapping(node, "'last'", keys: ["of", "keep"])
            return .last(
                of: try types(parts["of"], in: node), keep: try whole(parts["keep"], "keep", 1...1000, in: node))
        case "gaze-grid":
            let parts = try mapping(node, "'gaze-grid'", keys: ["columns", "rows", "half-life"])
            return .gazeGrid(
                columns: try whole(parts["columns"], "columns", 1...64, in: node),
                rows: try whole(parts["rows"], "rows", 1...64, in: node),
                halfLife: try duration(parts["half-life"], "half-life", in: node))
        default:
            let parts = try mapping(node, "'friends'", keys: ["recent", "keep"])
            guard let recent = parts["recent"]?.string else {
                throw error(node, "'friends' needs 'recent', a feature of kind 'last'")
            }
            return .friends(recent: recent, keep: try whole(parts["keep"], "keep", 1...1000, in: node))
        }
    }

    func fields(_ node: Node) throws(FeatureDefinitionError) -> [EventField] {
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

    func types(_ node: Node?, in parent: Node? = nil) throws(FeatureDefinitionError) -> Set<EventType> {
        guard let node else {
            throw error(parent, "'of' (and 'over' of a ratio) say which events: click, or [click, view]")
        }
        var types: Set<EventType> = []
        for node in node.sequence.map(Array.init) ?? [node] {
            let text = node.string ?? ""
            guard let type = EventType(rawValue: text) else {
                throw error(
                    node, Spelling.complaint(unknown: "event type", text, valid: EventType.allCases.map(\.rawValue)))
            }
            types.insert(type)
        }
        guard !types.isEmpty else { throw error(node, "no events to observe") }
        return types
    }

    /// `500ms`, `90s`, `15m`, `6h`, `7d` in milliseconds; at most ten years.
    func duration(_ node: Node?, _ key: String, in parent: Node) throws(FeatureDefinitionError) -> Int64 {
        let text = node?.string ?? ""
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let number = Int64(digits), let unit = units[String(text.dropFirst(digits.count))], number > 0,
            number <= 10 * 366 * 86_400_000 / unit
        else { throw error(node ?? parent, "'\(key)' is a time such as 500ms, 90s, 15m, 6h or 7d") }
        return number * unit
    }

    func whole(_ node: Node?, _ key: String, _ range: ClosedRange<Int>, in parent: Node) throws(FeatureDefinitionError)
        -> Int
    {
        guard let value = node?.int, range.contains(value) else {
            throw error(node ?? parent, "'\(key)' is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(_ node: Node?, _ key: String, _ range: ClosedRange<Double>) throws(FeatureDefinitionError) -> Double {
        guard let node else { return 0 }
        guard let value = node.float, range.contains(value) else {
            throw error(node, "'\(key)' is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func pairs(_ node: Node?, _ what: String) throws(FeatureDefinitionError) -> [(String, Node)] {
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
