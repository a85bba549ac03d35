internal import MarqueeRuntime

/// A policy that shows the best, and with probability ε anything: in every slot
/// π(a | left) = ε / m + (1 − ε) [a is the best left], m candidates left; the earlier candidate wins a tie.
public protocol MixturePolicy: CategoricalPolicy {
    /// ε, from 0 to 1.
    var epsilon: Double { get }
}

extension MixturePolicy {
    /// In one pass a slot, without a distribution's memory for each.
    public func choose(_ count: Int, from choices: ChoiceSet, seed: UInt64) throws(PolicyError) -> Slate {
        try choices.drawMixture(count, seed: seed, values(of: choices), epsilon: epsilon)
    }

    public func distribution(
        of values: [Double], over choices: ChoiceSet, below above: [Int]
    ) throws(PolicyError) -> [Double] {
        try choices.mixture(values, epsilon: epsilon, below: above)
    }
}

extension ChoiceSet {
    /// The probability of every candidate to come next below `above`.
    func mixture(_ values: [Double], epsilon: Double, below above: [Int]) throws(PolicyError) -> [Double] {
        var probabilities = [Double](repeating: 0, count: count)
        let left = try left(values, below: above)
        guard let best = Self.best(left, values) else { return probabilities }
        for candidate in left { probabilities[candidate] = epsilon / Double(left.count) }
        probabilities[best] += 1 - epsilon
        return probabilities
    }

    /// What ``draw(_:seed:from:)`` gives of ``mixture(_:epsilon:below:)``, to the bit. O(count × candidates) at most.
    func drawMixture(_ count: Int, seed: UInt64, _ values: [Double], epsilon: Double) throws(PolicyError) -> Slate {
        let random = RandomStream(seed: seed, "policy slots")
        var left = try left(values, below: [])
        // Those left, the best first: a ranker gives candidates so, and then this is one pass.
        var order = left.sorted { Self.isBetter($0, $1, values) }
        var slots: [Slate.Slot] = []
        for slot in 0..<Swift.max(0, Swift.min(count, self.count)) {
            let best = order[0]
            let share = epsilon / Double(left.count)
            func probability(_ candidate: Int) -> Double { candidate == best ? share + (1 - epsilon) : share }
            let mark = random.unit(at: UInt64(slot))
            var (cumulated, chosen) = (0.0, 0)
            for (index, candidate) in left.enumerated() where probability(candidate) > 0 {
                cumulated += probability(candidate)
                chosen = index
                if cumulated > mark { break }
            }
            let candidate = left.remove(at: chosen)
            if let rank = order.firstIndex(of: candidate) { order.remove(at: rank) }
            slots.append(.init(candidate: candidate, propensity: probability(candidate)))
        }
        return Slate(slots: slots)
    }

    private static func best(_ left: [Int], _ values: [Double]) -> Int? {
        left.min { isBetter($0, $1, values) }
    }

    private static func isBetter(_ one: Int, _ other: Int, _ values: [Double]) -> Bool {
        values[one] > values[other] || values[one] == values[other] && one < other
    }
}
