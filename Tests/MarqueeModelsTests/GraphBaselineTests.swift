import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@testable import MarqueeModels
@testable import MarqueeTensor

/// What the graph baselines compute, against dense sums in double precision over a shop of four users and five items.
@Suite struct GraphBaselineTests {
    /// The shop of ``MultiBehaviorTests`` with times, friends and genres. User 0 has bought nothing and trusts 2;
    /// users 1 and 2 trust each other.
    static let shop: TrainingSet = {
        let plain = MultiBehaviorTests.shop
        var log = plain.log
        log.timestamps = log.users.indices.map { Int64(($0 * 7) % log.count) }
        let genres = [["Drama", "War"], ["War"], [], ["Drama"], ["Musical"]]
        return TrainingSet(
            log: log,
            catalog: Catalog(
                items: genres.enumerated().map { .init(title: "Film of \($0 % 2 == 0 ? "cats" : "dogs")", genres: $1) }),
            ties: [.init(from: 0, to: 2), .init(from: 1, to: 2), .init(from: 2, to: 1), .init(from: 3, to: 3)])
    }()
    static let pool = WorkerPool(workerCount: 2)
    static let stream = RandomStream(key: 11)
    static var buys: Dense { Dense.bipartite(MultiBehaviorTests.buys) }
    static var everything: Dense {
        Dense.bipartite(MultiBehaviorTests.views + MultiBehaviorTests.carts + MultiBehaviorTests.buys)
    }

    static func expect(_ network: some GraphNetwork, _ expected: Dense, _ comment: String = "") throws {
        let factors = try #require(network.embedded())
        let found = Dense(factors.userFactors + factors.itemFactors, width: factors.rank)
        #expect(found.rows.count == 9)
        for node in 0..<9 {
            for (a, b) in zip(found.rows[node], expected.rows[node]) {
                #expect(abs(a - b) < 1e-5, "\(comment) node \(node): \(found.rows[node]) is not \(expected.rows[node])")
            }
        }
    }

    @Test func combiGCNSumsItemsAndUsersAlike() throws {
        var config = CombiGCN.Config()
        (config.factors, config.layers, config.neighbors) = (3, 2, 4)
        let network = CombiGCN(config, data: Self.shop, pool: Self.pool, stream: Self.stream)
        // User 1 bought {0}, 2 {4, 0}, 3 {0}.
        var alike = Dense.zero(9, 9)
        for (a, b, jaccard) in [(1, 2, 0.5), (1, 3, 1), (2, 3, 0.5)] {
            alike.rows[a][b] = jaccard
            alike.rows[b][a] = jaccard
        }
        let matrix = alike.normalized() + Self.buys.normalized()
        let start = Dense(network.embeddings.values, width: 3)
        let (near, far) = (matrix * start, matrix * (matrix * start))
        try Self.expect(network, (start + near + far).scaled(1 / 3))
    }

    @Test func peersAreSymmetricAndFew() {
        let pairs: [(Int32, Int32)] = (0..<12).flatMap { u in
            (0..<(u % 5 + 1)).map { (Int32(u), Int32(($0 + u / 3) % 6)) }
        }
        let data = RecommenderBehaviorTests.trainingSet(pairs, users: 12, items: 6)
        let peers = data.interactions.peers(2, pool: Self.pool)
        let all = data.interactions.peers(12, pool: Self.pool)
        #expect(peers == peers.transposed() && all == all.transposed())
        #expect(peers.entryCount <= 12 * 2 * 2 && peers.entryCount < all.entryCount)
        for u in 0..<12 as Range<Int32> {
            #expect(peers[u].count >= min(2, all[u].count) && !peers.contains(u, u))
            for v in 0..<12 as Range<Int32> where u != v {
                let (a, b) = (Set(data.interactions[u]), Set(data.interactions[v]))
                let jaccard = Float(a.intersection(b).count) / Float(a.union(b).count)
                #expect(abs(all.value(u, v) - jaccard) < 1e-6)
            }
        }
    }

    @Test(arguments: CompGCN.Composition.allCases) func compGCNComposesNeighborsWithRelations(
        _ composition: CompGCN.Composition
    ) throws {
        var config = CompGCN.Config()
        (config.factors, config.layers, config.composition) = (4, 2, composition)
        let network = CompGCN(config, data: Self.shop, pool: Self.pool, stream: Self.stream)
        // drama 9, musical 10, war 11.
        let genres = [(4, 9), (4, 11), (5, 11), (7, 9), (8, 10)]
        let behaviors = [MultiBehaviorTests.views, MultiBehaviorTests.carts, MultiBehaviorTests.buys]
        let relations = behaviors.map { $0.map { (Int($0), 4 + Int($1)) } } + [genres]
        var (heads, tails) = ([Double](repeating: 0, count: 12), [Double](repeating: 0, count: 12))
        for (head, tail) in relations.joined() {
            heads[head] += 1
            tails[tail] += 1
        }
        func compose(_ h: [Double], _ z: [Double]) -> [Double] {
            switch composition {
            case .subtraction: zip(h, z).map { $0 - $1 }
            case .multiplication: zip(h, z).map { $0 * $1 }
            case .correlation: (0..<4).map { k in (0..<4).reduce(0.0) { $0 + h[$1] * z[($1 + k) % 4] } }
            }
        }
        for (k, z) in (network.relations.flatMap { [$0.z, $0.inverseZ] } + network.layers.map(\.own)).enumerated() {
            let stream = RandomStream(seed: 5, "z", k)
            z.values = (0..<4).map { Float(stream.unit(at: UInt64($0))) - 0.3 }
        }
        var h = Dense(network.embeddings.values, width: 4)
        var z = network.relations.map { (Dense($0.z.values, width: 4), Dense($0.inverseZ.values, width: 4)) }
        for layer in network.layers {
            var (direct, inverse) = (Dense.zero(12, 4), Dense.zero(12, 4))
            for (edges, z) in zip(relations, z) {
                for (head, tail) in edges {
                    let weight = 1 / (heads[head] * tails[tail]).squareRoot()
                    direct.add(compose(h.rows[head], z.0.rows[0]), weight, to: tail)
                    inverse.add(compose(h.rows[tail], z.1.rows[0]), weight, to: head)
                }
            }
            let own = Dense(h.rows.map { compose($0, layer.own.values.map(Double.init)) })
            let sum = direct.through(layer.out) + inverse.through(layer.into) + own.through(layer.loop)
            let relation = Dense(layer.relation.values, width: 4).transposed()
            h = sum.scaled(1 / 3).map(tanh)
            z = z.map { ($0 * relation, $1 * relation) }
        }
        try Self.expect(network, h, "\(composition)")
    }

    @Test func tagAttendsToTermsNeighborsAndPeers() throws {
        var config = TAG.Config()
        (config.factors, config.neighbors) = (4, 4)
        let network = TAG(config, data: Self.shop, pool: Self.pool, stream: Self.stream)
        let terms = ContentFeatures(Self.shop.catalog, itemCount: 5).vectors
        let count = 9 + terms.columnCount
        #expect(terms.entryCount > 5)
        var h = Dense(network.embeddings.values, width: 4)
        let about = (0..<count).map { node in
            (4..<9).contains(node) ? terms[Int32(node - 4)].map { Int($0) + 9 } : []
        }
        h = h + h.attending(try #require(network.content), about)
        let touched = (0..<count).map { node in node < 9 ? Self.everything.neighbors(node) : [] }
        // Items 0 and 4 were bought by user 2.
        let friends = [0: [2], 1: [2], 2: [0, 1]], companions = [4: [8], 8: [4]]
        let nodes = 0..<count
        let peers =
            h.attending(try #require(network.friends), nodes.map { friends[$0] ?? [] })
            + h.attending(try #require(network.companions), nodes.map { companions[$0] ?? [] })
        try Self.expect(network, Dense.mixture(network.mixture, [h, h.attending(network.interest, touched), peers]))
    }

    @Test func inflectRemembersSnapshots() throws {
        var config = InflectDGNN.Config()
        (config.factors, config.layers, config.snapshots) = (3, 2, 3)
        let data = Self.shop
        let network = InflectDGNN(config, data: data, pool: Self.pool, stream: Self.stream)
        #expect(network.snapshots.count == 3)
        let start = Dense(network.embeddings.values, width: 3)
        var state = Dense.zero(9, 3)
        let order = data.log.timestamps.indices.sorted { data.log.timestamps[$0] < data.log.timestamps[$1] }
        for piece in 0..<3 {
            let rows = order[order.count * piece / 3..<order.count * (piece + 1) / 3]
            var edges = Dense.bipartite(rows.map { (data.log.users[$0], data.log.items[$0]) })
            for node in 0..<9 { edges.rows[node][node] = 1 }
            var x = start
            for layer in network.layers { x = (edges.normalized() * x).through(layer).map { max(0, $0) } }
            let cell = network.memory
            func gate(_ a: Linear, _ b: Linear) -> Dense {
                (x.through(a) + state.through(b)).map { 1 / (1 + exp(-$0)) }
            }
            let (reset, update) = (gate(cell.inputReset, cell.stateReset), gate(cell.inputUpdate, cell.stateUpdate))
            let new = (x.through(cell.inputNew) + reset.times(state.through(cell.stateNew))).map(tanh)
            state = new.times(update.map { 1 - $0 }) + update.times(state)
        }
        try Self.expect(network, state)
    }

    @Test func snapshotsKeepEqualTimesTogether() {
        var log = InteractionLog(
            users: [0, 1, 2, 3, 4, 5], items: [0, 0, 0, 0, 0, 0], timestamps: [5, 1, 5, 5, 9, 5],
            userVocabulary: Vocabulary((0..<6).map { "\($0)" }), itemVocabulary: Vocabulary(["a"]))
        #expect(log.snapshots(3).map(\.users) == [[1], [0, 2, 3, 4, 5]])
        #expect(log.snapshots(6).map(\.users) == [[1], [0, 2, 3, 5], [4]])
        #expect(log.snapshots(1) == [log])
        log.timestamps = [3, 3, 3, 3, 3, 3]
        #expect(log.snapshots(4) == [log])
        log.timestamps = []
        #expect(log.snapshots(4) == [log])
    }

    @Test func trustTFAddsWhatUsersDidAndWhomTheyTrust() throws {
        var config = TrustTF.Config()
        (config.factors, config.periods) = (3, 2)
        let data = Self.shop
        let network = TrustTF(config, data: data, pool: Self.pool, stream: Self.stream)
        let positives = try #require(network.positives)
        // Two pieces of three behaviors.
        #expect(positives.rowCount == 6 * 4 && positives.columnCount == 5)
        let order = data.log.timestamps.sorted()
        for row in 0..<data.log.count {
            let piece = data.log.timestamps[row] < order[order.count / 2] ? 0 : 1
            let context = Int32(piece * 3) + Int32(data.log.behaviors[row])
            #expect(positives.contains(context * 4 + data.log.users[row], data.log.items[row]))
        }
        #expect(positives.entryCount == data.log.count && network.target == 5)
        func fill(_ parameter: Parameter, _ name: StaticString) -> Dense {
            let stream = RandomStream(seed: 3, name)
            parameter.values = (0..<parameter.count).map { Float(stream.unit(at: UInt64($0))) - 0.5 }
            return Dense(parameter.values, width: parameter.columns)
        }
        let y = fill(network.implicit.vectors, "y")
        let w = fill(try #require(network.trusted).vectors, "w"), m = fill(try #require(network.mutual).vectors, "m")
        let stream = RandomStream(seed: 3, "k")
        network.contexts.values = (0..<18).map { Float(stream.unit(at: UInt64($0))) }
        network.bias.values = [0.1, 0.2, 0.3, 0.4, 0.5]
        var p = Dense(network.embeddings.values, width: 3)
        for user in 0..<4 {
            let items = Self.everything.neighbors(user)
            for item in items { p.add(y.rows[item], 1 / Double(items.count).squareRoot(), to: user) }
        }
        // 0 trusts 2; 1 and 2 trust each other; nobody is tied to himself.
        p.add(w.rows[2], 1, to: 0)
        p.add(m.rows[2], 1, to: 1)
        p.add(m.rows[1], 1, to: 2)
        try Self.expect(network, p)
        let k = network.contexts.values.suffix(3).map(Double.init)
        let scorer = try #require(network.factors())
        for user in 0..<4 {
            let scores = scorer.scores(user: Int32(user))
            for item in 0..<5 {
                let expected = (0..<3).reduce(0.1 * Double(item + 1)) {
                    $0 + p.rows[user][$1] * p.rows[4 + item][$1] * k[$1]
                }
                #expect(abs(Double(scores[item]) - expected) < 1e-5)
            }
        }
    }
}

/// A dense matrix in double precision, row by row.
struct Dense: Equatable {
    var rows: [[Double]]

    init(_ rows: [[Double]]) { self.rows = rows }

    init(_ values: [Float], width: Int) {
        rows = stride(from: 0, to: values.count, by: width).map { values[$0..<$0 + width].map(Double.init) }
    }

    static func zero(_ rows: Int, _ columns: Int) -> Dense {
        Dense([[Double]](repeating: [Double](repeating: 0, count: columns), count: rows))
    }

    /// The adjacency of users 0..<4 and items 4..<9.
    static func bipartite(_ pairs: [(Int32, Int32)]) -> Dense {
        var matrix = zero(9, 9)
        for (user, item) in pairs {
            matrix.rows[Int(user)][4 + Int(item)] = 1
            matrix.rows[4 + Int(item)][Int(user)] = 1
        }
        return matrix
    }

    func neighbors(_ node: Int) -> [Int] { rows[node].indices.filter { rows[node][$0] > 0 } }

    /// D^-½ A D^-½ of a symmetric matrix.
    func normalized() -> Dense {
        let sums = rows.map { $0.reduce(0, +) }
        return Dense(
            rows.indices.map { i in
                rows[i].indices.map { j in rows[i][j] == 0 ? 0 : rows[i][j] / (sums[i] * sums[j]).squareRoot() }
            })
    }

    func transposed() -> Dense { Dense(rows[0].indices.map { j in rows.map { $0[j] } }) }
    func map(_ f: (Double) -> Double) -> Dense { Dense(rows.map { $0.map(f) }) }
    func scaled(_ factor: Double) -> Dense { map { factor * $0 } }
    func times(_ other: Dense) -> Dense { Dense(zip(rows, other.rows).map { zip($0, $1).map { $0 * $1 } }) }

    mutating func add(_ values: [Double], _ weight: Double, to row: Int) {
        for k in values.indices { rows[row][k] += weight * values[k] }
    }

    static func + (a: Dense, b: Dense) -> Dense { Dense(zip(a.rows, b.rows).map { zip($0, $1).map { $0 + $1 } }) }

    static func * (a: Dense, b: Dense) -> Dense {
        var product = zero(a.rows.count, b.rows[0].count)
        for (i, row) in a.rows.enumerated() {
            for (k, value) in row.enumerated() where value != 0 { product.add(b.rows[k], value, to: i) }
        }
        return product
    }

    func through(_ layer: Linear) -> Dense {
        let product = self * Dense(layer.weight.values, width: layer.weight.columns).transposed()
        let bias = layer.bias.values.map(Double.init)
        return Dense(product.rows.map { zip($0, bias).map { $0 + $1 } })
    }

    /// One pass of graph attention by its definition.
    func attending(_ attention: NodeAttention, _ neighbors: [[Int]]) -> Dense {
        let z = through(attention.projection)
        func dot(_ a: [Double], _ b: Parameter) -> Double { zip(a, b.values).reduce(0) { $0 + $1.0 * Double($1.1) } }
        var result = Dense.zero(rows.count, z.rows[0].count)
        for (node, others) in neighbors.enumerated() {
            let logits = others.map { other -> Double in
                let logit = dot(z.rows[node], attention.own) + dot(z.rows[other], attention.other)
                return exp(logit > 0 ? logit : 0.2 * logit)
            }
            for (other, weight) in zip(others, logits) {
                result.add(z.rows[other], weight / logits.reduce(0, +), to: node)
            }
        }
        return result.map { max(0, $0) }
    }

    static func mixture(_ mixture: Mixture, _ parts: [Dense]) -> Dense {
        var sum = zero(parts[0].rows.count, parts[0].rows[0].count)
        for node in sum.rows.indices {
            let weights = parts.enumerated().map { k, part -> Double in
                var logit = Double(mixture.bias.values[k])
                if let hidden = mixture.hidden, let query = mixture.query {
                    let tanhs = Dense([part.rows[node]]).through(hidden).map(tanh).rows[0]
                    logit += zip(tanhs, query.values).reduce(0) { $0 + $1.0 * Double($1.1) }
                }
                return exp(logit)
            }
            for (part, weight) in zip(parts, weights) {
                sum.add(part.rows[node], weight / weights.reduce(0, +), to: node)
            }
        }
        return sum
    }
}
