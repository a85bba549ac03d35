internal import MarqueeRuntime

/// The years of MovieLens 20M, and how many began to rate in each.
enum RatingYears {
    static let firstYear = 1995
    /// In seconds since 1970, as MovieLens counts; the last is that of 2015-03-31.
    static let end = CivilDate(year: 2015, month: 4, day: 1).milliseconds / 1000
    /// The share of users who begin in each year from 1996 on, peaks at the start and at 2000.
    private static let newcomers: [Double] = [
        0.11, 0.05, 0.03, 0.06, 0.13, 0.06, 0.04, 0.04, 0.05, 0.07, 0.05, 0.04, 0.05, 0.04, 0.04, 0.035, 0.03, 0.03,
        0.025, 0.02,
    ]

    private static let shares: [Double] = newcomers.map { $0 / newcomers.reduce(0, +) }

    /// A first year from a number in [0, 1), with what is left of it, again in [0, 1).
    static func start(_ unit: Double) -> (year: Int, rest: Double) {
        var rest = unit
        for (k, share) in shares.enumerated() {
            if rest < share || k == shares.count - 1 { return (firstYear + 1 + k, min(0.999, rest / share)) }
            rest -= share
        }
        return (firstYear + 1, rest)
    }

    /// The share of users who can still watch what came out in `year`.
    static func reach(_ year: Int32) -> Double {
        let gone = max(0, min(shares.count - 1, Int(year) - firstYear - 1))
        return shares[gone...].reduce(0, +)
    }
}
