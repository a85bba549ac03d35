import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

/// What models make of several behaviors, on data small enough to work out by hand.
@Suite struct MultiBehaviorTests {
    /// view: (0,1) (0,2) (0,3) (1,0) (1,1) (2,4) (3,0) (3,3); cart: (0,2) (0,4) (1,0) (2,4);
    /// buy, the target: (1,0) (2,4) (3,0) (2,0).
    static let views: [(Int32, Int32)] = [(0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (2, 4), (3, 0), (3, 3)]
    static let carts: [(Int32, Int32)] = [(0, 2), (0, 4), (1, 0), (2, 4)]
    static let buys: [(Int32, Int32)] = [(1, 0), (2, 4), (3, 0), (2, 0)]

    static let shop: TrainingSet = {
        let all = views + carts + buys
        return TrainingSet(
            log: InteractionLog(
                users: all.map(\.0), items: all.map(\.1),
                behaviors: views.map { _ in 0 } + carts.map { _ in 1 } + buys.map { _ in 2 },
                userVocabulary: Vocabulary((0..<4).map { "user \($0)" }),
                itemVocabulary: Vocabulary((0..<5).map { "item \($0)" }),
                behaviorNames: ["view", "cart", "buy"], target: 2))
    }()

    /// The same with numbers for items' ids.
    static let numbered = TrainingSet(
        log: InteractionLog(
            users: shop.log.users, items: shop.log.items, behaviors: shop.log.behaviors,
            userVocabulary: shop.log.userVocabulary,
            itemVocabulary: Vocabulary(integers: [40, 10, 30, 20, 50]), behaviorNames: shop.log.behaviorNames,
            target: shop.log.target))

    static func fit(_ kind: String, _ config: ConfigValue = [:]) throws -> any Recommender {
        try ModelSpec(kind, config).fit(to: shop, in: FitContext(seed: 1, pool: WorkerPool(workerCount: 2)))
    }

    static let kinds = ["user-knn", "item-knn", "rp3beta", "ease", "ridge"]

    /// Weights 0, 1, 2 of view, cart and buy.
    static func rating(_ user: Int32, _ item: Int32, _ weights: (Float, Float, Float)) -> Float {
        (views.contains { $0 == (user, item) } ? weights.0 : 0)
            + (carts.contains { $0 == (user, item) } ? weights.1 : 0)
            + (buys.contains { $0 == (user, item) } ? weights.2 : 0)
    }

    /// Carts (2 of 4 were bought) convert better than views (3 of 8), and both together best.
    @Test func touchedItemsComeFirstInOrderOfConversionThenOfPopularity() throws {
        let model = try Self.fit("touched")
        let scores = model.scores(user: 0)
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        // Item 2 was viewed and carted, 4 carted, 1 and 3 viewed; nobody bought 1 or 3; 0 is popular.
        #expect(order == [2, 4, 1, 3, 0])
        #expect(scores[1] == scores[3])
        // User 3 viewed what he bought; then popularity: item 4 once, the others never.
        let others = model.scores(user: 3)
        #expect(others[4] > others[1] && others[1] == others[2])
        #expect(others[3] > others[4] && others[0] > others[3])
        #expect(model.scores(user: 0, candidates: [4, 2, 0]) == [scores[4], scores[2], scores[0]])
    }

    @Test func touchedTakesChosenBehaviorsAndWeights() throws {
        let carts = try Self.fit("touched", ["behaviors": ["cart"]]).scores(user: 0)
        #expect(carts[4] > carts[2] && carts[2] > carts[0] && carts[0] > carts[1])
        let weighted = try Self.fit("touched", ["behaviors": ["view": 3, "cart": 1]]).scores(user: 0)
        #expect(weighted[2] > weighted[1] && weighted[1] > weighted[4] && weighted[4] > weighted[0])
    }

    /// As `touched`, with the newest first in place of the popular; saved and loaded alike.
    @Test func touchedCanTakeTheNewestFirst() throws {
        let spec = try ModelSpec("touched", ["numbered-by-arrival": true])
        let model = try spec.fit(to: Self.numbered, in: FitContext(seed: 1))
        let scores = model.scores(user: 0)
        // Viewed and carted 2, carted 4, then of the viewed 3 (numbered 20) before 1 (10); 0 was not touched.
        #expect(scores.indices.sorted { scores[$0] > scores[$1] } == [2, 4, 3, 1, 0])
        let others = model.scores(user: 3)
        #expect(others[4] > others[2] && others[2] > others[1])
        var artifact = Artifact()
        try model.save(to: &artifact)
        #expect(try spec.load(from: artifact).scores(user: 0) == scores)
        #expect(throws: ModelError.self) { try spec.fit(to: Self.shop, in: FitContext(seed: 1)) }
    }

    /// What its own order says is all that a walk model with numbered items adds; saved and loaded alike.
    @Test func numberedWalksAreSavedAndLoaded() throws {
        let spec = try ModelSpec(
            "mbh-walk",
            [
                "numbered-by-arrival": true, "layers": [8],
                "train": ["epochs": 2, "batch": 8, "negatives": 3, "loss": "softmax"],
            ])
        let model = try spec.fit(to: Self.numbered, in: FitContext(seed: 1, pool: WorkerPool(workerCount: 1)))
        var artifact = Artifact()
        try model.save(to: &artifact)
        let loaded = try spec.load(from: artifact)
        for user in 0..<4 as Range<Int32> { #expect(loaded.scores(user: user) == model.scores(user: user)) }
    }

    /// EASEᴿ and ridge regression meet the equations that define them, over weighted behaviors.
    @Test func linearMapsSolveTheirEquations() throws {
        let (lambda, weights): (Float, (Float, Float, Float)) = (0.5, (1, 2, 0.5))
        let behaviors: ConfigValue = ["view": 1, "cart": 2, "buy": .number(0.5)]
        let x: [[Float]] = (0..<4).map { u in (0..<5).map { Self.rating(Int32(u), Int32($0), weights) } }
        let y: [[Float]] = (0..<4).map { u in (0..<5).map { Self.rating(Int32(u), Int32($0), (0, 0, 1)) } }
        func product(_ a: [[Float]], _ b: [[Float]], _ j: Int, _ i: Int) -> Float {
            (0..<4).reduce(Float(0)) { $0 + a[$1][j] * b[$1][i] }
        }
        func gram(_ j: Int, _ i: Int) -> Float { product(x, x, j, i) + (j == i ? lambda : 0) }
        func times(_ j: Int, _ b: [Float], _ i: Int) -> Float {
            (0..<5).reduce(Float(0)) { $0 + gram(j, $1) * b[$1 * 5 + i] }
        }
        let ridge = try #require(
            try Self.fit("ridge", ["regularization": .number(0.5), "behaviors": behaviors]) as? Ridge)
        let ease = try #require(
            try Self.fit("ease", ["regularization": .number(0.5), "behaviors": behaviors]) as? EASE)
        for j in 0..<5 {
            for i in 0..<5 {
                // (XᵀX + λI) B = XᵀY.
                #expect(abs(times(j, ridge.map.weights, i) - product(x, y, j, i)) < 1e-4)
            }
            #expect(ease.map.weights[j * 5 + j] == 0)
            // Each column's gradient, (XᵀX + λI) b − Xᵀx, vanishes but at the item itself.
            for i in 0..<5 where i != j { #expect(abs(times(j, ease.map.weights, i) - product(x, x, j, i)) < 1e-3) }
        }
        for user in 0..<4 as Range<Int32> {
            let expected = (0..<5).map { (i: Int) -> Float in
                (0..<5).reduce(Float(0)) { $0 + x[Int(user)][$1] * ridge.map.weights[$1 * 5 + i] }
            }
            for (a, b) in zip(ridge.scores(user: user), expected) { #expect(abs(a - b) < 1e-5) }
            for (a, b) in zip(ridge.scores(user: user, candidates: [3, 1]), [expected[3], expected[1]]) {
                #expect(abs(a - b) < 1e-5)
            }
        }
    }

    @Test func boostIsAddedWhereTheUserTouched() throws {
        let plain = try Self.fit("ease", ["regularization": 1, "behaviors": "all"])
        let boosted = try Self.fit("ease", ["regularization": 1, "behaviors": "all", "boost": ["cart": 2]])
        for user in 0..<4 as Range<Int32> {
            let (before, after) = (plain.scores(user: user), boosted.scores(user: user))
            for item in 0..<5 as Range<Int32> {
                #expect(abs(after[Int(item)] - before[Int(item)] - Self.rating(user, item, (0, 2, 0))) < 1e-5)
                #expect(abs(boosted.scores(user: user, candidates: [item])[0] - after[Int(item)]) < 1e-5)
            }
        }
        var artifact = Artifact()
        try boosted.save(to: &artifact)
        let loaded = try ModelSpec("ease", ["behaviors": "all", "boost": ["cart": 2]]).load(from: artifact)
        #expect(loaded.scores(user: 0) == boosted.scores(user: 0))
    }

    /// Two steps of the walk, worked out with dense sums: d counts r, W = (r_uj/d_j)(r_ui/d_u), and self.
    @Test func walksWeighEdgesByBehavior() throws {
        let model = try Self.fit(
            "rp3beta",
            ["alpha": 1, "beta": 0, "normalize": false, "returns": true, "behaviors": ["view": 1, "cart": 3]])
        func r(_ user: Int32, _ item: Int32) -> Float { Self.rating(user, item, (1, 3, 0)) }
        let (users, items) = (0..<4 as Range<Int32>, 0..<5 as Range<Int32>)
        let byUser = users.map { u in items.reduce(Float(0)) { $0 + r(u, $1) } }
        let byItem = items.map { i in users.reduce(Float(0)) { $0 + r($1, i) } }
        for user in users {
            let expected = items.map { (i: Int32) -> Float in
                var sum: Float = 0
                for j in items {
                    for v in users where r(v, j) > 0 {
                        sum += r(user, j) * (r(v, j) / byItem[Int(j)]) * (r(v, i) / byUser[Int(v)])
                    }
                }
                return sum
            }
            for (a, b) in zip(model.scores(user: user), expected) { #expect(abs(a - b) < 1e-5) }
        }
    }

    /// The fixed point of the last behavior holds, by dense sums in double precision.
    @Test(arguments: [(0.0, 0.9), (0.3, 0.2), (1.0, 0.0), (0.0, 1.0)])
    func cascadeReachesItsFixedPoint(_ alpha: Double, _ beta: Double) throws {
        let model = try Self.fit(
            "cascading-rank", ["alpha": .number(alpha), "beta": .number(beta), "tolerance": .number(1e-7)])
        let gamma = 1 - alpha - beta
        for user in 0..<4 {
            var (ranksU, ranksI) = ([Double](repeating: 0, count: 4), [Double](repeating: 0, count: 5))
            for (stage, pairs) in [Self.views, Self.carts, Self.buys].enumerated() {
                var edges = [[Double]](repeating: Array(repeating: 0, count: 5), count: 4)
                for (u, i) in pairs { edges[Int(u)][Int(i)] = 1 }
                let own: [Double] = edges[user]
                let du: [Double] = edges.map { $0.reduce(0, +) }
                let di: [Double] = (0..<5).map { i in edges.reduce(0) { $0 + $1[i] } }
                for (u, i) in pairs { edges[Int(u)][Int(i)] = 1 / (du[Int(u)] * di[Int(i)]).squareRoot() }
                let qU: [Double] = (0..<4).map { $0 == user ? 1 : 0 }
                let qI: [Double] = own.map { $0 / max(1, du[user]) }
                let (cU, cI) = stage == 0 ? (qU, qI) : (ranksU, ranksI)
                (ranksU, ranksI) = (qU, qI)
                for _ in 0..<300 {
                    var u = (0..<4).map { alpha * qU[$0] + beta * cU[$0] }
                    var i = (0..<5).map { alpha * qI[$0] + beta * cI[$0] }
                    for (a, b) in pairs {
                        let flow = gamma * edges[Int(a)][Int(b)]
                        u[Int(a)] += flow * ranksI[Int(b)]
                        i[Int(b)] += flow * ranksU[Int(a)]
                    }
                    (ranksU, ranksI) = (u, i)
                }
            }
            let scores = model.scores(user: Int32(user))
            for item in 0..<5 { #expect(abs(Double(scores[item]) - ranksI[item]) < 1e-5) }
        }
    }

    /// A loaded cascade has no table and computes what the fitted one looks up.
    @Test func loadedModelsScoreAlike() throws {
        let specs: [(String, ConfigValue)] =
            Self.kinds.map { ($0, ["behaviors": "all"]) } + [("touched", [:]), ("cascading-rank", [:])]
        for (kind, config) in specs {
            let model = try Self.fit(kind, config)
            var artifact = Artifact()
            try model.save(to: &artifact)
            let loaded = try ModelSpec(kind, config).load(from: artifact)
            for user in 0..<4 as Range<Int32> {
                #expect(loaded.scores(user: user) == model.scores(user: user), "\(kind)")
            }
        }
    }

    /// Named weights of 1 are `all`; the default is the target alone.
    @Test(arguments: kinds) func behaviorsAreChosenByName(_ kind: String) throws {
        let all = try Self.fit(kind, ["behaviors": "all"])
        let named = try Self.fit(kind, ["behaviors": ["cart", "view", "buy"]])
        let weighted = try Self.fit(kind, ["behaviors": ["cart": 1, "view": 1, "buy": 1]])
        let target = try Self.fit(kind, ["behaviors": "target"])
        let buy = try Self.fit(kind, ["behaviors": "buy"])
        for user in 0..<4 as Range<Int32> {
            #expect(all.scores(user: user) == named.scores(user: user))
            #expect(all.scores(user: user) == weighted.scores(user: user))
            #expect(target.scores(user: user) == buy.scores(user: user))
        }
        #expect(all.scores(user: 0) != target.scores(user: 0))
    }

    @Test(arguments: kinds) func unknownBehaviorsAreOneLine(_ kind: String) throws {
        let error = #expect(throws: ModelError.self) { try Self.fit(kind, ["behaviors": ["vew": 1]]) }
        #expect(
            error?.description == "\(kind): unknown behavior 'vew': did you mean 'view'? Valid are: buy, cart, view")
    }

    @Test func impossibleWeightsAreRefused() throws {
        #expect(throws: ConfigurationError(at: ["ease"], "ease: weights of behaviors must be positive")) {
            try ModelSpec("ease", ["behaviors": ["view": -1]])
        }
        #expect(throws: ConfigurationError(at: ["rp3beta"], "rp3beta: behaviors must not be empty")) {
            try ModelSpec("rp3beta", ["behaviors": []])
        }
        #expect(throws: ConfigurationError.self) { try ModelSpec("ease", ["behaviors": true]) }
        #expect(throws: ConfigurationError.self) { try ModelSpec("cascading-rank", ["alpha": 0.6, "beta": 0.6]) }
        #expect(throws: ModelError.self) { try Self.fit("cascading-rank", ["cascade": ["view", "pay"]]) }
        #expect(throws: ModelError.self) { try Self.fit("ease", ["boost": ["baskets": 1]]) }
    }
}
