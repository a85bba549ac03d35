internal import MarqueeRuntime

/// Times as published logs write them, read as UTC; those of ISO 8601 are ``ISOTime``.
enum ClockTime {
    /// Milliseconds since 1970 of `11/12/2019 2:14:46 PM`, month first; nil when it is no such time.
    static func american(_ text: some StringProtocol) -> Int64? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2] == "AM" || parts[2] == "PM" else { return nil }
        let numbers = parts[0].split(separator: "/", omittingEmptySubsequences: false).map { number($0) }
        guard numbers.count == 3, let month = numbers[0], let day = numbers[1], let year = numbers[2] else {
            return nil
        }
        let date = CivilDate(year: year, month: month, day: day)
        guard date.isDay, let seconds = seconds(parts[1]), (3600..<13 * 3600).contains(seconds) else { return nil }
        // Twelve comes before one.
        return date.milliseconds + (seconds % (12 * 3600) + (parts[2] == "PM" ? 12 * 3600 : 0)) * 1000
    }

    /// Of `3:23:27`.
    private static func seconds(_ text: some StringProtocol) -> Int64? {
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { number($0) }
        guard numbers.count == 3, let hour = numbers[0], let minute = numbers[1], let second = numbers[2], hour < 24,
            minute < 60, second < 60
        else { return nil }
        return Int64(hour * 3600 + minute * 60 + second)
    }

    /// A number of at most four digits.
    private static func number(_ text: some StringProtocol) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy(isDigit) else { return nil }
        return Int(text)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
