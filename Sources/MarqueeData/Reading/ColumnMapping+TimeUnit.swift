internal import CMarqueeKernels
internal import Foundation

extension ColumnMapping {
    /// What a timestamp counts since 1970-01-01 UTC, or how it is written. Kept to the millisecond.
    public enum TimeUnit: String, Sendable, Equatable, Codable, CaseIterable {
        case seconds, milliseconds, microseconds, nanoseconds
        /// Text: 2015-01-31, 2015-01-31T10:00:00Z, `2015-01-31 10:00:00.250+02:00`; UTC where no zone stands.
        case iso8601 = "iso-8601"
    }
}

extension ColumnMapping.TimeUnit {
    /// Milliseconds are a number times `multiply` by `divide`.
    var scale: (multiply: Int64, divide: Int64) {
        switch self {
        case .seconds: (1000, 1)
        case .milliseconds, .iso8601: (1, 1)
        case .microseconds: (1, 1000)
        case .nanoseconds: (1, 1_000_000)
        }
    }

    /// The numbers that are times in this unit: for seconds up to the year 5138, for each of the others from 1973 on,
    /// so that a number other than 0 is a time in one unit only.
    var range: ClosedRange<Int64> {
        switch self {
        case .seconds: 0...99_999_999_999
        case .milliseconds: 100_000_000_000...99_999_999_999_999
        case .microseconds: 100_000_000_000_000...99_999_999_999_999_999
        case .nanoseconds: 100_000_000_000_000_000...Int64.max
        case .iso8601: 0...Int64.max
        }
    }

    /// The unit in which this number is a time of our days; nil where it is a time in none.
    init?(magnitude number: Double) {
        guard
            let unit = [Self.seconds, .milliseconds, .microseconds, .nanoseconds].first(where: {
                number <= Double($0.range.upperBound)
            }), number >= 0
        else { return nil }
        self = unit
    }

    var spoken: String { self == .iso8601 ? "ISO 8601" : "\(rawValue) since 1970" }
}

/// What the times of a column are, judged by the first lines.
enum TimeColumn {
    /// The unit that these fields speak for, of whatever text they are; what they are not, their line will say.
    /// - Throws: ``ReadError`` that asks, where two readings fit.
    static func unit(of fields: [String], file: String, place: String) throws -> ColumnMapping.TimeUnit {
        let numbers = fields.compactMap { Double($0) }.filter { $0 > 0 }
        let texts = fields.count { isISO($0) && Double($0) == nil }
        if texts > numbers.count || numbers.isEmpty && fields.contains(where: { !$0.isEmpty && Double($0) == nil }) {
            return .iso8601
        }
        if !fields.isEmpty, fields.allSatisfy(isCompactDate) {
            throw ReadError.file(
                file, problem: "has times such as \(fields[0]) (\(place)), which could be dates or seconds of 1970",
                remedy: "say which: `columns: { time-unit: iso-8601 }` or `columns: { time-unit: seconds }`")
        }
        guard let largest = numbers.max(), let unit = ColumnMapping.TimeUnit(magnitude: largest) else {
            return .seconds
        }
        if let smallest = numbers.min(), let other = ColumnMapping.TimeUnit(magnitude: smallest), other != unit {
            let (small, large) = (fields.first { Double($0) == smallest }, fields.first { Double($0) == largest })
            throw ReadError.file(
                file,
                problem: "has times of two sizes (\(place)): \(small ?? "") looks like \(other.rawValue), "
                    + "\(large ?? "") like \(unit.rawValue)",
                remedy: "bring them to one, or say what they count: `columns: { time-unit: \(unit.rawValue) }`")
        }
        return unit
    }

    /// Whether all of these are dates, or numbers that are times from 1973 on and below 2286 in some unit.
    static func looksLike(_ fields: [String]) -> Bool {
        let fields = fields.filter { !$0.isEmpty }
        guard !fields.isEmpty else { return false }
        if fields.allSatisfy({ isISO($0) && Double($0) == nil }) { return true }
        return [1.0, 1e3, 1e6, 1e9].contains { scale in
            fields.allSatisfy { Double($0).map { (1e8..<1e10).contains($0 / scale) } ?? false }
        }
    }

    static func isISO(_ text: String) -> Bool { ISOTime.milliseconds(text) != nil }

    /// 20150131, between 1970 and 2099.
    private static func isCompactDate(_ text: String) -> Bool {
        text.utf8.count == 8 && Int(text).map { (19_700_101...20_991_231).contains($0) } == true && isISO(text)
    }
}

/// Times as ISO 8601 writes them.
enum ISOTime {
    /// Milliseconds since 1970 of a date or a time, UTC where no zone stands; nil when it is none, or before 1970.
    static func milliseconds(_ text: some StringProtocol) -> Int64? {
        var time: Int64 = 0
        var text = String(text)
        let problem = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { mq_iso_time($0.baseAddress, $0.count, &time) }
        }
        return Int(problem) == Int(MQ_FINE.rawValue) ? time : nil
    }
}
