import MarqueeData
import MarqueeRuntime
import Testing

@Suite struct BehaviorGraphTests {
    static let names = ["view", "cart", "buy"]

    private func shop(_ seed: UInt64) -> InteractionLog {
        var log = thorny(seed: seed, behaviors: Self.names).log
        log.target = 2
        return log
    }

    /// The newest time and the largest value of each pair of a behavior, by brute force.
    private func pairs(_ log: InteractionLog, _ behavior: Int) -> [Pair: (time: Int64, value: Float)] {
        var pairs: [Pair: (time: Int64, value: Float)] = [:]
        for row in 0..<log.count where Int(log.behavior(of: row)) == behavior {
            let pair = Pair(user: log.users[row], item: log.items[row])
            let known = pairs[pair] ?? (.min, -.infinity)
            pairs[pair] = (max(known.time, log.timestamps[row]), max(known.value, log.values[row]))
        }
        return pairs
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func aGraphHoldsEveryPairOnceInBothDirections(seed: UInt64) throws {
        let log = shop(seed)
        let graph = try BehaviorGraph(log)
        #expect(graph.behaviors.map(\.name) == Self.names && graph.target == 2)
        #expect(graph.behaviors.map(\.interactions).reduce(0, +) == log.count)
        let oldest = try #require(log.timestamps.min()), newest = try #require(log.timestamps.max())
        for (index, behavior) in graph.behaviors.enumerated() {
            let adjacency = behavior.adjacency
            let expected = pairs(log, index)
            #expect(adjacency.pairCount == expected.count && adjacency.columns.count == 2 * expected.count)
            #expect(
                adjacency.nodeCount == log.userCount + log.itemCount
                    && adjacency.offsets.count == adjacency.nodeCount + 1)
            #expect(adjacency == Adjacency(InteractionMatrix(log.selecting(behavior: UInt8(index)))))
            for node in 0..<Int32(adjacency.nodeCount) {
                let neighbors = Array(adjacency[node])
                #expect(neighbors == Set(neighbors).sorted() && neighbors.count == adjacency.degree(node))
                #expect(neighbors.allSatisfy { adjacency[$0].contains(node) })
                // Between users and items only.
                #expect(neighbors.allSatisfy { ($0 < log.userCount) != (node < log.userCount) })
            }
            let values = log.selecting(behavior: UInt8(index)).values
            let least = try #require(values.min()), most = try #require(values.max())
            let recency = adjacency.mirrored(behavior.recency)
            let value = adjacency.mirrored(behavior.value)
            for node in 0..<adjacency.nodeCount {
                for edge in adjacency.offsets[node]..<adjacency.offsets[node + 1] {
                    let other = Int(adjacency.columns[edge])
                    let (user, item) = node < log.userCount ? (node, other) : (other, node)
                    let known = try #require(expected[Pair(user: Int32(user), item: Int32(item - log.userCount))])
                    #expect(abs(Double(recency[edge]) - Double(known.time - oldest) / Double(newest - oldest)) < 1e-6)
                    #expect(abs(value[edge] - (known.value - least) / (most - least)) < 1e-6)
                }
            }
            #expect(
                behavior.recency.allSatisfy { (0...1).contains($0) }
                    && behavior.value.allSatisfy { (0...1).contains($0) })
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func theOrderOfRowsDoesNotMatter(seed: UInt64) throws {
        let log = shop(seed)
        var random = RandomStream(seed: seed, "shuffle")
        let (graph, other) = (
            try BehaviorGraph(log), try BehaviorGraph(log.selecting((0..<log.count).shuffled(using: &random)))
        )
        for (one, two) in zip(graph.behaviors, other.behaviors) {
            #expect(one.adjacency == two.adjacency && one.recency == two.recency && one.value == two.value)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func normalizationIsByDegrees(seed: UInt64) throws {
        for behavior in try BehaviorGraph(shop(seed)).behaviors {
            let adjacency = behavior.adjacency
            let (symmetric, row) = (adjacency.symmetricWeights(), adjacency.rowWeights())
            for node in 0..<Int32(adjacency.nodeCount) {
                let range = adjacency.offsets[Int(node)]..<adjacency.offsets[Int(node) + 1]
                for edge in range {
                    let product = Float(adjacency.degree(node) * adjacency.degree(adjacency.columns[edge]))
                    #expect(abs(symmetric[edge] - 1 / product.squareRoot()) < 1e-6)
                }
                if !range.isEmpty { #expect(abs(row[range].reduce(0, +) - 1) < 1e-5) }
            }
            // Its largest eigenvalue is 1, with the roots of the degrees for a vector.
            let roots = (0..<Int32(adjacency.nodeCount)).map { Float(adjacency.degree($0)).squareRoot() }
            for node in 0..<adjacency.nodeCount {
                let sum = (adjacency.offsets[node]..<adjacency.offsets[node + 1]).reduce(Float(0)) {
                    $0 + symmetric[$1] * roots[Int(adjacency.columns[$1])]
                }
                #expect(abs(sum - roots[node]) < 1e-4)
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func theFusedGraphHasThePairsOfAll(seed: UInt64) throws {
        var log = shop(seed)
        let fused = try BehaviorGraph(log).fused()
        log.behaviors = []
        #expect(fused == Adjacency(InteractionMatrix(log)))
        let only = Adjacency(InteractionMatrix(log))
        #expect(Adjacency.union(of: [only]) == only && Adjacency.union(of: [only, only]) == only)
    }

    @Test(arguments: [0, 1, 3, 7, 100])
    func sampledNeighborsAreDistinctAndDependOnNodeAndStreamAlone(count: Int) throws {
        let adjacency = try BehaviorGraph(shop(3)).fused()
        let stream = RandomStream(seed: 4, "neighbors")
        var differs = false
        for node in (0..<Int32(adjacency.nodeCount)).reversed() {
            let edges = adjacency.sampledEdges(of: node, atMost: count, stream: stream)
            #expect(edges.count == min(count, adjacency.degree(node)) && edges == Set(edges).sorted())
            #expect(edges.allSatisfy { (adjacency.offsets[Int(node)]..<adjacency.offsets[Int(node) + 1]).contains($0) })
            #expect(edges == adjacency.sampledEdges(of: node, atMost: count, stream: stream))
            if edges != adjacency.sampledEdges(of: node, atMost: count, stream: RandomStream(seed: 5, "neighbors")) {
                differs = true
            }
        }
        #expect(differs == (1...7).contains(count))
    }

    /// All ten sets of three out of five, each as often.
    @Test func everySetIsAsLikely() {
        let matrix = InteractionMatrix(
            rowCount: 1, columnCount: 5, offsets: [0, 5], columns: [0, 1, 2, 3, 4], values: [1, 1, 1, 1, 1])
        let adjacency = Adjacency(matrix)
        var counts: [[Int]: Int] = [:]
        for draw in 0..<20_000 {
            counts[adjacency.sampledEdges(of: 0, atMost: 3, stream: RandomStream(seed: 1, "sets", draw)), default: 0] +=
                1
        }
        #expect(counts.count == 10)
        #expect(chiSquare(Array(counts.values), Array(repeating: 2000, count: 10)) < chiSquareLimit(9))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func aNeighborhoodIsThePartOfTheGraphsThatWasSampled(seed: UInt64) throws {
        let graph = try BehaviorGraph(shop(seed))
        let graphs = graph.behaviors.map(\.adjacency) + [graph.fused()]
        let stream = RandomStream(seed: seed, "hop")
        let targets: [Int32] = [9, 61, 4, 70, 0]
        var sampler = GraphSampler(nodeCount: graph.nodeCount)
        let hop = sampler.sample(graphs, around: targets, atMost: 4, stream: stream)
        #expect(
            hop.targetCount == 5 && Array(hop.nodes.prefix(5)) == targets && Set(hop.nodes).count == hop.nodes.count)
        #expect(hop.graphs.count == graphs.count)
        for (index, edges) in hop.graphs.enumerated() {
            #expect(
                edges.offsets.count == 6 && edges.columns.count == edges.places.count
                    && edges.offsets.last == edges.places.count)
            let own = RandomStream(key: stream[UInt64(index)])
            for (k, target) in targets.enumerated() {
                let range = edges.offsets[k]..<edges.offsets[k + 1]
                #expect(Array(edges.places[range]) == graphs[index].sampledEdges(of: target, atMost: 4, stream: own))
                for edge in range {
                    #expect(hop.nodes[Int(edges.columns[edge])] == graphs[index].columns[edges.places[edge]])
                }
            }
        }
        // Nodes that are no targets are somebody's neighbors.
        #expect(Set(hop.graphs.flatMap(\.columns)).union(0..<5).count == hop.nodes.count)
        let next = sampler.sample(graphs, around: hop.nodes, atMost: 2, stream: stream)
        #expect(next.targetCount == hop.nodes.count && Array(next.nodes.prefix(hop.nodes.count)) == hop.nodes)
        // What was drawn before leaves nothing behind.
        #expect(sampler.sample(graphs, around: targets, atMost: 4, stream: stream) == hop)
    }

    @Test func whatTheDataDoesNotKnowIsEmptyAndWhatIsAllTheSameIsOne() throws {
        var log = shop(1)
        log.values = []
        log.timestamps = []
        let bare = try BehaviorGraph(log).behaviors[0]
        #expect(
            bare.recency.isEmpty && bare.value.isEmpty
                && bare.adjacency.mirrored([Float](repeating: 2, count: bare.adjacency.pairCount)).count
                    == bare.adjacency.columns.count
        )
        log.values = Array(repeating: 3, count: log.count)
        log.timestamps = Array(repeating: 7, count: log.count)
        let level = try BehaviorGraph(log).behaviors[1]
        #expect(level.recency.allSatisfy { $0 == 1 } && level.value.allSatisfy { $0 == 1 } && !level.value.isEmpty)
        log.behaviors = []
        log.behaviorNames = ["play"]
        log.target = 0
        #expect(try BehaviorGraph(log).behaviors.map(\.name) == ["play"])
    }

    @Test func aLogThatMakesNoGraphIsRefusedInOneLine() {
        func complaint(_ change: (inout InteractionLog) -> Void) -> String {
            var log = shop(2)
            change(&log)
            do {
                _ = try BehaviorGraph(log)
                return "no complaint"
            } catch { return "\(error)" }
        }
        let cases: [(complaint: String, says: String)] = [
            (
                complaint { log in log = log.selecting((0..<log.count).filter { log.behaviors[$0] != 1 }) },
                "behavior 'cart' has no interactions"
            ),
            (complaint { $0.target = 3 }, "the target is behavior 3, but there are 3: view, cart, buy"),
            (complaint { $0.users[17] = 60 }, "interaction 17: user 60 is out of range, there are 60 users"),
            (complaint { $0.items[4] = -1 }, "interaction 4: item -1 is out of range, there are 40 items"),
            (
                complaint { $0.behaviors[5] = 9 },
                "interaction 5: behavior 9 is out of range, there are 3: view, cart, buy"
            ),
            (complaint { $0.timestamps.removeLast() }, "columns are of unequal length"),
        ]
        for (complaint, says) in cases {
            #expect(complaint.contains(says))
            #expect(!complaint.contains("\n"))
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func statisticsAreThoseOfTheSetsOfPairs(seed: UInt64) throws {
        let log = shop(seed)
        let statistics = BehaviorStatistics(try BehaviorGraph(log))
        let sets = Self.names.indices.map { log.selecting(behavior: UInt8($0)).pairs }
        let all = Double(log.userCount * log.itemCount)
        #expect(statistics.target == 2)
        for (a, behavior) in statistics.behaviors.enumerated() {
            let own = log.selecting(behavior: UInt8(a))
            #expect(
                behavior.name == Self.names[a] && behavior.interactions == own.count && behavior.pairs == sets[a].count)
            #expect(behavior.users == Set(own.users).count && behavior.items == Set(own.items).count)
            #expect(abs(behavior.density - Double(sets[a].count) / all) < 1e-12)
            for b in sets.indices {
                let both = sets[a].intersection(sets[b]).count
                #expect(statistics.shared[a][b] == both)
                #expect(abs(statistics.similarity(a, b) - Double(both) / Double(sets[a].union(sets[b]).count)) < 1e-12)
                #expect(abs(statistics.share(of: a, in: b) - Double(both) / Double(sets[a].count)) < 1e-12)
                // Pearson's correlation of the two indicators, written out.
                var (xy, x, y) = (0.0, 0.0, 0.0)
                for user in 0..<Int32(log.userCount) {
                    for item in 0..<Int32(log.itemCount) {
                        let pair = Pair(user: user, item: item)
                        let (i, j) = (sets[a].contains(pair) ? 1.0 : 0, sets[b].contains(pair) ? 1.0 : 0)
                        (xy, x, y) = (xy + i * j, x + i, y + j)
                    }
                }
                let expected =
                    (xy / all - x * y / all / all)
                    / ((x / all - x * x / all / all) * (y / all - y * y / all / all)).squareRoot()
                #expect(abs(statistics.correlation(a, b) - expected) < 1e-9)
            }
            #expect(abs(statistics.correlation(a, a) - 1) < 1e-9)
        }
    }

    /// The counts that DATA.md has: every training buy of BeiBei is a cart too.
    @Test(.enabled(if: realData("beibei-buy-cart-only") != nil, "beibei-buy-cart-only is not there"))
    func beibeisBuysAreCarts() throws {
        let log = try DatasetReader.read(try #require(realData("beibei-buy-cart-only"))).log
        let statistics = BehaviorStatistics(try BehaviorGraph(log))
        let (cart, buy) = (
            try #require(log.behaviorNames.firstIndex(of: "cart")),
            try #require(log.behaviorNames.firstIndex(of: "buy"))
        )
        #expect(statistics.behaviors[cart].pairs == 642_622 && statistics.behaviors[buy].pairs == 282_860)
        #expect(statistics.share(of: buy, in: cart) == 1 && statistics.target == buy)
    }
}
