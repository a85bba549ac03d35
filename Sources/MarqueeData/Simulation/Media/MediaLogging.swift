public import MarqueeRuntime

/// The policy that wrote the log: slot by slot an item drawn with weight (¼ + c)^β among those not yet shown, c being its
/// clicks up to the last full hour, of which half is forgotten each day; or, with a small probability, any of them alike.
///
///     π(a_k | a_1 … a_{k−1}) = (1 − ε) · w(a_k) / Σ w + ε / n,   over the n that are left
///
/// This is the propensity it logs: given the slots above, as slate estimators read it.
public struct MediaLogging: Sendable {
    private let world: MediaWorld
    private let pool: WorkerPool
    /// Clicks by item, half of them forgotten each day.
    private var clicks: [Double]
    /// Clicks of this hour, which count from the next on.
    private var fresh: [Int32] = []
    private var hour = -1
    private var tables: [Table]

    /// The weights of what a domain offers, as they add up.
    private struct Table: Sendable {
        var offered: [Int32] = []
        /// Σ of the weights before an item; one more than items.
        var sums: [Double] = [0]
    }

    public init(_ world: MediaWorld, pool: WorkerPool = .shared) {
        self.world = world
        self.pool = pool
        clicks = Array(repeating: 0, count: world.items.count)
        tables = MediaWorld.Domain.allCases.map { _ in Table() }
    }

    /// A slate for each request with the propensity of each slot.
    public mutating func slates(for requests: [MediaWorld.Request]) -> [(items: [Int32], propensities: [Float])] {
        guard let first = requests.first else { return [] }
        turn(to: first.hour)
        for request in requests where tables[request.domain.rawValue].offered != request.offered {
            tables[request.domain.rawValue] = table(request.offered)
        }
        return drawn(requests)
    }

    /// The probability of each candidate of a request to stand first, in their order. Of requests of the hour that slates
    /// were asked for last.
    public func probabilities(for request: MediaWorld.Request) -> [Double] {
        let candidates = request.candidates
        let weights = candidates.map(weight)
        let sum = weights.reduce(0, +)
        let exploration = world.config.exploration
        return weights.map { (1 - exploration) * $0 / sum + exploration / Double(candidates.count) }
    }

    private func drawn(_ requests: [MediaWorld.Request]) -> [(items: [Int32], propensities: [Float])] {
        pool.mapChunks(requests.count) { slate(for: requests[$0]) }
    }

    /// Learns what was clicked.
    public mutating func add(clicked item: Int32) { fresh.append(item) }

    private mutating func turn(to hour: Int) {
        guard hour > self.hour else { return }
        if self.hour >= 0 {
            let kept = (-Double(hour - self.hour) / 24).powerOfTwo
            for item in fresh { clicks[Int(item)] += 1 }
            for item in clicks.indices { clicks[item] *= kept }
        }
        fresh = []
        self.hour = hour
        for domain in tables.indices { tables[domain] = table(tables[domain].offered) }
    }

    private func table(_ offered: [Int32]) -> Table {
        var table = Table(offered: offered)
        table.sums.reserveCapacity(offered.count + 1)
        for item in offered { table.sums.append(table.sums[table.sums.count - 1] + weight(item)) }
        return table
    }

    private func weight(_ item: Int32) -> Double { (0.25 + clicks[Int(item)]).power(world.config.popularityBias) }

    private func slate(for request: MediaWorld.Request) -> (items: [Int32], propensities: [Float]) {
        let table = tables[request.domain.rawValue]
        var random = RandomStream(seed: world.config.seed, "media logging", request.key)
        var gone = request.excluded
        var left = (table.sums.last ?? 0) - gone.reduce(0) { $0 + weight($1) }
        var (items, propensities): ([Int32], [Float]) = ([], [])
        let exploration = world.config.exploration
        while items.count < request.slate, gone.count < request.offered.count {
            let explores = random.nextUnit() < exploration
            var item = request.offered[0]
            repeat {
                item = explores ? request.offered.randomElement(using: &random) ?? item : draw(table, &random)
            } while gone.contains(item)
            let weight = weight(item)
            let rest = Double(request.offered.count - gone.count)
            items.append(item)
            propensities.append(Float((1 - exploration) * min(1, weight / left) + exploration / rest))
            gone.append(item)
            left -= weight
        }
        return (items, propensities)
    }

    private func draw(_ table: Table, _ random: inout RandomStream) -> Int32 {
        let place = random.nextUnit() * (table.sums.last ?? 0)
        // The last whose weights before it add up to no more.
        var (lower, upper) = (0, table.offered.count)
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if table.sums[middle] <= place { lower = middle } else { upper = middle }
        }
        return table.offered[lower]
    }
}
