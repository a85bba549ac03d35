internal import CZlib
public import Foundation
internal import MarqueeRuntime
internal import Synchronization

extension EmbeddedStore {
    private static let magic = Array("MARQUEE FEATURES 1\n".utf8)

    /// Writes all values and marks of one moment, whole or not at all. Updates wait only while the shards'
    /// tables are referred to, not while they are written.
    /// - Throws: `FileError`.
    public func write(snapshot url: URL) throws {
        let (marks, tables) = stored.withLock { marks in (marks, shards.map { shard in shard.values.withLock { $0 } }) }
        var labels: [String: Int64] = [:]
        try AtomicFile.replace(url) { file in
            var checksum: UInt = 0
            func write(_ writer: inout StatisticWriter) throws {
                checksum = writer.bytes.withUnsafeBufferPointer { crc32(checksum, $0.baseAddress, UInt32($0.count)) }
                try file.write(contentsOf: Data(writer.bytes))
                writer.bytes.removeAll(keepingCapacity: true)
            }
            var writer = StatisticWriter(bytes: Self.magic)
            writer.append(Int64(marks.count))
            for (label, mark) in marks.sorted(by: { $0.key < $1.key }) {
                writer.append(label)
                writer.append(mark)
            }
            // A label is spelled once, where it is first used.
            for table in tables {
                for (key, entry) in table {
                    if let number = labels[key.label] {
                        writer.append(number)
                    } else {
                        labels[key.label] = Int64(labels.count + 1)
                        writer.append(0)
                        writer.append(key.label)
                    }
                    writer.append(key.entity)
                    writer.append(entry.statistic)
                    if writer.bytes.count > 1 << 20 { try write(&writer) }
                }
            }
            writer.append(-1)
            try write(&writer)
            try file.write(
                contentsOf: withUnsafeBytes(of: UInt32(truncatingIfNeeded: checksum).littleEndian) { Data($0) })
        }
    }

    /// Reads a snapshot.
    /// - Throws: ``FeatureStoreError/damaged(_:)``, `FileError`.
    public convenience init(snapshot url: URL, capacity: Int = 4_000_000) throws {
        self.init(capacity: capacity)
        guard FileManager.default.fileExists(atPath: url.path) else { throw FileError.notFound(url.path) }
        let data: Data
        do { data = try Data(contentsOf: url) } catch {
            throw FileError.cannotRead(url.path, reason: error.localizedDescription)
        }
        do {
            try data.withUnsafeBytes { try read($0) }
        } catch { throw FeatureStoreError.damaged(url.path) }
    }

    private func read(_ bytes: UnsafeRawBufferPointer) throws(StatisticReader.Damaged) {
        guard bytes.count > Self.magic.count + 4, bytes.prefix(Self.magic.count).elementsEqual(Self.magic) else {
            throw StatisticReader.Damaged()
        }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
        var checksum: UInt = 0
        var offset = 0
        while offset < body.count {
            let count = min(1 << 30, body.count - offset)
            checksum = crc32(
                checksum, body.baseAddress!.advanced(by: offset).assumingMemoryBound(to: UInt8.self), UInt32(count))
            offset += count
        }
        let expected = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: body.count, as: UInt32.self))
        guard UInt32(truncatingIfNeeded: checksum) == expected else { throw StatisticReader.Damaged() }

        var reader = StatisticReader(UnsafeRawBufferPointer(rebasing: body[Self.magic.count...]))
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
        guard reader.isAtEnd else { throw StatisticReader.Damaged() }
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
