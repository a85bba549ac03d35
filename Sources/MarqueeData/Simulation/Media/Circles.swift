internal import MarqueeRuntime

/// Who is friends with whom: circles of twelve in which everybody knows the two on either side, and one friend
/// elsewhere.
struct Circles {
    static let size = 12
    /// By person.
    let circle: [Int]
    /// By person, ascending; mutual.
    let friends: [[Int32]]
    private let seed: UInt64

    init(people: Int, seed: UInt64) {
        self.seed = seed
        let order = RandomPermutation(count: people, stream: RandomStream(seed: seed, "media circles"))
        let seats = (0..<people).map { order[$0] }
        var sitting = [Int](repeating: 0, count: people)
        for (person, seat) in seats.enumerated() { sitting[seat] = person }
        circle = seats.map { $0 / Self.size }
        let pairs = RandomPermutation(count: people, stream: RandomStream(seed: seed, "media far friends"))
        var friends = [Set<Int32>](repeating: [], count: people)
        func tie(_ a: Int, _ b: Int) {
            guard a != b else { return }
            friends[a].insert(Int32(b))
            friends[b].insert(Int32(a))
        }
        for seat in 0..<people {
            let first = seat / Self.size * Self.size
            let count = min(Self.size, people - first)
            for step in 1...2 { tie(sitting[seat], sitting[first + (seat - first + step) % count]) }
        }
        for pair in 0..<people / 2 { tie(pairs[2 * pair], pairs[2 * pair + 1]) }
        self.friends = friends.map { $0.sorted() }
    }

    /// By circle, then day.
    func tastes(days: Int, remaining: Float) -> [SIMD16<Float>] {
        let count = (circle.max() ?? -1) + 1
        return (0..<count).flatMap { circle in
            var taste = DriftingTaste(RandomStream(seed: seed, "media circle taste", circle), remaining: remaining)
            return (0..<days).map { taste.at($0) }
        }
    }
}

/// A standard normal taste for each topic that keeps a share of itself from day to day: an autoregression whose variance
/// stays 1.
struct DriftingTaste: Sendable {
    private let stream: RandomStream
    private let remaining, fresh: Float
    private var day = 0
    private var value: SIMD16<Float>

    init(_ stream: RandomStream, remaining: Float) {
        self.stream = stream
        self.remaining = remaining
        fresh = max(0, 1 - remaining * remaining).squareRoot()
        value = stream.normals(day: 0)
    }

    /// The taste of a day, not before the one asked for last.
    mutating func at(_ day: Int) -> SIMD16<Float> {
        while self.day < day {
            self.day += 1
            guard fresh > 0 else { continue }
            value = remaining * value + fresh * stream.normals(day: self.day)
        }
        return value
    }
}

extension RandomStream {
    fileprivate func normals(day: Int) -> SIMD16<Float> {
        var vector = SIMD16<Float>()
        for d in 0..<16 { vector[d] = normal(at: UInt64(16 * day + d)) }
        return vector
    }
}

/// What region, part of the day and device add to the log-odds.
struct ContextEffects: Sendable {
    /// By region; by part of the day, six hours each.
    let regions, dayParts: [SIMD16<Float>]
    /// By device, then domain.
    let devices: [Float]

    init(seed: UInt64, strength: Float) {
        func vectors(_ count: Int, _ stream: RandomStream) -> [SIMD16<Float>] {
            (0..<count).map { strength * stream.normals(day: $0) }
        }
        regions = vectors(MediaWorld.regions.count, RandomStream(seed: seed, "media regions"))
        dayParts = vectors(4, RandomStream(seed: seed, "media day parts"))
        let stream = RandomStream(seed: seed, "media devices")
        let domains = MediaWorld.Domain.allCases.count
        devices = (0..<MediaWorld.devices.count * domains).map { strength * stream.normal(at: UInt64($0)) }
    }
}
