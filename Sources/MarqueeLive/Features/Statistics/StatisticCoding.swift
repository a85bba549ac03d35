/// Statistics as bytes, in Redis and in snapshots.
///
/// A byte for the kind (``MergeableStatistic/code``), then numbers as little-endian base 128 of their zigzag form,
/// lists behind their length, texts as UTF-8 behind their length in bytes. `Engines/README.md` says it for other
/// engines.
public struct StatisticWriter {
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
        bytes.append(type(of: statistic.value).code)
        statistic.value.write(to: &self)
    }

    /// A list behind its length.
    mutating func append<Part>(_ parts: [Part], _ write: (inout StatisticWriter, Part) -> Void) {
        append(Int64(parts.count))
        for part in parts { write(&self, part) }
    }
}

/// Reads what ``StatisticWriter`` wrote; every number from outside is checked.
public struct StatisticReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    /// The bytes are no statistic.
    public struct Damaged: Error {}

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

    /// A list whose parts take at least `least` bytes each.
    mutating func list<Part>(
        least: Int, _ part: (inout StatisticReader) throws(Damaged) -> Part
    ) throws(Damaged) -> [Part] {
        let count = try count(least: least)
        var parts: [Part] = []
        parts.reserveCapacity(count)
        for _ in 0..<count { parts.append(try part(&self)) }
        return parts
    }

    mutating func statistic() throws(Damaged) -> Statistic {
        guard let kind = FeatureKinds.statistics[try byte()] else { throw Damaged() }
        return Statistic(try kind.init(from: &self))
    }
}
