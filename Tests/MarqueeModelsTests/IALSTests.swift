import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@Suite struct IALSTests {
    /// 70 users of 1 … 12 items among 40, so that runs of rows and their tails are both met.
    static let matrix: InteractionMatrix = {
        var random = RandomStream(seed: 11, "ials test")
        var log = InteractionLog(
            userVocabulary: Vocabulary((0..<70).map(String.init)), itemVocabulary: Vocabulary((0..<40).map(String.init))
        )
        for user in 0..<70 as Range<Int32> where user != 5 {
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                log.users.append(user)
                log.items.append(Int32.random(in: 0..<39, using: &random))
            }
        }
        return InteractionMatrix(log)
    }()

    static func config(_ solver: IALS.Solver, factors: Int = 5, steps: Int = 3) -> IALS.Config {
        var config = IALS.Config()
        config.solver = solver
        config.factors = factors
        config.steps = steps
        config.unobservedWeight = 0.2
        config.regularization = 0.05
        config.exponent = 0.5
        return config
    }

    /// The loss of the documentation, spelled out.
    static func loss(_ factors: FactorScorer, _ config: IALS.Config) -> Double {
        var loss = 0.0
        func norm(_ row: ArraySlice<Float>) -> Double { row.reduce(0) { $0 + Double($1 * $1) } }
        func ridge(_ count: Int, _ others: Int) -> Double {
            Double(config.regularization)
                * pow(Double(count) + Double(config.unobservedWeight ?? 0) * Double(others), Double(config.exponent))
        }
        let d = factors.rank
        let counts = matrix.columnCounts()
        for user in 0..<matrix.rowCount {
            let w = factors.userFactors[user * d..<(user + 1) * d]
            loss += ridge(matrix[Int32(user)].count, matrix.columnCount) * norm(w)
            for item in 0..<matrix.columnCount {
                let h = factors.itemFactors[item * d..<(item + 1) * d]
                let score = zip(w, h).reduce(0) { $0 + Double($1.0) * Double($1.1) }
                loss += Double(config.unobservedWeight ?? 0) * score * score
                if matrix.contains(Int32(user), Int32(item)) { loss += (score - 1) * (score - 1) }
            }
        }
        for item in 0..<matrix.columnCount {
            loss += ridge(counts[item], matrix.rowCount) * norm(factors.itemFactors[item * d..<(item + 1) * d])
        }
        return loss
    }

    @Test(arguments: IALS.Solver.allCases, [1, 5, 16, 33, 64, 130])
    func lossIsThatOfTheDocumentationAndFalls(_ solver: IALS.Solver, _ factors: Int) {
        let config = Self.config(solver, factors: factors)
        let descent = IALSDescent(config, Self.matrix, seed: 1)
        var last = descent.loss()
        for _ in 0..<4 {
            descent.iterate()
            let loss = descent.loss()
            #expect(abs(loss - Self.loss(descent.factors, config)) < 1e-4 * loss)
            #expect(loss < last * 1.0001)
            last = loss
        }
    }

    /// With as many steps as unknowns, conjugate gradients solve what Cholesky solves.
    @Test func solversAgree() {
        let exact = IALSDescent(Self.config(.cholesky), Self.matrix, seed: 1)
        let iterative = IALSDescent(Self.config(.conjugateGradient, steps: 12), Self.matrix, seed: 1)
        for _ in 0..<3 {
            exact.iterate()
            iterative.iterate()
        }
        for (a, b) in zip(exact.factors.userFactors, iterative.factors.userFactors) { #expect(abs(a - b) < 2e-3) }
        #expect(abs(exact.loss() - iterative.loss()) < 1e-4 * exact.loss())
    }

    /// After the users are solved exactly, no single user factor can be moved to lower the loss.
    @Test func itemsAreAtTheirMinimumAfterAnEpoch() {
        let config = Self.config(.cholesky)
        let descent = IALSDescent(config, Self.matrix, seed: 1)
        descent.iterate()
        let factors = descent.factors
        let least = Self.loss(factors, config)
        for place in stride(from: 0, to: factors.itemFactors.count, by: 7) {
            for change: Float in [-0.05, 0.05] {
                var moved = factors.itemFactors
                moved[place] += change
                let other = FactorScorer(rank: factors.rank, userFactors: factors.userFactors, itemFactors: moved)
                #expect(Self.loss(other, config) > least)
            }
        }
    }

    /// The factors of a history are where the function of the fit is least, the items' being fixed: no step lowers it.
    @Test func foldsInToTheMinimum() throws {
        let config = Self.config(.conjugateGradient)
        let descent = IALSDescent(config, Self.matrix, seed: 1)
        for _ in 0..<3 { descent.iterate() }
        let factors = descent.factors
        let model = IALS(config: config, factors: factors)
        for user in [0, 5, 17, 69] as [Int32] {
            let w = model.userFactors(of: Query(history: History(items: Self.matrix[user])))
            func loss(_ w: [Float]) -> Double {
                var users = factors.userFactors
                users.replaceSubrange(Int(user) * 5..<Int(user) * 5 + 5, with: w)
                return Self.loss(FactorScorer(rank: 5, userFactors: users, itemFactors: factors.itemFactors), config)
            }
            let least = loss(w)
            for k in w.indices {
                for change: Float in [-0.01, 0.01] {
                    var moved = w
                    moved[k] += change
                    #expect(loss(moved) > least)
                }
            }
        }
    }

    /// Trained to the end, a known user's factors are those that the history folds in to.
    @Test func foldsInToTheFactorsOfALongFit() throws {
        let data = RecommenderBehaviorTests.camps.data
        var config = Self.config(.cholesky)
        config.epochs = 200
        let model = try IALS.fit(config, to: data, in: FitContext())
        let histories = UserHistories(data.log)
        for user in 0..<Int32(data.userCount) {
            let asked = model.scores(Query(history: histories[user]))
            for (a, b) in zip(asked, model.scores(user: user)) { #expect(abs(a - b) < 1e-3) }
        }
    }

    @Test(arguments: IALS.Solver.allCases) func isTheSameForAnyWorkerCount(_ solver: IALS.Solver) {
        let results = [1, 2, 5].map { workers in
            let descent = IALSDescent(
                Self.config(solver, factors: 20), Self.matrix, seed: 3, pool: WorkerPool(workerCount: workers))
            descent.iterate()
            descent.iterate()
            return descent.factors
        }
        #expect(results[0] == results[1] && results[1] == results[2])
    }

    @Test func contributionsSumToTheScore() throws {
        let data = RecommenderBehaviorTests.camps.data
        // The items of the last epoch are fixed, so the users that they imply are the exact solution.
        var config = Self.config(.cholesky)
        config.epochs = 60
        let model = try IALS.fit(config, to: data, in: FitContext())
        let history = Array(data.interactions[3])
        let contributions = model.contributions(
            Query(history: History(items: history)), items: [0, 6], history: history)
        let scores = model.scores(user: 3, candidates: [0, 6])
        for (row, score) in zip(contributions, scores) { #expect(abs(row.reduce(0, +) - score) < 5e-3) }
    }

    @Test(arguments: [false, true]) func aKilledFitEndsWithTheSameNumbers(_ validated: Bool) throws {
        let (camps, missing) = RecommenderBehaviorTests.camps
        let validation = Validation(
            holdout: Holdout(pairs: missing.enumerated().map { (user: Int32($0), item: $1) }), candidates: .full,
            seen: camps.interactions, metric: Metric(.ndcg, at: 3))
        let data = TrainingSet(log: camps.log, validation: validated ? validation : nil)
        let spec = try ModelSpec("ials", ["factors": 6, "epochs": 9, "patience": 3])
        let whole = try spec.fit(to: data, in: FitContext(seed: 4))
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("ials-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        var short = IALS.Config()
        (short.factors, short.epochs, short.patience) = (6, 9, 3)
        let keep = Copies()
        _ = try IALS.fit(
            short, to: data,
            in: FitContext(seed: 4, checkpoint: Checkpoint(url: url), epochFinished: { _ in keep.take(url) }))
        #expect(keep.all.count >= 2)
        for copy in keep.all {
            try copy.write(to: url)
            let resumed = try spec.fit(to: data, in: FitContext(seed: 4, checkpoint: Checkpoint(url: url)))
            for user in 0..<Int32(data.userCount) { #expect(resumed.scores(user: user) == whole.scores(user: user)) }
        }
        // Another fit does not go on from it, and a damaged one is named.
        let other = try spec.fit(to: data, in: FitContext(seed: 5, checkpoint: Checkpoint(url: url)))
        #expect(try other.scores(user: 0) == spec.fit(to: data, in: FitContext(seed: 5)).scores(user: 0))
        try Data("half".utf8).write(to: url)
        #expect(throws: ModelError.self) {
            try spec.fit(to: data, in: FitContext(seed: 4, checkpoint: Checkpoint(url: url)))
        }
    }

    /// What the checkpoint held when each epoch ended: as a kill would find it.
    final class Copies: @unchecked Sendable {  // Unchecked: epochs end one after the other.
        private(set) var all: [Data] = []
        func take(_ url: URL) { if let data = try? Data(contentsOf: url) { all.append(data) } }
    }
}
