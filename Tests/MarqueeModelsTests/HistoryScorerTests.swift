import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@testable import MarqueeModels

/// What every model must do that answers from a history: it joins by its line in the registry.
@Suite struct HistoryScorerTests {
    static let specs = ModelRegistry.kinds.compactMap { try? ModelSpec.tiny($0) }.filter {
        (try? $0.scoresHistories) == true
    }
    static let kinds = specs.map(\.kind)

    /// Models of people beside people: somebody who does what a known user does is one user more, who meets that user.
    static let ofPeople: Set = ["user-knn", "cascading-rank", "mbh-walk"]

    /// 24 users who view and buy, in time order, some things more than once; models learn of all behaviors where they can.
    static let shop: TrainingSet = {
        var random = RandomStream(seed: 5, "shop")
        var log = InteractionLog(
            userVocabulary: Vocabulary((0..<24).map { "user \($0)" }),
            itemVocabulary: Vocabulary((0..<14).map { "item \($0)" }), behaviorNames: ["view", "cart", "buy"], target: 2
        )
        for row in 0..<420 {
            let user = Int32.random(in: 0..<24, using: &random)
            // Items of a user's own half are likelier.
            let half = Int32.random(in: 0..<4, using: &random) == 0 ? 1 - user % 2 : user % 2
            log.users.append(user)
            log.items.append(half * 7 + Int32.random(in: 0..<7, using: &random))
            log.behaviors.append([0, 0, 0, 1, 2][Int.random(in: 0..<5, using: &random)])
            log.timestamps.append(Int64(row))
        }
        return TrainingSet(
            log: log,
            catalog: Catalog(items: (0..<14).map { .init(title: "Title \($0)", genres: [$0 < 7 ? "War" : "Musical"]) }))
    }()

    static func spec(_ kind: String) throws -> ModelSpec {
        let spec = try ModelSpec.tiny(kind)
        guard case .mapping(var config) = spec.config, config["behaviors"] != nil else { return spec }
        config["behaviors"] = "all"
        return try ModelSpec(kind, .mapping(config))
    }

    static func fit(_ kind: String, to data: TrainingSet = shop) throws -> any Recommender {
        try spec(kind).fit(to: data, in: FitContext(seed: 2, pool: WorkerPool(workerCount: 1)))
    }

    static func expectClose(_ a: [Float], _ b: [Float], _ what: String, _ tolerance: Float = 1e-5) {
        #expect(a.count == b.count)
        let scale = max(1e-3, b.reduce(0) { max($0, abs($1)) })
        for (x, y) in zip(a, b) { #expect(abs(x - y) <= tolerance * scale, "\(what): \(x) and \(y)") }
    }

    @Test(arguments: ModelRegistry.kinds) func isDeclaredBeforeTheFit(_ kind: String) throws {
        let spec = try ModelSpec.tiny(kind)
        let model = try spec.fit(to: RecommenderBehaviorTests.camps.data)
        #expect(try (model.historyScorer != nil) == spec.scoresHistories)
    }

    @Test func someOfTheirTypeCannot() throws {
        #expect(try !ModelSpec("hybrid", ["models": ["ease", "ncf"]]).scoresHistories)
        #expect(try !ModelSpec("mf", ["train": ["loss": "bpr"]]).scoresHistories)
        let config: ConfigValue = ["factors": 4, "train": ["epochs": 1, "batch": 32, "loss": "bpr"]]
        #expect(try ModelSpec("mf", config).fit(to: Self.shop).historyScorer == nil)
    }

    /// A known user with the history of the fit: the same scores either way, where the mathematics is the same.
    @Test(arguments: kinds) func aKnownUserIsAskedEitherWay(_ kind: String) throws {
        let model = try Self.fit(kind)
        let scorer = try #require(model.historyScorer)
        if scorer is any FoldIn { return }  // Solves anew: see the tests of their files.
        let histories = UserHistories(Self.shop.log)
        for user in 0..<Int32(Self.shop.userCount) {
            let asked = scorer.scores(Query(user: user, history: histories[user]))
            Self.expectClose(asked, model.scores(user: user), "\(kind), user \(user)")
        }
    }

    @Test(arguments: kinds) func somebodyUnknownWithAKnownHistoryGetsTheSame(_ kind: String) throws {
        let scorer = try #require(Self.fit(kind).historyScorer)
        let histories = UserHistories(Self.shop.log)
        for user in 0..<Int32(Self.shop.userCount) where !Self.ofPeople.contains(kind) {
            let known = scorer.scores(Query(user: user, history: histories[user]))
            #expect(scorer.scores(Query(history: histories[user])) == known)
        }
        // Of two camps everybody is told what the camp has and they lack, models of people included.
        let (camps, missing) = RecommenderBehaviorTests.camps
        guard RecommenderBehaviorTests.personal.contains(kind) else { return }
        let campScorer = try #require(try ModelSpec.tiny(kind).fit(to: camps).historyScorer)
        let campHistories = UserHistories(camps.log)
        for user in 0..<Int32(camps.userCount) {
            let scores = campScorer.scores(Query(history: campHistories[user]))
            let unseen = scores.indices.filter { !camps.interactions.contains(user, Int32($0)) }
            #expect(unseen.max { scores[$0] < scores[$1] } == Int(missing[Int(user)]), "\(kind), \(user): \(scores)")
        }
    }

    /// What somebody did a second ago counts, whether they are known or not; popularity alone asks nobody.
    @Test(arguments: kinds) func anAddedEventChangesTheScores(_ kind: String) throws {
        let scorer = try #require(Self.fit(kind).historyScorer)
        let histories = UserHistories(Self.shop.log)
        for user in [0, 7] as [Int32] {
            let history = histories[user]
            let item = try #require((0..<14 as Range<Int32>).first { !history.items.contains($0) })
            let time = (history.last?.time ?? 0) + 1
            let events = [0, 1, 2].map { History.Event(item: item, behavior: $0, time: time) }
            let longer = History(Array(history) + events)
            for known in [user, nil] {
                let (before, after) = (
                    scorer.scores(Query(user: known, history: history)),
                    scorer.scores(Query(user: known, history: longer))
                )
                #expect((before != after) == (kind != "popularity"))
                #expect(after.allSatisfy { $0.isFinite })
            }
        }
        #expect(scorer.scores(Query()).allSatisfy { $0.isFinite })
    }

    @Test(arguments: kinds) func whatIsLoadedAnswersTheSame(_ kind: String) throws {
        let model = try Self.fit(kind)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try SavedModel(model: model, data: Self.shop).write(to: folder)
        let saved = try SavedModel(contentsOf: folder)
        let (before, after) = (try #require(model.historyScorer), try #require(saved.model.historyScorer))
        for user in 0..<Int32(Self.shop.userCount) {
            let query = saved.query(user: saved.users[user])
            #expect(query.user == user && query.history == UserHistories(Self.shop.log)[user])
            #expect(after.scores(query) == before.scores(query))
        }
    }

    @Test(arguments: kinds) func queriesTogetherAndAloneAgree(_ kind: String) throws {
        let scorer = try #require(Self.fit(kind).historyScorer)
        let histories = UserHistories(Self.shop.log)
        let queries = [
            Query(user: 3, history: histories[3]), Query(), Query(history: histories[8]),
            Query(user: 3, history: histories[8]),
        ]
        var block = [Float](repeating: .nan, count: queries.count * 5)
        var span = block.mutableSpan
        scorer.score(queries, items: 4..<9, into: &span)
        for (k, query) in queries.enumerated() {
            let whole = scorer.scores(query)
            Self.expectClose(Array(block[k * 5..<(k + 1) * 5]), Array(whole[4..<9]), "\(kind), block")
            var some = query
            some.candidates = [8, 0, 13]
            Self.expectClose(scorer.scores(some), [whole[8], whole[0], whole[13]], "\(kind), candidates")
        }
    }

    /// Files from before models kept what behaviors count: of one behavior, and they answer the same.
    @Test(arguments: kinds) func olderFilesAnswerOfOneBehavior(_ kind: String) throws {
        let camps = RecommenderBehaviorTests.camps.data
        let spec = try ModelSpec.tiny(kind)
        let model = try spec.fit(to: camps)
        var artifact = Artifact()
        try model.save(to: &artifact)
        let new = ["behavior-weights", "levels", "stages", "target.count", "history-behaviors"]
        for name in artifact.tensors.keys where kind != "mbh-walk" || name != "target.count" {
            if new.contains(where: { name == $0 || name.hasSuffix(".\($0)") }) { artifact.tensors[name] = nil }
        }
        let older = try spec.load(from: artifact)
        let histories = UserHistories(camps.log)
        for user in 0..<Int32(camps.userCount) {
            let query = Query(user: user, history: histories[user])
            #expect(older.historyScorer?.scores(query) == model.historyScorer?.scores(query))
        }
    }

    /// The row of a history is the row of the fit, to the last bit, repeated events and the order of behaviors included.
    @Test(
        arguments: [
            .target, .all, .named(["buy", "view"]), .weighted(["view": 0.1, "cart": 0.3, "buy": 0.7]),
            .weighted(["buy": 1.3]),
        ] as [BehaviorWeights])
    func rowsAreThoseOfTheFit(_ behaviors: BehaviorWeights) throws {
        let weights = try Self.shop.historyWeights(behaviors, for: "test")
        let histories = UserHistories(Self.shop.log)
        let rows = weights.rows(of: (0..<Int32(Self.shop.userCount)).map { histories[$0] }, itemCount: 14)
        #expect(rows == Self.shop.matrix(of: weights) && rows.entryCount > 0)
        var sums: [Float] = []
        for user in 0..<Int32(24) {
            for item in rows[user] {
                let own = (0..<3).filter { Self.shop.behaviors[$0].contains(user, item) }
                sums.append(own.reduce(0) { $0 + weights.weights[$1] })
            }
        }
        #expect(rows.values == sums)
    }

    /// With cosines, which know no statistics of the whole, somebody unknown gets what a fit with them would give them.
    @Test func userKNNAnswersAsIfFittedWithThem() throws {
        let log = Self.shop.log.selecting((0..<Self.shop.log.count).filter { Self.shop.log.users[$0] != 23 })
        let spec = try ModelSpec("user-knn", ["neighbors": 5, "behaviors": "all", "shrinkage": 0.5])
        let (without, with) = (try spec.fit(to: TrainingSet(log: log)), try spec.fit(to: Self.shop))
        let scorer = try #require(without.historyScorer)
        Self.expectClose(
            scorer.scores(Query(history: UserHistories(Self.shop.log)[23])), with.scores(user: 23), "user-knn")
    }

    @Test(arguments: ["target", "all"] as [ConfigValue], [false, true])
    func userKNNKnowsItself(_ behaviors: ConfigValue, _ returns: Bool) throws {
        for similarity in ["cosine", "tf-idf", "bm25"] as [ConfigValue] {
            let spec = try ModelSpec(
                "user-knn",
                ["neighbors": 3, "behaviors": behaviors, "returns": .bool(returns), "similarity": similarity])
            let model = try spec.fit(to: Self.shop)
            let histories = UserHistories(Self.shop.log)
            for user in 0..<Int32(24) {
                let asked = try #require(model.historyScorer).scores(Query(user: user, history: histories[user]))
                Self.expectClose(asked, model.scores(user: user), "user-knn \(spec.config)")
            }
        }
    }

    @Test func boostAndTiersFollowTheHistory() throws {
        let boosted = try ModelSpec(
            "ease", ["regularization": 5, "behaviors": "all", "boost": ["cart": 2, "view": 0.25]]
        ).fit(to: Self.shop)
        let (touched, histories) = (try Self.fit("touched"), UserHistories(Self.shop.log))
        for model in [boosted, touched] {
            let scorer = try #require(model.historyScorer)
            for user in 0..<Int32(24) {
                let asked = scorer.scores(Query(history: histories[user]))
                Self.expectClose(asked, model.scores(user: user), "boost and tiers")
            }
        }
        // In the cart: two more, all else being equal.
        let scorer = try #require(boosted.historyScorer)
        let cart = History([History.Event(item: 6, behavior: 1)])
        let view = History([History.Event(item: 6, behavior: 0)])
        let (inCart, seen) = (scorer.scores(Query(history: cart)), scorer.scores(Query(history: view)))
        #expect(abs(inCart[6] - seen[6] - 1.75) < 1e-5 && inCart[5] == seen[5])
    }

    @Test func explanationsSumToTheScore() throws {
        for kind in ["ease", "item-knn", "rp3beta", "ials"] {
            let model = try #require(try Self.fit(kind) as? any Explaining)
            let history = UserHistories(Self.shop.log)[4]
            let query = Query(history: history)
            let own = Set(history.items).sorted()
            // What nobody bought says nothing to a model of the target.
            let target = Set(history.filter { $0.behavior == 2 }.map(\.item)).sorted()
            let parts = model.contributions(query, items: [1, 9], history: kind == "ials" ? target : own)
            let scores = model.scores(query)
            for (row, item) in zip(parts, [1, 9]) {
                #expect(abs(row.reduce(0, +) - scores[item]) < 1e-4 * max(1, abs(scores[item])), "\(kind)")
            }
        }
    }
}

@Suite("Queries to a saved model")
struct SavedModelQueryTests {
    let saved: SavedModel

    init() throws {
        saved = SavedModel(model: try HistoryScorerTests.fit("ease"), data: HistoryScorerTests.shop)
    }

    @Test func newerEventsFollowTheTraining() throws {
        let training = saved.query(user: "user 3")
        #expect(training.user == 3)
        #expect(training.excluded == Array(saved.history[3]))
        let events = saved.events(items: ["item 2", "unheard of", "item 2"])
        #expect(events.map(\.item) == [2, 2] && events.allSatisfy { $0.behavior == 2 })
        let newer = saved.query(user: "user 3", adding: events)
        #expect(Array(newer.history.prefix(training.history.count)) == Array(training.history))
        #expect(newer.history.suffix(2).map(\.item) == [2, 2])
        #expect(newer.excluded == Set(training.excluded + [2]).sorted())
    }

    @Test func somebodyUnknownHasWhatIsAdded() {
        let query = saved.query(user: "nobody", adding: saved.events(items: ["item 5"]))
        #expect(query.user == nil && query.history.map(\.item) == [5] && query.excluded == [5])
        #expect(saved.query().history.isEmpty)
    }
}
