import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import MarqueeTensor
import Testing

/// What every model must do, whatever it is: it joins by its line in the registry, without change here.
@Suite struct RecommenderBehaviorTests {
    /// A small configuration of a kind, for data of a dozen users; models that need none have none.
    static func spec(_ kind: String) throws -> ModelSpec {
        switch kind {
        case "ials": try ModelSpec(kind, ["factors": 8, "epochs": 12, "regularization": 0.01])
        case "ease", "ridge": try ModelSpec(kind, ["regularization": 2])
        case "user-knn", "item-knn": try ModelSpec(kind, ["neighbors": 4])
        case "mf": try ModelSpec(kind, ["train": training])
        case "ncf": try ModelSpec(kind, ["embedding": 4, "train": brief])
        case "gmf": try ModelSpec(kind, ["deviation": 0.1, "train": training])
        // Too narrow to learn by heart which of its camp's items a user lacks.
        case "mlp": try ModelSpec(kind, ["layers": [8, 16], "deviation": 0.5, "train": brief])
        case "neumf":
            try ModelSpec(
                kind,
                ["layers": [8, 16], "deviation": 0.5, "train": ["epochs": 5, "batch": 32], "pretraining": brief])
        case "lightgcn": try ModelSpec(kind, ["factors": 16, "layers": 1, "train": training])
        case "ngcf": try ModelSpec(kind, ["factors": 16, "layers": [16], "train": training])
        case "combigcn": try ModelSpec(kind, ["factors": 16, "layers": 1, "train": training])
        case "compgcn": try ModelSpec(kind, ["factors": 16, "dropout": 0, "train": training])
        case "tag", "inflect-dgnn": try ModelSpec(kind, ["factors": 16, "dropout": 0, "train": training])
        case "trusttf": try ModelSpec(kind, ["factors": 16, "periods": 1, "train": training])
        case "mbh-gnn":
            try ModelSpec(
                kind, ["factors": 16, "layers": 1, "hops": 1, "dropout": 0, "deviation": 0.3, "train": training])
        case "mbh-walk":
            try ModelSpec(
                kind,
                [
                    "layers": [8], "patterns": 8,
                    "train": ["epochs": 30, "batch": 64, "negatives": 3, "rate": 0.01, "loss": "softmax"],
                ])
        case "hybrid": try ModelSpec(kind, ["models": [["ease": ["regularization": 2]], "content", "popularity"]])
        default: try ModelSpec(kind)
        }
    }

    /// Long and quick enough for twenty users.
    static let training: ConfigValue = ["epochs": 60, "batch": 32, "rate": 0.01]

    static let brief: ConfigValue = ["epochs": 30, "batch": 32, "rate": 0.01]

    /// Popularity recommends the same to all by design, and so does what was touched where there is one behavior.
    static let personal = ModelRegistry.kinds.filter { $0 != "popularity" && $0 != "touched" }

    /// Two camps that share no item: even users like items 0..<5, odd ones 5..<10, each lacking one of
    /// its camp's, which is plainly what it wants next.
    static let camps: (data: TrainingSet, missing: [Int32]) = {
        var pairs: [(Int32, Int32)] = []
        var missing: [Int32] = []
        for user in 0..<20 as Range<Int32> {
            let camp = (user % 2) * 5
            let lacking = camp + (user / 2) % 5
            missing.append(lacking)
            for item in camp..<camp + 5 where item != lacking { pairs.append((user, item)) }
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
        try spec(kind).fit(to: data, in: FitContext(seed: seed, pool: WorkerPool(workerCount: workers)))
    }

    @Test(arguments: personal) func learnsTheObvious(_ kind: String) throws {
        let (data, missing) = Self.camps
        let model = try Self.fit(kind, to: data)
        for user in 0..<Int32(data.userCount) {
            let scores = model.scores(user: user)
            let unseen = scores.indices.filter { !data.interactions.contains(user, Int32($0)) }
            let best = unseen.max { scores[$0] < scores[$1] }
            #expect(best == Int(missing[Int(user)]), "\(kind), user \(user): \(scores)")
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

    @Test(arguments: ModelRegistry.kinds) func knowsNothingOfACatalogAndStillFits(_ kind: String) throws {
        let data = TrainingSet(log: Self.camps.data.log)
        let model = try Self.fit(kind, to: data)
        #expect(model.scores(user: 0).allSatisfy { $0.isFinite })
    }

    @Test(arguments: ModelRegistry.kinds) func fitsWithValidation(_ kind: String) throws {
        let (data, missing) = Self.camps
        let validation = Validation(
            holdout: Holdout(pairs: missing.enumerated().map { (user: Int32($0), item: $1) }), candidates: .full,
            seen: data.interactions, metric: Metric(.ndcg, at: 3))
        let model = try Self.fit(
            kind, to: TrainingSet(log: data.log, catalog: data.catalog, validation: validation))
        #expect(model.scores(user: 0).allSatisfy { $0.isFinite })
    }

    /// An artifact that lacks a tensor, or has one of another shape, is refused with an error, not a trap.
    @Test(arguments: ModelRegistry.kinds) func refusesADamagedArtifact(_ kind: String) throws {
        let data = Self.camps.data
        let model = try Self.fit(kind, to: data)
        var artifact = Artifact()
        try model.save(to: &artifact)
        for name in artifact.tensors.keys {
            var damaged = artifact
            damaged.tensors[name] = nil
            // A tensor that may be absent (values that are all 1, a bias) leaves a model that scores.
            if let loaded = try? Self.spec(kind).load(from: damaged) { _ = loaded.scores(user: 0) }
            damaged.tensors[name] = .init([1, 2, 3] as [Int32])
            #expect(throws: (any Error).self, "\(kind): \(name)") { try Self.spec(kind).load(from: damaged) }
        }
    }

    static func block(_ model: any Recommender, _ users: [Int32]) -> [Float] {
        var scores = [Float](repeating: .nan, count: users.count * model.itemCount)
        var span = scores.mutableSpan
        model.score(users: users, items: 0..<model.itemCount, into: &span)
        return scores
    }
}
