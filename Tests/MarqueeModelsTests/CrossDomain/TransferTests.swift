import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@testable import MarqueeModels

/// Models of several domains, on worlds whose truth is known.
@Suite struct TransferTests {
    static let pool = WorkerPool(workerCount: 2)

    /// Two domains of 24 items in three tastes of eight each. Every user has a taste in each domain, the same in both
    /// where `correlated`, else drawn for itself; he likes five items of it a domain. Of the last tenth of the users the
    /// second domain is not known.
    static func world(correlated: Bool, users: Int = 300, seed: UInt64 = 5) -> (data: TrainingSet, tastes: [Int]) {
        var stream = RandomStream(seed: seed, "world")
        var (log, tastes) = (InteractionLog(), [Int]())
        for user in 0..<users {
            let first = Int(stream.next() % 3)
            let second = correlated ? first : Int(stream.next() % 3)
            tastes.append(second)
            for (domain, taste) in [first, second].enumerated() where domain == 0 || user < users * 9 / 10 {
                var liked = (0..<Int32(8)).map { $0 }
                liked.shuffleFront(5, &stream)
                for item in liked.prefix(5) {
                    log.users.append(Int32(user))
                    log.items.append(Int32(domain * 24 + taste * 8) + item)
                }
            }
        }
        log.userVocabulary = Vocabulary((0..<users).map { "user \($0)" })
        log.itemVocabulary = Vocabulary((0..<48).map { "item \($0)" })
        let catalog = Catalog(items: (0..<48).map { .init(title: "\($0)", domain: $0 < 24 ? "book" : "music") })
        return (TrainingSet(log: log, catalog: catalog, domains: ItemDomains(catalog)), tastes)
    }

    /// The share of the eight items of a newcomer's taste in the second domain among their eight best there.
    static func precision(_ model: some Recommender, _ tastes: [Int]) -> Double {
        let newcomers = Int32(tastes.count * 9 / 10)..<Int32(tastes.count)
        var hits = 0
        for user in newcomers {
            let scores = model.scores(user: user, candidates: (24..<48).map { Int32($0) })
            let best = scores.indices.sorted { scores[$0] > scores[$1] }.prefix(8)
            hits += best.count { $0 / 8 == tastes[Int(user)] }
        }
        return Double(hits) / Double(8 * newcomers.count)
    }

    static func config(_ change: (inout HINTransfer.Config) -> Void = { _ in }) -> HINTransfer.Config {
        HINTransfer.Config {
            ($0.ridge, $0.neighbors, $0.factors, $0.hidden) = (20, 20, 0, 8)
            ($0.gateCost, $0.cold) = (0.05, 0.5)
            ($0.train.epochs, $0.train.batch, $0.train.negatives, $0.train.rate) = (6, 512, 15, 0.02)
            change(&$0)
        }
    }

    static func fit<Model: Recommender>(_ model: Model.Type, _ config: Model.Config, _ data: TrainingSet) throws
        -> Model
    {
        try Model.fit(config, to: data, in: FitContext(seed: 1, pool: pool))
    }

    @Test func opensTheGateWhereDomainsHaveToDoWithOneAnother() throws {
        let (data, tastes) = Self.world(correlated: true)
        let model = try Self.fit(HINTransfer.self, Self.config(), data)
        #expect(Self.precision(model, tastes) > 0.9)
        let gates = (0..<Int32(data.userCount)).map { model.gates(user: $0)[1] }
        let newcomers = gates.suffix(30).reduce(0, +) / 30
        // Above what it stays below where domains have nothing to do with one another.
        #expect(newcomers > 0.25, "\(newcomers)")
    }

    @Test func shutsItWhereTheyHaveNot() throws {
        let (open, _) = Self.world(correlated: true)
        let (data, _) = Self.world(correlated: false)
        func mean(_ data: TrainingSet) throws -> Float {
            let model = try Self.fit(HINTransfer.self, Self.config(), data)
            return (0..<Int32(data.userCount)).map { model.gates(user: $0)[1] }.suffix(30).reduce(0, +) / 30
        }
        let (shut, opened) = (try mean(data), try mean(open))
        #expect(shut < 0.25, "\(shut)")
        #expect(shut < opened / 2, "\(shut), \(opened)")
    }

    @Test func saysNothingOfNewcomersWithoutTransfer() throws {
        let (data, tastes) = Self.world(correlated: true)
        let model = try Self.fit(HINTransfer.self, Self.config { $0.transfer = false }, data)
        #expect(Self.precision(model, tastes) < 0.5)
        #expect(model.gates(user: 0) == [0, 0])
    }

    @Test func baselinesTransferToo() throws {
        let (data, tastes) = Self.world(correlated: true)
        #expect(Self.precision(try Self.fit(DomainRidge.self, .init { $0.regularization = 20 }, data), tastes) > 0.9)
        let emcdr = EMCDR.Config {
            $0.factors = 8
            ($0.train.epochs, $0.train.batch, $0.train.rate) = (60, 256, 0.02)
        }
        #expect(Self.precision(try Self.fit(EMCDR.self, emcdr, data), tastes) > 0.7)
        let alone = try Self.fit(SingleDomain.self, .init(), data)
        #expect(Self.precision(alone, tastes) < 0.5)
    }

    /// What the other domain holds changes nothing of a single domain's model.
    @Test func aSingleDomainIsTheModelFittedToItAlone() throws {
        let (data, _) = Self.world(correlated: true)
        let model = try Self.fit(SingleDomain.self, .init { $0.model = try? ModelSpec(EASE.self, .tiny) }, data)
        let rows = (0..<data.log.count).filter { data.log.items[$0] < 24 }
        var log = data.log.selecting(rows)
        log.itemVocabulary = Vocabulary((0..<24).map { "item \($0)" })
        let alone = try Self.fit(EASE.self, .tiny, TrainingSet(log: log))
        for user in [0, 17, 299] as [Int32] {
            let (a, b) = (model.scores(user: user, candidates: (0..<24).map { $0 }), alone.scores(user: user))
            #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    @Test func refusesAMetaPathThatNamesNothing() throws {
        let (data, _) = Self.world(correlated: true)
        let path = try MetaPath("user-item-director-item")
        let error = #expect(throws: ModelError.self) {
            try Self.fit(HINTransfer.self, Self.config { $0.metaPaths = [path] }, data)
        }
        #expect(
            error?.description
                == "hin-transfer: meta-path 'user-item-director-item': nothing links item to director; the data has "
                + "domain, item, user")
        let malformed = #expect(throws: ConfigurationError.self) { try MetaPath("item-user") }
        #expect(malformed?.description.contains("it leads from a user over others to items") == true)
        let spec = #expect(throws: ConfigurationError.self) {
            try ModelSpec("hin-transfer", ["meta-paths": ["user-item", "user-item-user-item"]])
        }
        #expect(spec?.description.contains("meta-path 'user-item'") == true)
    }

    @Test func refusesADomainInWhichNothingHappened() throws {
        let (data, _) = Self.world(correlated: true)
        let rows = (0..<data.log.count).filter { data.log.items[$0] < 24 }
        let empty = TrainingSet(log: data.log.selecting(rows), catalog: data.catalog, domains: data.domains)
        let error = #expect(throws: ModelError.self) { try Self.fit(HINTransfer.self, Self.config(), empty) }
        #expect(
            error?.description
                == "hin-transfer cannot learn from this data: nothing happened in domain 'music'; leave it out of the data"
        )
    }

    @Test func walksAlongFacts() throws {
        // Items 0, 1 have one director, 2 and 3 another; a user of 0 alone is led to 1.
        var graph = KnowledgeGraph(itemEntities: [0, 1, 2, 3])
        graph.entities = Vocabulary(["a", "b", "c", "d", "one", "two"])
        graph.relations = Vocabulary(["director"])
        (graph.heads, graph.predicates, graph.tails) = ([0, 1, 2, 3], [0, 0, 0, 0], [4, 4, 5, 5])
        var log = InteractionLog(users: [0, 1, 2], items: [0, 2, 3])
        log.userVocabulary = Vocabulary(["u", "v", "w"])
        log.itemVocabulary = Vocabulary(["a", "b", "c", "d"])
        let network = TypedNetwork(TrainingSet(log: log, knowledge: graph))
        let weights = try MetaPath("user-item-director-item").weights(network, neighbors: 10, pool: Self.pool)
        #expect(weights[0] == [1] && weights[1] == [0] && weights[2] == [3] && weights[3] == [2])
        #expect(abs(weights.value(0, 1) - 0.5) < 1e-6)
        let coOccurrence = try MetaPath("user-item-user-item").weights(network, neighbors: 10, pool: Self.pool)
        #expect(coOccurrence.entryCount == 0)
    }
}

/// Linear models that take a person out of themselves, against models fitted without them.
@Suite struct LeaveOutTests {
    static let data = TransferTests.world(correlated: true, users: 60).data

    @Test(arguments: [0, 7, 41] as [Int32]) func easeWithoutAPerson(_ user: Int32) throws {
        let matrix = Self.data.interactions
        let model = try LeaveOutEASE(matrix, regularization: 3, model: "test", pool: TransferTests.pool)
        let others = matrix.choosing { $0 == user ? [] : Array($1) }
        let without = try LeaveOutEASE(others, regularization: 3, model: "test", pool: TransferTests.pool)
        let history = Array(matrix[user])
        let hidden = history[2]
        let candidates = [hidden] + (0..<48).filter { !history.contains($0) }
        let scores = model.scores(history, of: candidates, hiding: hidden)
        let expected = without.scores(history.filter { $0 != hidden }, of: candidates, hiding: nil)
        for (a, b) in zip(scores, expected) { #expect(abs(a - b) < 2e-4) }
    }

    @Test func easeIsEASE() throws {
        let model = try LeaveOutEASE(Self.data.interactions, regularization: 3, model: "test", pool: TransferTests.pool)
        let ease = try TransferTests.fit(EASE.self, .init { $0.regularization = 3 }, Self.data)
        let (items, scores) = ((0..<48).map { Int32($0) }, ease.scores(user: 5))
        let own = model.scores(Array(Self.data.interactions[5]), of: items, hiding: nil)
        for (a, b) in zip(own, scores) { #expect(abs(a - b) < 1e-4) }
    }

    @Test(arguments: [0, 7, 41] as [Int32]) func ridgeWithoutAPerson(_ user: Int32) throws {
        let views = DomainView.all(of: Self.data)
        let (source, target) = (
            Self.data.interactions.without(views[1]), views[1].restricted(Self.data.interactions)
        )
        func gram(_ target: InteractionMatrix) throws -> UserGram {
            try UserGram(from: source, to: target, regularization: 2, model: "test", pool: TransferTests.pool)
        }
        let whole = try gram(target)
        let without = try gram(target.choosing { $0 == user ? [] : Array($1) })
        let scores = whole.scores(whole.weights(of: source[user], as: user))
        let expected = without.scores(without.weights(of: source[user]))
        for (a, b) in zip(scores, expected) { #expect(abs(a - b) < 2e-4) }
    }
}
