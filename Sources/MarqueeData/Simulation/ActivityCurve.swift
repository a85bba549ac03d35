internal import MarqueeRuntime

/// How many interactions each user has: 20 and a log-normal number more, whose median is 0.386 of its
/// mean as in MovieLens 20M, cut at half of the items (and 9,254), with exactly the asked-for sum
/// wherever that is possible.
struct ActivityCurve: Sendable {
    /// Ascending; a user's place in it is drawn by the seed.
    let sizes: [Int]
    private let order: RandomPermutation

    init(_ config: MovieWorld.Config) {
        let users = config.users
        order = RandomPermutation(count: users, stream: RandomStream(seed: config.seed, "world activity"))
        let mean = Double(config.interactions) / Double(users)
        let most = Double(max(1, min(9254, config.items / 2)))
        let least = min(20, (mean / 2).rounded(.down), most)
        let median = 0.386 * max(0, mean - least)
        let quantiles = (0..<users).map { Self.normalQuantile((Double($0) + 0.5) / Double(users)) }
        func curve(_ sigma: Double) -> [Int] {
            quantiles.map { Int(min(most, least + median * (sigma * $0).exponential).rounded()) }
        }
        // The spread that gives the sum, by halving: the sum rises with it.
        var (low, high) = (0.0, 4.0)
        for _ in 0..<30 {
            let middle = (low + high) / 2
            if curve(middle).reduce(0, +) < config.interactions { low = middle } else { high = middle }
        }
        var sizes = curve(high)
        // What rounding leaves is spread over the users in the middle.
        var missing = config.interactions - sizes.reduce(0, +)
        for _ in 0..<16 where missing != 0 {
            for k in (users / 4)..<users where missing != 0 {
                let step = missing.signum()
                guard sizes[k] + step >= Int(least), sizes[k] + step <= Int(most) else { continue }
                sizes[k] += step
                missing -= step
            }
        }
        self.sizes = sizes.sorted()
    }

    subscript(user: Int) -> Int { sizes[order[user]] }

    /// The inverse of the standard normal distribution (Acklam; relative error below 1.2e-9).
    static func normalQuantile(_ p: Double) -> Double {
        let a = [
            -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
            2.506628277459239,
        ]
        let b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572]
        let c = [
            -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
            2.938163982698783,
        ]
        let d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416]
        func polynomial(_ coefficients: [Double], _ x: Double) -> Double { coefficients.reduce(0) { $0 * x + $1 } }
        if p < 0.02425 {
            let q = (-2 * p.logarithm).squareRoot()
            return polynomial(c, q) / polynomial(d + [1], q)
        }
        if p > 1 - 0.02425 { return -normalQuantile(1 - p) }
        let q = p - 0.5
        return polynomial(a, q * q) * q / polynomial(b + [1], q * q)
    }
}
