internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// Scores pairs by a network's forward pass, or by one matrix product where the network allows it.
struct PairScorer<Network: ScoringNetwork>: Scorer {
    let network: Network
    let userCount: Int
    let itemCount: Int
    private let factors: FactorScorer?
    private let tapes = InferenceTapes()

    /// Pairs a forward pass: enough for the matrix products, little enough for the cache.
    private static var chunk: Int { 512 }

    init(network: Network, userCount: Int, itemCount: Int) {
        self.network = network
        self.userCount = userCount
        self.itemCount = itemCount
        factors = network.factors()
    }

    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        if let factors { return factors.score(users: users, items: items, into: &scores) }
        forward(users.count * items.count, into: &scores) { k in
            (users[k / items.count], Int32(items.lowerBound + k % items.count))
        }
    }

    func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        if let factors { return factors.score(user: user, candidates: candidates, into: &scores) }
        forward(candidates.count, into: &scores) { (user, candidates[$0]) }
    }

    private func forward(_ count: Int, into scores: inout MutableSpan<Float>, pair: (Int) -> (Int32, Int32)) {
        tapes.withTape { tape in
            for start in stride(from: 0, to: count, by: Self.chunk) {
                let n = min(Self.chunk, count - start)
                tape.begin(batchCount: n, training: false)
                let (users, items) = (tape.indices(n), tape.indices(n))
                users.fill { users in
                    items.fill { for k in 0..<n { (users[k], $0[k]) = pair(start + k) } }
                }
                let logits = network.logits(PairBatch(users: users, items: items), tape)
                for k in 0..<n { scores[start + k] = logits[k] }
            }
        }
    }
}
