internal import MarqueeRuntime

/// Times as gorse's clients send them.
enum GorseTime {
    /// Milliseconds since 1970 of RFC 3339, a date and time without a zone (UTC), a date, or seconds, milliseconds,
    /// microseconds or nanoseconds since 1970, which are told apart by their digits; nil for anything else.
    static func milliseconds(_ text: String) -> Int64? {
        let text = text.trimmingPrefix(while: \.isWhitespace)
        if let number = Int64(text) { return milliseconds(sinceEpoch: number) }
        guard
            let match = text.wholeMatch(
                of:
                    /(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|UTC|[+-]\d{2}:?\d{2})?)?/
            ), let year = Int(match.1), let month = Int(match.2), let day = Int(match.3)
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        let (hour, minute) = (number(match.4), number(match.5))
        let second = number(match.6)
        guard date.isDay, hour < 24, minute < 60, second <= 60 else { return nil }
        var seconds = (hour * 60 + minute) * 60 + second
        if let zone = match.8, let sign = zone.first, sign == "+" || sign == "-" {
            let digits = zone.filter(\.isNumber)
            let offset = number(digits.prefix(2)) * 60 + number(digits.suffix(2))
            seconds += (sign == "+" ? -60 : 60) * offset
        }
        let fraction = number(match.7.map { ($0 + "000").prefix(3) })
        return date.milliseconds + seconds * 1_000 + fraction
    }

    private static func number(_ digits: Substring?) -> Int64 { digits.flatMap { Int64($0) } ?? 0 }
    private static func number(_ digits: String.SubSequence) -> Int64 { Int64(digits) ?? 0 }

    /// Of seconds up to the year 5138, and so on by a thousand.
    static func milliseconds(sinceEpoch number: Int64) -> Int64 {
        switch number.magnitude {
        case ..<100_000_000_000: number * 1_000
        case ..<100_000_000_000_000: number
        case ..<100_000_000_000_000_000: number / 1_000
        default: number / 1_000_000
        }
    }

    /// What gorse writes where nothing is known.
    static let unknown = "0001-01-01T00:00:00Z"

    /// As RFC 3339, in UTC; milliseconds where there are some.
    static func text(_ milliseconds: Int64) -> String {
        let date = CivilDate(milliseconds: milliseconds)
        let rest = milliseconds - date.milliseconds
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (seconds, fraction) = rest.quotientAndRemainder(dividingBy: 1_000)
        let digits = String(fraction + 1_000).dropFirst().reversed().drop { $0 == "0" }.reversed()
        let year = String(repeating: "0", count: max(0, 4 - String(date.year).count)) + String(date.description)
        return
            "\(year)T\(two(seconds / 3_600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))\(fraction > 0 ? ".\(String(digits))" : "")Z"
    }

    /// `1h2m3.5s` or `300ms`, as Go spells a time span, in milliseconds; nil for anything else.
    static func span(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        let units: [Substring: Double] = [
            "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1, "us": 1e-3, "µs": 1e-3, "ns": 1e-6,
        ]
        var total = 0.0
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            guard let part = rest.prefixMatch(of: /(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)/), let number = Double(part.1),
                let unit = units[part.2]
            else { return nil }
            total += number * unit
            rest = rest[part.range.upperBound...]
        }
        return total < 1e12 ? Int64(total) : nil
    }
}
