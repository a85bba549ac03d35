internal import MarqueeRuntime

/// What each behavior amounts to, and how the behaviors go together.
public struct BehaviorStatistics: Sendable, Equatable, Codable {
    public struct Behavior: Sendable, Equatable, Codable {
        public let name: String
        /// Repeats included.
        public let interactions: Int
        /// Distinct (user, item) pairs.
        public let pairs: Int
        /// Those with at least one interaction of the behavior.
        public let users, items: Int
        /// Pairs over all users × items of the data.
        public let density: Double
    }

    public let behaviors: [Behavior]
    /// The behavior to predict, an index into ``behaviors``.
    public let target: Int
    /// All pairs that there could be: users × items.
    public let possiblePairs: Double
    /// Pairs that behaviors a and b share, `shared[a][b]`; on the diagonal each one's pairs.
    public let shared: [[Int]]

    /// O(pairs · behaviors).
    public init(_ graph: BehaviorGraph) {
        let graphs = graph.behaviors.map(\.adjacency)
        let possible = Double(graph.userCount) * Double(graph.itemCount)
        behaviors = graph.behaviors.map { behavior in
            let graph = behavior.adjacency
            return Behavior(
                name: behavior.name, interactions: behavior.interactions, pairs: graph.pairCount,
                users: (0..<graph.userCount).count { graph.degree(Int32($0)) > 0 },
                items: (graph.userCount..<graph.nodeCount).count { graph.degree(Int32($0)) > 0 },
                density: Double(graph.pairCount) / possible)
        }
        target = graph.target
        possiblePairs = possible
        shared = graphs.indices.map { a in graphs.indices.map { b in graphs[a].sharedPairs(with: graphs[b]) } }
    }

    /// Pearson's correlation of two behaviors over all pairs, each 1 where it happened and else 0 (the
    /// φ coefficient, Yule 1912), from −1 to 1:
    ///
    ///     φ = (N·n_ab − n_a·n_b) / √(n_a (N − n_a) n_b (N − n_b))
    ///
    /// NaN where a behavior is everywhere.
    public func correlation(_ a: Int, _ b: Int) -> Double {
        let (first, second) = (Double(behaviors[a].pairs), Double(behaviors[b].pairs))
        let spread = (first * (possiblePairs - first)).squareRoot() * (second * (possiblePairs - second)).squareRoot()
        return (possiblePairs * Double(shared[a][b]) - first * second) / spread
    }

    /// Shared pairs over those of either (Jaccard 1901), from 0 to 1.
    public func similarity(_ a: Int, _ b: Int) -> Double {
        Double(shared[a][b]) / Double(behaviors[a].pairs + behaviors[b].pairs - shared[a][b])
    }

    /// The share of a's pairs that are b's too: of what was bought, how much was in the cart.
    public func share(of a: Int, in b: Int) -> Double { Double(shared[a][b]) / Double(behaviors[a].pairs) }
}

extension Adjacency {
    /// The pairs that two graphs over the same nodes have in common. O(pairs of both).
    fileprivate func sharedPairs(with other: Adjacency) -> Int {
        var count = 0
        for user in 0..<userCount {
            var (i, j) = (offsets[user], other.offsets[user])
            while i < offsets[user + 1], j < other.offsets[user + 1] {
                let (mine, theirs) = (columns[i], other.columns[j])
                if mine == theirs { count += 1 }
                if mine <= theirs { i += 1 }
                if theirs <= mine { j += 1 }
            }
        }
        return count
    }
}
