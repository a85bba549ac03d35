/// An entity has no such feature.
public struct UnknownFeature: Error, Sendable, Equatable, CustomStringConvertible {
    public let name: String
    public let known: [String]

    public init(name: String, known: [String]) {
        self.name = name
        self.known = known
    }

    public var description: String { "no feature '\(name)'; defined are \(known.joined(separator: ", "))" }
}

extension FeatureEngine {
    /// Friends whose items are read.
    public static let mostFriends = 100

    /// Features of entities at a time (milliseconds since 1970): a row an entity, in the features' order.
    ///
    /// An entity that several fields name is their values joined by U+001F, as ``FeatureKey/init(label:fields:)``
    /// does it. All that is asked for is read from the store at once.
    /// - Throws: ``UnknownFeature``, ``FeatureStoreError``.
    public nonisolated func read(_ features: [String], of entities: [String], at time: Int64) async throws
        -> [[FeatureValue]]
    {
        let readings = try features.map { name in
            guard let place = definitions.index(of: name) else {
                throw UnknownFeature(name: name, known: definitions.features.map(\.name))
            }
            return reading[place]
        }
        var keys: [FeatureKey] = []
        keys.reserveCapacity(readings.count * entities.count)
        for entity in entities {
            for reading in readings { keys.append(FeatureKey(label: reading.label, entity: entity)) }
        }
        let isFriendly = readings.contains { $0.definition.rule == nil }
        let statistics = try await store.values(of: keys)
        var rows: [[FeatureValue]] = []
        rows.reserveCapacity(entities.count)
        for row in entities.indices {
            rows.append(
                readings.indices.map { column in
                    readings[column].definition.value(of: statistics[row * readings.count + column], at: time)
                })
        }
        guard isFriendly else { return rows }
        for (column, reading) in readings.enumerated() {
            guard case .friends(let recent, let keep) = reading.definition.kind else { continue }
            for row in entities.indices {
                rows[row][column] = .items(try await recentItems(recent, keep, ofFriendsOf: entities[row]))
            }
        }
        return rows
    }

    /// One feature of one entity, now.
    public nonisolated func read(_ feature: String, of entity: String, at time: Int64) async throws -> FeatureValue {
        guard let place = definitions.index(of: feature), reading[place].definition.rule != nil else {
            return try await read([feature], of: [entity], at: time)[0][0]
        }
        let statistics = try await store.values(of: [FeatureKey(label: reading[place].label, entity: entity)])
        return reading[place].definition.value(of: statistics[0], at: time)
    }

    private nonisolated func recentItems(
        _ recent: String, _ keep: Int, ofFriendsOf user: String
    ) async throws -> [Statistic.Sighting] {
        guard let friends, let place = definitions.index(of: recent) else { return [] }
        let keys = await friends(user).prefix(Self.mostFriends).map {
            FeatureKey(label: reading[place].label, entity: $0)
        }
        var newest: [Statistic.Sighting] = []
        for case .latest(let sightings)? in try await store.values(of: Array(keys)) {
            for sighting in sightings { Statistic.insert(sighting, into: &newest, keep: keep) }
        }
        return newest
    }
}
