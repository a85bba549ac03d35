internal import Synchronization

/// Statistics in Redis: whole values, never deltas, under `PREFIX:LABEL:ENTITY`; marks in the hash
/// `PREFIX:marks`.
///
/// An update reads the values, takes the observations in, and writes values and marks in one
/// transaction, on condition that the marks are still what they were. So a Redis that comes back with
/// what it had some seconds ago comes back with the marks of then, and the writer replays the rest.
public final class RedisStore: FeatureStore {
    public let prefix: String
    private let writer: RedisConnection
    private let readers: [RedisConnection]
    private let reads = Atomic<Int>(0)

    /// - Parameters:
    ///   - readers: connections for reading, used one after the other.
    ///   - readingLimit: how long an answer to a reader is waited for; nil as long as one to the writer, by whom nobody
    ///     is kept waiting. A Redis that exceeds it is not read for a moment: reading fails at once.
    public init(
        _ address: RedisAddress = RedisAddress(), prefix: String = "marquee", readers: Int = 2,
        readingLimit: Duration? = nil
    ) {
        self.prefix = prefix
        writer = RedisConnection(address)
        var readingAddress = address
        readingAddress.timeout = readingLimit ?? address.timeout
        let breaker = CircuitBreaker()
        self.readers = (0..<max(1, readers)).map { _ in RedisConnection(readingAddress, breaker) }
    }

    public func values(of keys: [FeatureKey]) async throws(FeatureStoreError) -> [Statistic?] {
        if keys.isEmpty { return [] }
        let reader = readers[reads.wrappingAdd(1, ordering: .relaxed).newValue % readers.count]
        return try statistics(try await reader.send([get(keys)])[0], of: keys)
    }

    public func marks() async throws(FeatureStoreError) -> [String: Int64] {
        try marks(try await writer.send([RedisCommand("HGETALL", "\(prefix):marks")])[0])
    }

    public func update(
        _ updates: [FeatureUpdate], marks: [String: Int64], expected: [String: Int64]
    ) async throws(FeatureStoreError) {
        var indices: [FeatureKey: Int] = [:]
        var keys: [FeatureKey] = []
        for update in updates where indices[update.key] == nil {
            indices[update.key] = keys.count
            keys.append(update.key)
        }

        var reads = [RedisCommand("WATCH", "\(prefix):marks"), RedisCommand("HGETALL", "\(prefix):marks")]
        if !keys.isEmpty { reads.append(get(keys)) }
        let read = try await writer.send(reads)
        guard try self.marks(read[1]) == expected else {
            _ = try await writer.send([RedisCommand("UNWATCH")])
            throw .marksChanged
        }
        var values = keys.isEmpty ? [] : try statistics(read[2], of: keys)
        for update in updates {
            guard let index = indices[update.key] else { continue }
            var statistic = values[index] ?? update.rule.zero
            values[index] = nil  // The copy is the only one, so that it is changed in place.
            statistic.add(update.observation, by: update.rule)
            values[index] = statistic
        }

        var writes = [RedisCommand("MULTI")]
        if !keys.isEmpty {
            var set = RedisCommand("MSET")
            for (key, value) in zip(keys, values) {
                guard let value else { continue }
                set.append(name(key).utf8)
                set.append(value.encoded)
            }
            writes.append(set)
        }
        if !marks.isEmpty {
            var mark = RedisCommand("HSET", "\(prefix):marks")
            for (label, sequence) in marks {
                mark.append(label.utf8)
                mark.append("\(sequence)".utf8)
            }
            writes.append(mark)
        }
        writes.append(RedisCommand("EXEC"))
        // Null: the marks changed between the two, and nothing was written.
        if case .list? = try await writer.send(writes).last { return }
        throw .marksChanged
    }

    public func forget(_ labels: Set<String>) async throws(FeatureStoreError) {
        for label in labels {
            _ = try await writer.send([RedisCommand("HDEL", "\(prefix):marks", label)])
            var cursor = "0"
            repeat { try await unlink(try await names(of: label, from: &cursor)) } while cursor != "0"
        }
    }

    public func keys(_ label: String, named names: Set<String>, at field: Int, of width: Int)
        async throws(FeatureStoreError) -> [FeatureKey]
    {
        if width == 1 {
            let keys = names.map { FeatureKey(label: label, entity: $0) }
            let values = try await self.values(of: keys)
            return zip(keys, values).filter { $1 != nil }.map(\.0)
        }
        var keys: Set<FeatureKey> = []
        let start = Array("\(prefix):\(label):".utf8)
        var cursor = "0"
        repeat {
            for name in try await self.names(of: label, from: &cursor) {
                guard let entity = String(validating: name.dropFirst(start.count), as: UTF8.self) else { continue }
                let key = FeatureKey(label: label, entity: entity)
                if key.isNamed(names, at: field) { keys.insert(key) }
            }
        } while cursor != "0"
        return Array(keys)
    }

    public func forget(_ keys: [FeatureKey]) async throws(FeatureStoreError) {
        try await unlink(keys.map { Array(name($0).utf8) })
    }

    /// Some of the names under which a feature's statistics lie, and in `cursor` where it goes on; "0" at the end.
    private func names(of label: String, from cursor: inout String) async throws(FeatureStoreError) -> [[UInt8]] {
        let scan = RedisCommand("SCAN", cursor, "MATCH", "\(Self.escaped("\(prefix):\(label):"))*", "COUNT", "1000")
        guard case .list(let parts) = try await writer.send([scan])[0], parts.count == 2, let next = parts[0].text,
            case .list(let names) = parts[1]
        else { throw .damaged("SCAN") }
        cursor = next
        return names.compactMap { if case .bytes(let name) = $0 { name } else { nil } }
    }

    private func unlink(_ names: [[UInt8]]) async throws(FeatureStoreError) {
        guard !names.isEmpty else { return }
        var unlink = RedisCommand("UNLINK")
        for name in names { unlink.append(name) }
        _ = try await writer.send([unlink])
    }

    private func name(_ key: FeatureKey) -> String { "\(prefix):\(key.label):\(key.entity)" }

    /// For MATCH, which takes some letters for patterns.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { $0 += "*?[]\\^".contains($1) ? "\\\($1)" : "\($1)" }
    }

    private func get(_ keys: [FeatureKey]) -> RedisCommand {
        var get = RedisCommand("MGET")
        for key in keys { get.append(name(key).utf8) }
        return get
    }

    private func statistics(_ reply: RedisReply, of keys: [FeatureKey]) throws(FeatureStoreError) -> [Statistic?] {
        guard case .list(let replies) = reply, replies.count == keys.count else { throw .damaged("MGET") }
        var values: [Statistic?] = []
        values.reserveCapacity(keys.count)
        for (key, reply) in zip(keys, replies) {
            switch reply {
            case .bytes(let bytes):
                guard let value = bytes.withUnsafeBytes({ Statistic(encoded: $0) }) else { throw .damaged(name(key)) }
                values.append(value)
            default: values.append(nil)
            }
        }
        return values
    }

    private func marks(_ reply: RedisReply) throws(FeatureStoreError) -> [String: Int64] {
        guard case .list(let parts) = reply, parts.count % 2 == 0 else { throw .damaged("\(prefix):marks") }
        var marks: [String: Int64] = [:]
        for index in stride(from: 0, to: parts.count, by: 2) {
            guard let label = parts[index].text, let sequence = parts[index + 1].text.flatMap({ Int64($0) }) else {
                throw .damaged("\(prefix):marks")
            }
            marks[label] = sequence
        }
        return marks
    }
}
