internal import MarqueeRuntime

/// A continuous value that is drawn for a candidate.
protocol DrawnValue: Sendable {
    /// Where all but a negligible part of the probability lies.
    var window: ClosedRange<Double> { get }
    func density(_ t: Double) -> Double
    func cumulative(_ t: Double) -> Double
    func draw(_ random: inout RandomStream) -> Double
}

/// Slates in which every slot goes to the largest of independent draws, one from each candidate left, and the
/// probability of each: P(a) = ∫ f_a(t) Π_{b ≠ a, left} F_b(t) dt.
///
/// The integral is taken over the candidate's own window by adaptive Gauss–Kronrod quadrature (7 and 15 points),
/// halving where the two disagree by more than 1e-7 of the whole. A factor that is 1 on the whole window is left
/// out, and a product that has become 0 ends early. Draws outside every window are taken for impossible; they
/// have probability below 1e-9.
struct WinningProbability<Value: DrawnValue> {
    let values: [Value]

    init(_ values: [Value]) { self.values = values }

    /// Fills a slate; each slot draws anew, candidates in order. O(count × candidates).
    func draw(_ count: Int, seed: UInt64) -> Slate {
        var left = Array(values.indices)
        var slots: [Slate.Slot] = []
        for slot in 0..<max(0, min(count, values.count)) {
            var random = RandomStream(seed: seed, "thompson", slot)
            var best = (index: 0, value: -Double.infinity)
            for (index, candidate) in left.enumerated() {
                let value = values[candidate].draw(&random)
                if value > best.value { best = (index, value) }
            }
            let candidate = left[best.index]
            slots.append(.init(candidate: candidate, propensity: probability(of: candidate, among: left)))
            left.remove(at: best.index)
        }
        return Slate(slots: slots)
    }

    /// The probability of every candidate left below `above`, scaled to the sum 1 that it has but for rounding.
    func distribution(below above: [Int]) -> [Double] {
        let left = values.indices.filter { !above.contains($0) }
        var probabilities = [Double](repeating: 0, count: values.count)
        for candidate in left { probabilities[candidate] = probability(of: candidate, among: left) }
        let sum = probabilities.reduce(0, +)
        return sum > 0 ? probabilities.map { $0 / sum } : probabilities
    }

    func propensities(of candidates: [Int]) -> [Double] {
        var left = Array(values.indices)
        return candidates.map { candidate in
            defer { left.removeAll { $0 == candidate } }
            return probability(of: candidate, among: left)
        }
    }

    /// P(the draw of `candidate` is the largest among `left`).
    func probability(of candidate: Int, among left: [Int]) -> Double {
        let own = values[candidate]
        let (lower, upper) = (own.window.lowerBound, own.window.upperBound)
        // Those that can be ahead, the strongest first so that a product of nothing is found early.
        let rivals = left.filter { $0 != candidate && values[$0].window.upperBound > lower }.map { values[$0] }
            .sorted { $0.window.upperBound > $1.window.upperBound }
        guard !rivals.isEmpty else { return 1 }
        func integrand(_ t: Double) -> Double {
            var product = own.density(t)
            for rival in rivals {
                if product < 1e-300 { return 0 }
                if rival.window.upperBound < t { break }
                product *= rival.cumulative(t)
            }
            return product
        }
        let panels = 8
        let width = (upper - lower) / Double(panels)
        let first = (0..<panels).map { panel in
            GaussKronrod(integrand, lower + width * Double(panel), lower + width * Double(panel + 1))
        }
        let whole = first.reduce(0) { $0 + $1.integral }
        let tolerance = max(1e-7 * whole, 1e-290) / Double(panels)
        let sum = first.reduce(0) { $0 + refined($1, integrand, tolerance: tolerance, depth: 24) }
        // A candidate that was drawn had a chance, however small.
        return min(1, max(sum, Double.leastNormalMagnitude))
    }

    private func refined(
        _ panel: GaussKronrod, _ integrand: (Double) -> Double, tolerance: Double, depth: Int
    ) -> Double {
        guard panel.error > tolerance, depth > 0 else { return panel.integral }
        let middle = (panel.lower + panel.upper) / 2
        return refined(
            GaussKronrod(integrand, panel.lower, middle), integrand, tolerance: tolerance / 2, depth: depth - 1)
            + refined(
                GaussKronrod(integrand, middle, panel.upper), integrand, tolerance: tolerance / 2, depth: depth - 1)
    }
}

/// The integral of a function over a panel by Kronrod's 15 points, and how far Gauss' 7 among them differ
/// (QUADPACK's qk15; Piessens and others 1983).
private struct GaussKronrod {
    let lower, upper, integral, error: Double

    init(_ function: (Double) -> Double, _ lower: Double, _ upper: Double) {
        self.lower = lower
        self.upper = upper
        let center = (lower + upper) / 2
        let half = (upper - lower) / 2
        let middle = function(center)
        var kronrod = Self.kronrodWeights[7] * middle
        var gauss = Self.gaussWeights[3] * middle
        for node in 0..<7 {
            let pair = function(center - half * Self.nodes[node]) + function(center + half * Self.nodes[node])
            kronrod += Self.kronrodWeights[node] * pair
            if node % 2 == 1 { gauss += Self.gaussWeights[node / 2] * pair }
        }
        integral = kronrod * half
        error = abs(kronrod - gauss) * half
    }

    private static let nodes = [
        0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
        0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
        0.586087235467691130294144691693013, 0.405845151377397166906606412076961,
        0.207784955007898467600689403773245,
    ]
    private static let kronrodWeights = [
        0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
        0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
        0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
        0.204432940075298892414161999234649, 0.209482141084727828012999174891714,
    ]
    private static let gaussWeights = [
        0.129484966168869693270611432679082, 0.279705391489276667901467771423780,
        0.381830050505118944950369775488975, 0.417959183673469387755102040816327,
    ]
}
