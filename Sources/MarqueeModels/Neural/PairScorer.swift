internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor
internal import Synchronization

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
        let tape = tapes.take()
        defer { tapes.giveBack(tape) }
        var start = 0
        while start < count {
            let n = min(Self.chunk, count - start)
            tape.begin(batchCount: n, training: false)
            let (users, items) = (tape.indices(n), tape.indices(n))
            users.fill { users in
                items.fill { for k in 0..<n { (users[k], $0[k]) = pair(start + k) } }
            }
            let logits = network.logits(PairBatch(users: users, items: items), tape)
            for k in 0..<n { scores[start + k] = logits[k] }
            start += n
        }
    }
}

/// Tapes for inference, one a caller at a time, kept for the next.
private final class InferenceTapes: Sendable {
    private struct Box: @unchecked Sendable {
        // Unchecked: a tape has one owner, who took it from the list and gives it back.
        let tape: Tape
    }

    private let free = Mutex<[Box]>([])

    func take() -> Tape { free.withLock { $0.popLast() }?.tape ?? Tape() }
    func giveBack(_ tape: Tape) {
        let box = Box(tape: tape)
        free.withLock { $0.append(box) }
    }
}
