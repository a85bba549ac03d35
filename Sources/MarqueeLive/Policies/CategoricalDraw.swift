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
            for (place, probability) in probabilities.enumerated() where probability > 0 {
                cumulated += probability
                chosen = place  // The last possible one, should rounding leave the sum below the mark.
                if cumulated > mark { break }
            }
            guard let chosen else { break }
            slots.append(.init(place: chosen, propensity: probabilities[chosen]))
            above.append(chosen)
        }
        return Slate(slots: slots)
    }

    /// What ``draw(_:seed:from:)`` gives of ``mixture(_:epsilon:below:)``, to the bit, without a distribution's memory for
    /// every slot. O(count × candidates).
    func drawMixture(_ count: Int, seed: UInt64, _ values: [Double], epsilon: Double) throws(PolicyError) -> Slate {
        let random = RandomStream(seed: seed, "policy slots")
        var left = try left(values, below: [])
        var slots: [Slate.Slot] = []
        for slot in 0..<Swift.max(0, Swift.min(count, self.count)) {
            guard let best = left.max(by: { values[$0] < values[$1] || values[$0] == values[$1] && $0 > $1 }) else { break }
            let share = epsilon / Double(left.count)
            let mark = random.unit(at: UInt64(slot))
            var (cumulated, chosen) = (0.0, 0)
            for (index, place) in left.enumerated() {
                let probability = place == best ? share + (1 - epsilon) : share
                guard probability > 0 else { continue }
                cumulated += probability
                chosen = index
                if cumulated > mark { break }
            }
            let place = left.remove(at: chosen)
            slots.append(.init(place: place, propensity: place == best ? share + (1 - epsilon) : share))
        }
        return Slate(slots: slots)
    }

    /// ε / m for every one of the m candidates left and 1 − ε more for the best of them; the earlier candidate
    /// wins a tie.
    func mixture(_ values: [Double], epsilon: Double, below above: [Int]) throws(PolicyError) -> [Double] {
        var probabilities = [Double](repeating: 0, count: count)
        let left = try left(values, below: above)
        guard let best = left.max(by: { values[$0] < values[$1] || values[$0] == values[$1] && $0 > $1 }) else {
            return probabilities
        }
        for place in left { probabilities[place] = epsilon / Double(left.count) }
        probabilities[best] += 1 - epsilon
        return probabilities
    }

    /// The places that are left below `above`, their values found to be numbers.
    func left(_ values: [Double], below above: [Int]) throws(PolicyError) -> [Int] {
        try check(above)
        var left: [Int] = []
        left.reserveCapacity(count)
        for place in 0..<count where !above.contains(place) {
            guard values[place].isFinite else { throw .badScore(item: items[place], score: values[place]) }
            left.append(place)
        }
        return left
    }
}
