internal import MarqueeRuntime

/// Times of day as published logs write them, read as UTC.
enum ClockTime {
    /// Milliseconds since 1970 of `2023-02-27 03:23:27`, with `T` for the space and `.250` after it where there is;
    /// nil when it is no such time.
    static func iso(_ text: some StringProtocol) -> Int64? {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == " " || $0 == "T" }
        guard parts.count == 2, let date = CivilDate(String(parts[0])) else { return nil }
        let clock = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard clock.count <= 2, let seconds = seconds(clock[0]) else { return nil }
        var fraction: Int64 = 0
        if clock.count == 2 {
            guard !clock[1].isEmpty, clock[1].utf8.allSatisfy(isDigit) else { return nil }
            let digits = clock[1].prefix(3)
            fraction = Int64(digits).map { $0 * [100, 10, 1][digits.count - 1] } ?? 0
        }
        return date.milliseconds + seconds * 1000 + fraction
    }

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
