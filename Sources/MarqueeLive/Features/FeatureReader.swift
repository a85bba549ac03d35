/// From statistics to values: what features say at a time.
///
/// It reads a store and never writes it; a ``FeatureWriter`` here, or another engine elsewhere, keeps it up to date.
///
///     let reader = FeatureReader(definitions, store: store)
///     let clicks = try await reader.read("item-clicks", of: "film", at: now)
///     let table = try await reader.table(of: ["item-ctr", "user-idle"], given: [.user: "42"], items: candidates, at: now)
///
/// However much is asked for at once, the store is asked once: one pass over the embedded store, one command to Redis.
public struct FeatureReader: Sendable {
    /// Finds the friends of a user, for features of kind `friends`.
    public typealias Friends = @Sendable (String) async -> [String]
    /// Friends whose statistics are read.
    public static let mostFriends = 100

    public let definitions: FeatureDefinitions
    public let store: any ReadableFeatureStore
    private let friends: Friends?
    private let columns: [Column]

    /// How one feature is read, made once.
    private enum Column: Sendable {
        case stored(any StoredFeatureKind, label: String)
        /// The label is the source's; nil where there is no such feature.
        case derived(any DerivedFeatureKind, label: String?)
    }

    public init(_ definitions: FeatureDefinitions, store: any ReadableFeatureStore, friends: Friends? = nil) {
        self.definitions = definitions
        self.store = store
        self.friends = friends
        columns = definitions.features.map { feature in
            switch feature.kind.role {
            case .stored(let kind): .stored(kind, label: feature.label)
            case .derived(let kind): .derived(kind, label: definitions[kind.source]?.label)
            }
        }
    }

    /// One feature of one entity, to be read.
    public struct Request: Sendable {
        public var feature: String
        /// An entity that several fields name is their values joined by ``FeatureKey/separator``.
        public var entity: String

        public init(_ feature: String, of entity: String) {
            self.feature = feature
            self.entity = entity
        }
    }

    /// The values of features at a time (milliseconds since 1970), in the order of the requests.
    /// - Throws: ``UnknownFeature``, ``FeatureStoreError``.
    public func read(_ requests: [Request], at time: Int64) async throws -> [FeatureValue] {
        var batch = Batch()
        batch.keys.reserveCapacity(requests.count)
        for request in requests {
            try await add(columns[index(of: request.feature)], of: request.entity, to: &batch)
        }
        return batch.values(of: try await store.values(of: batch.keys), at: time)
    }

    /// One feature of one entity at a time (milliseconds since 1970).
    /// - Throws: ``UnknownFeature``, ``FeatureStoreError``.
    public func read(_ feature: String, of entity: String, at time: Int64) async throws -> FeatureValue {
        guard case .stored(let kind, let label) = columns[try index(of: feature)] else {
            return try await read([Request(feature, of: entity)], at: time)[0]
        }
        let statistics = try await store.values(of: [FeatureKey(label: label, entity: entity)])
        return kind.value(of: statistics[0], at: time)
    }

    /// Features of candidates at a time (milliseconds since 1970): a row an item, in the features' order.
    ///
    /// A feature whose entity is named by the item, alone or with other fields, has a value of its own in every row; any
    /// other is the same in all rows, and read once. Where `given` lacks a field that names the entity, the value is
    /// what is said of an entity of which nothing is known.
    /// - Parameters:
    ///   - given: what is known of the request: the user or session, the domain, `context.device`.
    /// - Throws: ``UnknownFeature``, ``FeatureStoreError``.
    /// - Complexity: O(items × features), one round trip to the store.
    public func table(
        of features: [String], given: [EventField: String], items: [String],
        words: (Int) -> [String] = { _ in [] }, at time: Int64
    ) async throws -> FeatureTable {
        let indices = try features.map(index(of:))
        var batch = Batch()
        batch.keys.reserveCapacity(items.count * features.count)
        /// For every cell its request in the batch.
        var requests = [Int](repeating: 0, count: items.count * features.count)
        for (number, index) in indices.enumerated() {
            let entity = definitions.features[index].entity
            let (isOfItem, isOfWords) = (entity.contains(.item), entity.contains(.word))
            for (row, item) in items.enumerated() {
                if isOfWords {
                    var given = given
                    let names = words(row).compactMap { word in
                        given[.word] = word
                        return Self.name(entity, given, item)
                    }
                    add(columns[index], ofAll: names, to: &batch)
                } else if isOfItem || row == 0 {
                    try await add(columns[index], of: Self.name(entity, given, item), to: &batch)
                }
                requests[row * features.count + number] = batch.count - 1
            }
        }
        let values = batch.values(of: try await store.values(of: batch.keys), at: time)
        return FeatureTable(features: features, values: requests.map { values[$0] })
    }

    private func index(of feature: String) throws(UnknownFeature) -> Int {
        guard let index = definitions.index(of: feature) else {
            throw UnknownFeature(name: feature, known: definitions.features.map(\.name))
        }
        return index
    }

    /// The name of an entity; nil when one of its fields is not known.
    private static func name(_ entity: [EventField], _ given: [EventField: String], _ item: String) -> String? {
        if entity == [.item] { return item }
        var names: [String] = []
        for field in entity {
            guard let name = field == .item ? item : given[field] else { return nil }
            names.append(name)
        }
        return names.joined(separator: FeatureKey.separator)
    }

    private func add(_ column: Column, of entity: String?, to batch: inout Batch) async throws {
        switch column {
        case .stored(let kind, let label):
            batch.append(kind, entity.map { FeatureKey(label: label, entity: $0) })
        case .derived(let kind, let label):
            var keys: [FeatureKey] = []
            if let entity, let label, let friends {
                keys = await friends(entity).prefix(Self.mostFriends).map { FeatureKey(label: label, entity: $0) }
            }
            batch.append(kind, keys)
        }
    }

    /// The sum over several entities, of a stored feature that is a number.
    private func add(_ column: Column, ofAll entities: [String], to batch: inout Batch) {
        guard case .stored(let kind, let label) = column else { return batch.append(sumOf: nil, []) }
        batch.append(sumOf: kind, entities.map { FeatureKey(label: label, entity: $0) })
    }

    /// Requests on their way to the store as keys, and back as values.
    private struct Batch {
        var keys: [FeatureKey] = []
        private var parts: [Part] = []

        private enum Part {
            case stored(any StoredFeatureKind, index: Int?)
            case derived(any DerivedFeatureKind, indices: Range<Int>)
            case sum((any StoredFeatureKind)?, indices: Range<Int>)
        }

        var count: Int { parts.count }

        mutating func append(_ kind: any StoredFeatureKind, _ key: FeatureKey?) {
            parts.append(.stored(kind, index: key == nil ? nil : keys.count))
            if let key { keys.append(key) }
        }

        mutating func append(sumOf kind: (any StoredFeatureKind)?, _ keys: [FeatureKey]) {
            parts.append(.sum(kind, indices: self.keys.count..<self.keys.count + keys.count))
            self.keys += keys
        }

        mutating func append(_ kind: any DerivedFeatureKind, _ keys: [FeatureKey]) {
            parts.append(.derived(kind, indices: self.keys.count..<self.keys.count + keys.count))
            self.keys += keys
        }

        func values(of statistics: [Statistic?], at time: Int64) -> [FeatureValue] {
            parts.map { part in
                switch part {
                case .stored(let kind, let index): kind.value(of: index.flatMap { statistics[$0] }, at: time)
                case .derived(let kind, let indices): kind.value(of: Array(statistics[indices]), at: time)
                case .sum(nil, _): .unknown
                case .sum(let kind?, let indices):
                    .number(indices.reduce(0) { $0 + (kind.value(of: statistics[$1], at: time).number ?? 0) })
                }
            }
        }
    }
}

/// No feature has that name.
public struct UnknownFeature: Error, Sendable, Equatable, CustomStringConvertible {
    public let name: String
    public let known: [String]

    public init(name: String, known: [String]) {
        self.name = name
        self.known = known
    }

    public var description: String { "no feature '\(name)'; defined are \(known.joined(separator: ", "))" }
}
