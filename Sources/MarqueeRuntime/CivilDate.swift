/// A day of the proleptic Gregorian calendar in UTC (Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", 2013).
package struct CivilDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let year, month, day: Int

    /// - Precondition: the month is 1...12, the day one that it has; ``init(_:)`` checks that.
    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day that many days after 1970-01-01; negative before it.
    package init(daysSince1970 days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The day in which a time lies, in milliseconds since 1970.
    package init(milliseconds: Int64) { self.init(daysSince1970: Self.days(milliseconds: milliseconds)) }

    /// From `2015-01-31`; nil when it is no day of the years 1 to 9999.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]) else {
            return nil
        }
        self.init(year: year, month: month, day: day)
        guard (1...9999).contains(year), isDay else { return nil }
    }

    /// Whether the month has this day.
    package var isDay: Bool {
        (1...12).contains(month) && (1...31).contains(day) && CivilDate(daysSince1970: daysSince1970) == self
    }

    package var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Its first millisecond since 1970.
    package var milliseconds: Int64 { Int64(daysSince1970) * Self.length }

    /// A day in milliseconds.
    package static let length: Int64 = 86_400_000

    /// The number of whole days from 1970 to a time in milliseconds, rounded down also before 1970.
    package static func days(milliseconds: Int64) -> Int {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: length)
        return Int(remainder < 0 ? quotient - 1 : quotient)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    package var description: String { "\(year)-\(Self.pad(month))-\(Self.pad(day))" }
    /// `2015-01`
    package var monthDescription: String { "\(year)-\(Self.pad(month))" }

    private static func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
