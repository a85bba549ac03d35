/// Statistics as bytes, in Redis and in snapshots.
///
/// A byte for the kind (its place in ``Statistic``: 0 count … 5 grid), then numbers as little-endian base
/// 128 of their zigzag form, lists behind their length, texts as UTF-8 behind their length in bytes.
/// `Engines/README.md` says it for other engines.
struct StatisticWriter {
    var bytes: [UInt8] = []

    mutating func append(_ number: Int64) {
        var rest = UInt64(bitPattern: number << 1 ^ number >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(_ text: String) {
        append(Int64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ statistic: Statistic) {
        switch statistic {
        case .count(let count):
            bytes.append(0)
            append(count)
        case .decayed(let epochs):
            bytes.append(1)
            append(Int64(epochs.count))
            for epoch in epochs {
                append(epoch.epoch)
                append(epoch.sum)
            }
        case .window(let buckets):
            bytes.append(2)
            append(Int64(buckets.count))
            for bucket in buckets {
                append(bucket.bucket)
                append(bucket.hits)
                append(bucket.trials)
            }
        case .latest(let sightings):
            bytes.append(3)
            append(Int64(sightings.count))
            for sighting in sightings {
                append(sighting.time)
                append(sighting.item)
            }
        case .instant(let time):
            bytes.append(4)
            append(time)
        case .grid(let cells):
            bytes.append(5)
            append(Int64(cells.count))
            for cell in cells {
                append(cell.epoch)
                append(cell.cell)
                append(cell.sum)
            }
        }
    }
}

/// Reads what ``StatisticWriter`` wrote; every number from outside is checked.
struct StatisticReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    struct Damaged: Error {}

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() throws(Damaged) -> UInt8 {
        guard position < bytes.count else { throw Damaged() }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func number() throws(Damaged) -> Int64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { throw Damaged() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// The length of a list whose parts take at least `least` bytes each.
    mutating func count(least: Int = 1) throws(Damaged) -> Int {
        guard let count = Int(exactly: try number()), count >= 0, count <= (bytes.count - position) / least else {
            throw Damaged()
        }
        return count
    }

    mutating func text() throws(Damaged) -> String {
        let count = try count()
        guard let text = String(validating: bytes[position..<position + count], as: UTF8.self) else { throw Damaged() }
        position += count
        return text
    }

    mutating func statistic() throws(Damaged) -> Statistic {
        func list<Part>(
            _ least: Int, _ reader: inout StatisticReader, _ part: (inout StatisticReader) throws(Damaged) -> Part
        ) throws(Damaged) -> [Part] {
            let count = try reader.count(least: least)
            var parts: [Part] = []
            parts.reserveCapacity(count)
            for _ in 0..<count { parts.append(try part(&reader)) }
            return parts
        }
        switch try byte() {
        case 0: return .count(try number())
        case 1:
            return .decayed(
                try list(2, &self) { reader throws(Damaged) in
                    Statistic.Epoch(epoch: try reader.number(), sum: try reader.number())
                })
        case 2:
            return .window(
                try list(3, &self) { reader throws(Damaged) in
                    Statistic.Bucket(
                        bucket: try reader.number(), hits: try reader.number(), trials: try reader.number())
                })
        case 3:
            return .latest(
                try list(2, &self) { reader throws(Damaged) in
                    Statistic.Sighting(time: try reader.number(), item: try reader.text())
                })
        case 4: return .instant(try number())
        case 5:
            return .grid(
                try list(3, &self) { reader throws(Damaged) in
                    Statistic.Cell(epoch: try reader.number(), cell: try reader.number(), sum: try reader.number())
                })
        default: throw Damaged()
        }
    }
}

extension Statistic {
    /// As bytes.
    public var encoded: [UInt8] {
        var writer = StatisticWriter()
        writer.append(self)
        return writer.bytes
    }

    /// From ``encoded``; nil when it is not that.
    public init?(encoded bytes: UnsafeRawBufferPointer) {
        var reader = StatisticReader(bytes)
        guard let statistic = try? reader.statistic(), reader.isAtEnd else { return nil }
        self = statistic
    }
}
