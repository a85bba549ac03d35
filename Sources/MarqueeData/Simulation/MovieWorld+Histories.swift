internal import Foundation
internal import MarqueeRuntime

extension MovieWorld {
    /// One interaction of a history.
    struct Event: Sendable {
        var item: Int32
        /// Twice the rating: 1...10 for 0.5...5.
        var halfStars: UInt8
        /// Seconds since 1970, as MovieLens counts.
        var time: Int64
    }

    /// Memory that drawing a history needs, one a worker.
    struct Scratch {
        /// A bit an item: already watched.
        var watched: [UInt64]
        var keys: [UInt64] = []
        var chosen: [Int32] = []

        init(itemCount: Int) { watched = Array(repeating: 0, count: itemCount / 64 + 1) }
    }

    /// Appends user `user`'s interactions, ascending by item. A function of seed and user alone.
    func appendHistory(of user: Int, to events: inout [Event], _ scratch: inout Scratch) {
        let size = offsets[user + 1] - offsets[user]
        let first = events.count
        var random = RandomStream(seed: config.seed, "world history", user)
        let bias = 0.4 * random.normalPair().0
        let usesHalves = random.nextUnit() < 0.75

        // Sessions are bursts: most users have one, a heavy user comes back for years.
        var time = Self.arrival(&random)
        let sessions = 1 + Int(random.exponential() * Double(size) / 120)
        var gap = 45 * 86_400 * random.exponential() + 3600
        gap = min(gap, Double(RatingYears.end - time - 86_400) / Double(sessions))
        var taste = SIMD16<Float>()
        var tasteYear = 0
        for session in 0..<sessions {
            let year = CivilDate(milliseconds: time * 1000).year
            if year != tasteYear {
                tasteYear = year
                taste = self.taste(of: Int32(user), year: year)
            }
            let share = size * (session + 1) / sessions - size * session / sessions
            choose(share, taste: taste, year: year, &random, &scratch)
            let halves = usesHalves && year >= 2003
            var clock = time
            for item in scratch.chosen {
                let rating =
                    3.12 + bias + Double(quality[Int(item)]) + 0.35 * Double(affinity(taste, item))
                    + 0.8 * random.normalPair().0
                let stars = halves ? (2 * rating).rounded() : 2 * rating.rounded()
                events.append(Event(item: item, halfStars: UInt8(min(10, max(halves ? 1 : 2, stars))), time: clock))
                clock = min(clock + Int64(25 * random.exponential()), RatingYears.end - 1)
            }
            time = min(time + Int64(gap * (0.5 + random.nextUnit())), RatingYears.end - 86_400)
            time = max(time, clock)
        }
        for event in events[first...] { scratch.watched[Int(event.item) >> 6] = 0 }
        events[first...].sort { $0.item < $1.item }
    }

    private static func arrival(_ random: inout RandomStream) -> Int64 {
        let (year, rest) = RatingYears.start(random.nextUnit())
        let begin = CivilDate(year: year, month: 1, day: 1).milliseconds / 1000
        let end = min(CivilDate(year: year + 1, month: 1, day: 1).milliseconds / 1000, RatingYears.end - 2 * 86_400)
        return begin + Int64(rest * Double(end - begin))
    }

    /// Draws `count` items that were not watched yet, one after the other with weights p · exp(a), into
    /// `scratch.chosen`, and marks them as watched.
    ///
    /// Few are drawn by popularity and accepted with probability exp(a - 2); many by the equivalent
    /// exponential race (Efraimidis and Spirakis 2006), in which the first `count` of E / w arrive.
    private func choose(
        _ count: Int, taste: SIMD16<Float>, year: Int, _ random: inout RandomStream, _ scratch: inout Scratch
    ) {
        scratch.chosen.removeAll(keepingCapacity: true)
        if count <= itemCount / 24 {
            var attempts = 200 * count + 1000
            while scratch.chosen.count < count, attempts > 0 {
                attempts -= 1
                let item = Int32(popularity.draw(random.next()))
                let (word, bit) = (Int(item) >> 6, UInt64(1) << UInt64(item & 63))
                guard scratch.watched[word] & bit == 0, Int(years[Int(item)]) <= year else { continue }
                let coin = RandomStream.singleUnit(of: random.next())
                guard coin < expf(affinity(taste, item) - 2) else { continue }
                scratch.watched[word] |= bit
                scratch.chosen.append(item)
            }
        }
        let missing = count - scratch.chosen.count
        guard missing > 0 else { return }
        scratch.keys.removeAll(keepingCapacity: true)
        for item in 0..<Int32(itemCount) where scratch.watched[Int(item) >> 6] & (1 << UInt64(item & 63)) == 0 {
            // Unreleased items come last, so that a history never falls short.
            let late: Float = Int(years[Int(item)]) <= year ? 0 : 60
            let unit = RandomStream.singleUnit(of: random.next()) + 0x1p-25
            let arrival = logf(-logf(unit)) - logPopularity[Int(item)] - affinity(taste, item) + late
            scratch.keys.append(UInt64(arrival.ascendingBits) << 32 | UInt64(item))
        }
        scratch.keys.sort()
        for key in scratch.keys.prefix(missing) {
            let item = Int32(truncatingIfNeeded: key)
            scratch.watched[Int(item) >> 6] |= 1 << UInt64(item & 63)
            scratch.chosen.append(item)
        }
    }
}

extension RandomStream {
    /// The next exponential number of mean 1.
    mutating func exponential() -> Double { -log(1 - nextUnit()) }
}

extension Float {
    /// Bits whose order as an integer is the number's order.
    fileprivate var ascendingBits: UInt32 {
        bitPattern & 0x8000_0000 == 0 ? bitPattern | 0x8000_0000 : ~bitPattern
    }
}
