import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import MarqueeTensor
import Testing

/// What every model must do, whatever it is: it joins by its line in the registry, without change here.
@Suite struct RecommenderBehaviorTests {
    /// Popularity recommends the same to all by design, and so does what was touched where there is one behavior. Models
    /// of ratings learn nothing where all are alike; `RatingPredictionTests` has what they must do.
    static let personal = ModelRegistry.models.filter {
        $0.kind != "popularity" && $0.kind != "touched" && !($0 is any RatingPredictor.Type)
    }.map { $0.kind }

    /// Two camps that share no item: even users like items 0..<5, odd ones 5..<10, each lacking one of
    /// its camp's, which is plainly what it wants next: it went round the camp and is one short of where it began.
    static let camps: (data: TrainingSet, missing: [Int32]) = {
        var pairs: [(Int32, Int32)] = []
        var missing: [Int32] = []
        for user in 0..<20 as Range<Int32> {
            let camp = (user % 2) * 5
            let lacking = camp + (user / 2) % 5
            missing.append(lacking)
            for step in 1..<5 as Range<Int32> { pairs.append((user, camp + (user / 2 + step) % 5)) }
        }
        return (trainingSet(pairs, users: 20, items: 10, genres: { $0 < 5 ? "War" : "Musical" }), missing)
    }()

    static func trainingSet(
        _ pairs: [(Int32, Int32)], users: Int, items: Int, genres: (Int) -> String = { _ in "Drama" },
        validation: Validation? = nil
    ) -> TrainingSet {
        let log = InteractionLog(
            users: pairs.map(\.0), items: pairs.map(\.1), timestamps: pairs.indices.map { Int64($0) },
            userVocabulary: Vocabulary((0..<users).map { "user \($0)" }),
            itemVocabulary: Vocabulary((0..<items).map { "item \($0)" }))
        return TrainingSet(
            log: log, catalog: Catalog(items: (0..<items).map { .init(title: "Title \($0)", genres: [genres($0)]) }),
            validation: validation)
    }

    static func fit(_ kind: String, to data: TrainingSet, seed: UInt64 = 1, workers: Int = 1) throws -> any Recommender
    {
        try ModelSpec.tiny(kind).fit(to: data, in: FitContext(seed: seed, pool: WorkerPool(workerCount: workers)))
    }

    @Test(arguments: personal) func learnsTheObvious(_ kind: String) throws {
        let (data, missing) = Self.camps
        let model = try Self.fit(kind, to: data)
        for user in 0..<Int32(data.userCount) {
            let best = Self.bestUnseen(model, user, data)
            #expect(best == Int(missing[Int(user)]), "\(kind), user \(user): \(model.scores(user: user))")
        }
    }

    @Test(arguments: ModelRegistry.kinds) func savesAndLoadsToEqualScores(_ kind: String) throws {
        let data = Self.camps.data
        let model = try Self.fit(kind, to: data)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let saved = SavedModel(model: model, data: data, training: TrainingRecord(data: "camps", seed: 7))
        try saved.write(to: folder)
        let loaded = try SavedModel(contentsOf: folder)
        #expect(type(of: loaded.model).kind == kind)
        #expect(loaded.users == data.log.userVocabulary && loaded.items == data.log.itemVocabulary)
        #expect(loaded.catalog == data.catalog && loaded.history == data.interactions)
        #expect(loaded.training == saved.training)
        let everyone = (0..<Int32(data.userCount)).map { $0 }
        #expect(Self.block(loaded.model, everyone) == Self.block(model, everyone))
        for user in everyone {
            #expect(
                loaded.model.scores(user: user, candidates: [9, 0, 3])
                    == model.scores(user: user, candidates: [9, 0, 3]))
        }
    }

    @Test(arguments: ModelRegistry.kinds) func givesTheSameForTheSameSeed(_ kind: String) throws {
        let data = Self.camps.data
        let first = try Self.fit(kind, to: data, seed: 3, workers: 2)
        let second = try Self.fit(kind, to: data, seed: 3, workers: 2)
        for user in 0..<Int32(data.userCount) { #expect(first.scores(user: user) == second.scores(user: user)) }
    }

    @Test(arguments: ModelRegistry.kinds) func scoresAPairTheSameHoweverItIsAsked(_ kind: String) throws {
        let data = Self.camps.data
        let model = try Self.fit(kind, to: data)
        let users: [Int32] = [4, 0, 19]
        let block = Self.block(model, users)
        var part = [Float](repeating: .nan, count: users.count * 4)
        var span = part.mutableSpan
        model.score(users: users, items: 3..<7, into: &span)
        for (k, user) in users.enumerated() {
            let candidates: [Int32] = [6, 3, 5, 4]
            let single = model.scores(user: user, candidates: candidates)
            for (j, item) in candidates.enumerated() {
                let expected = block[k * model.itemCount + Int(item)]
                let tolerance = 1e-5 * max(1, abs(expected))
                #expect(abs(single[j] - expected) <= tolerance)
                #expect(abs(part[k * 4 + Int(item) - 3] - expected) <= tolerance)
            }
        }
    }

    /// Users without history, items that nobody touched, a log of one user: finite scores, no trap.
    @Test(arguments: ModelRegistry.kinds) func survivesThinData(_ kind: String) throws {
        let thin: [TrainingSet] = [
            Self.trainingSet([(0, 0), (0, 2), (2, 2), (2, 0), (2, 3)], users: 4, items: 6),
            Self.trainingSet([(0, 1), (0, 3), (0, 2)], users: 1, items: 4),
            Self.trainingSet([(0, 0)], users: 1, items: 1),
            Self.trainingSet([(1, 1), (0, 0)], users: 2, items: 2),
        ]
        for data in thin {
            let model = try Self.fit(kind, to: data)
            #expect(model.userCount == data.userCount && model.itemCount == data.itemCount)
            for user in 0..<Int32(data.userCount) {
                #expect(model.scores(user: user).allSatisfy { $0.isFinite }, "\(kind): \(model.scores(user: user))")
            }
        }
    }

    /// Without a catalog models still learn the obvious; content alone then knows nothing of anything.
    @Test(arguments: personal) func knowsNothingOfACatalogAndStillFits(_ kind: String) throws {
        let (data, missing) = Self.camps
        let model = try Self.fit(kind, to: TrainingSet(log: data.log))
        if model is ContentBased {
            #expect(model.scores(user: 0).allSatisfy { $0 == 0 })
        } else {
            #expect(Self.bestUnseen(model, 0, data) == Int(missing[0]), "\(kind): \(model.scores(user: 0))")
        }
    }

    /// Validation that asks for the obvious leaves a model that knows it.
    @Test(arguments: personal) func fitsWithValidation(_ kind: String) throws {
        let (data, missing) = Self.camps
        let validation = Validation(
            holdout: Holdout(pairs: missing.enumerated().map { (user: Int32($0), item: $1) }), candidates: .full,
            seen: data.interactions, metric: Metric(.ndcg, at: 3))
        let model = try Self.fit(
            kind, to: TrainingSet(log: data.log, catalog: data.catalog, validation: validation))
        #expect(Self.bestUnseen(model, 0, data) == Int(missing[0]), "\(kind): \(model.scores(user: 0))")
        #expect(try validation.evaluate(model) > 0.6)
    }

    /// An artifact that lacks a tensor, or has one of another shape, is refused with an error, not a trap; but for
    /// those that may be absent, since older files lack them or what they hold is the usual.
    @Test(arguments: ModelRegistry.kinds) func refusesADamagedArtifact(_ kind: String) throws {
        let spec = try ModelSpec.tiny(kind)
        let model = try Self.fit(kind, to: Self.camps.data)
        var artifact = Artifact()
        try model.save(to: &artifact)
        for name in artifact.tensors.keys {
            var damaged = artifact
            damaged.tensors[name] = nil
            if Self.optional.contains(where: { name == $0 || name.hasSuffix(".\($0)") })
                && !(kind == "mbh-walk" && name == "target.count")
            {
                let loaded = try spec.load(from: damaged)
                #expect(loaded.scores(user: 0).allSatisfy { $0.isFinite }, "\(kind) without \(name)")
            } else {
                #expect(throws: ModelError.self, "\(kind) without \(name)") { try spec.load(from: damaged) }
            }
            damaged.tensors[name] = .init([1, 2, 3] as [Int32])
            #expect(throws: (any Error).self, "\(kind): \(name)") { try spec.load(from: damaged) }
        }
    }

    /// Values that are all 1, a bias, times that data may lack, and what files from before models kept behaviors lack.
    static let optional = [
        "values", "items.bias", "behavior-weights", "levels", "stages", "target.count", "history-behaviors",
        "sequences.times",
    ]

    static func bestUnseen(_ model: some Recommender, _ user: Int32, _ data: TrainingSet) -> Int? {
        let scores = model.scores(user: user)
        let unseen = scores.indices.filter { !data.interactions.contains(user, Int32($0)) }
        return unseen.max { scores[$0] < scores[$1] }
    }

    static func block(_ model: any Recommender, _ users: [Int32]) -> [Float] {
        var scores = [Float](repeating: .nan, count: users.count * model.itemCount)
        var span = scores.mutableSpan
        model.score(users: users, items: 0..<model.itemCount, into: &span)
        return scores
    }
}
