public import Foundation
internal import MarqueeRuntime
internal import Synchronization

extension EmbeddedStore {
    private static let form = "MARQUEE FEATURES 1\n"

    /// Writes all values and marks of one moment, whole or not at all. Updates wait only while the shards'
    /// tables are referred to, not while they are written.
    /// - Throws: `FileError`.
    public func write(snapshot url: URL) throws {
        let (marks, tables) = stored.withLock { marks in (marks, shards.map { shard in shard.values.withLock { $0 } }) }
        try ChecksummedFile.write(url, form: Self.form) { writer in
            writer.body.append(marks.sorted { $0.key < $1.key }) {
                $0.append($1.key)
                $0.append($1.value)
            }
            // A label is spelled once, where it is first used.
            var labels: [String: Int64] = [:]
            for table in tables {
                for (key, entry) in table {
                    if let number = labels[key.label] {
                        writer.body.append(number)
                    } else {
                        labels[key.label] = Int64(labels.count + 1)
                        writer.body.append(0)
                        writer.body.append(key.label)
                    }
                    writer.body.append(key.entity)
                    writer.body.append(entry.statistic)
                    try writer.makeRoom()
                }
            }
            writer.body.append(-1)
        }
    }

    /// Reads a snapshot.
    /// - Throws: ``FeatureStoreError/damaged(_:)``, `FileError`.
    public convenience init(snapshot url: URL, capacity: Int = 4_000_000) throws {
        self.init(capacity: capacity)
        do { try ChecksummedFile.read(url, form: Self.form) { reader in try read(&reader) } } catch let error
            as FileError
        {
            throw error
        } catch { throw FeatureStoreError.damaged(url.path) }
    }

    private func read(_ reader: inout StatisticReader) throws(StatisticReader.Damaged) {
        var marks: [String: Int64] = [:]
        for _ in 0..<(try reader.count(least: 2)) {
            let label = try reader.text()
            marks[label] = try reader.number()
        }
        var labels: [String] = []
        while case let number = try reader.number(), number >= 0 {
            let label: String
            if number == 0 {
                label = try reader.text()
                labels.append(label)
            } else {
                guard number <= labels.count else { throw StatisticReader.Damaged() }
                label = labels[Int(number) - 1]
            }
            let key = FeatureKey(label: label, entity: try reader.text())
            let statistic = try reader.statistic()
            shards[Self.shard(of: key)].values.withLock { $0[key] = Entry(statistic: statistic) }
        }
        stored.withLock { $0 = marks }
    }

    /// A number of all values that does not depend on their order: equal states have equal digests.
    public var digest: String {
        var sum: UInt64 = 0
        for shard in shards {
            shard.values.withLock { values in
                for (key, entry) in values {
                    var writer = StatisticWriter()
                    writer.append(key.label)
                    writer.append(key.entity)
                    writer.append(entry.statistic)
                    sum &+= writer.bytes.withUnsafeBytes { ByteHash.hash($0) }
                }
            }
        }
        return String(format: "%016lx", UInt(sum))
    }
}
