internal import MarqueeRuntime

extension ChoiceSet {
    /// Fills a slate slot by slot from the distribution below the slots above, by inversion: the first candidate
    /// at which the cumulated probability passes the slot's random number. O(count × candidates).
    func draw(
        _ count: Int, seed: UInt64, from distribution: ([Int]) throws(PolicyError) -> [Double]
    ) throws(PolicyError) -> Slate {
        let random = RandomStream(seed: seed, "policy slots")
        var slots: [Slate.Slot] = []
        var above: [Int] = []
        for slot in 0..<Swift.max(0, Swift.min(count, self.count)) {
            let probabilities = try distribution(above)
            let mark = random.unit(at: UInt64(slot))
            var cumulated = 0.0
            var chosen: Int?
            for (candidate, probability) in probabilities.enumerated() where probability > 0 {
                cumulated += probability
                chosen = candidate  // The last possible one, should rounding leave the sum below the mark.
                if cumulated > mark { break }
            }
            guard let chosen else { break }
            slots.append(.init(candidate: chosen, propensity: probabilities[chosen]))
            above.append(chosen)
        }
        return Slate(slots: slots)
    }

    /// The candidates that are left below `above`, their values found to be numbers.
    func left(_ values: [Double], below above: [Int]) throws(PolicyError) -> [Int] {
        try check(above)
        var left: [Int] = []
        left.reserveCapacity(count)
        for candidate in 0..<count where !above.contains(candidate) {
            guard values[candidate].isFinite else { throw .badScore(item: items[candidate], score: values[candidate]) }
            left.append(candidate)
        }
        return left
    }
}
