import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@Suite struct EvaluatorTests {
    static let metrics = TargetRankingTests.metrics

    // MARK: Against numpy and scipy

    @Test func fullRankingAgreesWithTheReference() throws {
        let reference = try Reference.load().full
        let metrics = try reference.values.keys.sorted().map { try Metric($0) }
        let evaluator = try Evaluator(
            holdout: Holdout(rows: reference.targets), candidates: .full,
            seen: InteractionMatrix(rows: reference.seen, columnCount: reference.items), metrics: metrics)
        let result = try evaluator.evaluate(TableScorer(rows: reference.scores))
        try expect(result, agreesWith: reference.values)
    }

    @Test func sampledRankingWithTiesAgreesWithTheReference() throws {
        let reference = try Reference.load().tied
        let metrics = try reference.values.keys.sorted().map { try Metric($0) }
        let evaluator = try Evaluator(
            holdout: Holdout(rows: reference.targets),
            candidates: .sampled(FrozenNegatives(name: "reference", rows: reference.negatives)),
            seen: InteractionMatrix(rows: reference.targets, columnCount: reference.items), metrics: metrics)
        let result = try evaluator.evaluate(TableScorer(rows: reference.scores))
        try expect(result, agreesWith: reference.values)
        #expect(result.protocol.targetsAmongNegatives == reference.targetsAmongNegatives)
        #expect(result.protocol.repeatedNegatives == reference.repeatedNegatives)
    }

    private func expect(_ result: EvaluationResult, agreesWith values: [String: [Double]]) throws {
        #expect(!values.isEmpty)
        for (name, expected) in values {
            let found = try #require(result[perUser: Metric(name)])
            #expect(found.count == expected.count)
            for (user, pair) in zip(found, expected).enumerated() {
                #expect(abs(pair.0 - pair.1) < 1e-12, "\(name) of user \(user)")
            }
        }
    }

    // MARK: Properties

    @Test(arguments: 1..<6)
    func fullEqualsSampledWithAllUnseen(seed: Int) throws {
        let (users, items) = (40, 60)
        let scorer = TableScorer.random(users: users, items: items, levels: 12, seed: UInt64(seed))
        let seen = InteractionMatrix.random(rows: users, columns: items, density: 0.2, seed: UInt64(seed))
        let holdout = Holdout.random(users: users, items: items, targets: 1 + seed % 3, seed: UInt64(seed))
        let unseen = holdout.users.indices.map { k in
            (0..<Int32(items)).filter { !seen.contains(holdout.users[k], $0) && !holdout[k].contains($0) }
        }
        let full = try Evaluator(holdout: holdout, candidates: .full, seen: seen, metrics: Self.metrics)
            .evaluate(scorer)
        let sampled = try Evaluator(
            holdout: holdout, candidates: .sampled(FrozenNegatives(name: "all unseen", rows: unseen)), seen: seen,
            metrics: Self.metrics
        ).evaluate(scorer)
        #expect(full.values == sampled.values)
        #expect(full.protocol != sampled.protocol)
    }

    @Test(arguments: [1, 2, 3, 5])
    func workersDoNotMatter(workers: Int) throws {
        let (users, items) = (700, 50)
        let scorer = TableScorer.random(users: users, items: items, levels: 20, seed: 3)
        let seen = InteractionMatrix.random(rows: users, columns: items, density: 0.1, seed: 3)
        let holdout = Holdout.random(users: users, items: items, targets: 2, seed: 3)
        let rows = holdout.users.map { user in (0..<20).map { Int32((Int(user) * 7 + $0 * 3) % items) } }
        for candidates in [CandidateProtocol.full, .sampled(FrozenNegatives(name: "some", rows: rows))] {
            let evaluator = try Evaluator(holdout: holdout, candidates: candidates, seen: seen, metrics: Self.metrics)
            let alone = try evaluator.evaluate(scorer, pool: WorkerPool(workerCount: 1))
            #expect(try evaluator.evaluate(scorer, pool: WorkerPool(workerCount: workers)) == alone)
        }
    }

    @Test func figuresGrowWithTheList() throws {
        let (users, items) = (60, 40)
        let metrics = (1...items).flatMap { k in
            [Metric.Kind.hitRatio, .recall, .reciprocalRank].map { Metric($0, at: k) }
        }
        let result = try Evaluator(
            holdout: .random(users: users, items: items, targets: 3, seed: 5), candidates: .full,
            seen: .random(rows: users, columns: items, density: 0.1, seed: 5), metrics: metrics
        ).evaluate(TableScorer.random(users: users, items: items, levels: 9, seed: 5))
        for kind in [Metric.Kind.hitRatio, .recall, .reciprocalRank] {
            for k in 1..<items {
                let shorter = try #require(result[perUser: Metric(kind, at: k)])
                let longer = try #require(result[perUser: Metric(kind, at: k + 1)])
                #expect(zip(shorter, longer).allSatisfy { $0 <= $1 + 1e-12 })
                #expect(shorter.allSatisfy { (0...(1 + 1e-12)).contains($0) })
            }
        }
        #expect(try #require(result[Metric(.hitRatio, at: items)]) == 1)
    }

    /// One target: HR@K is Recall@K, K times Precision@K; MRR is MAP.
    @Test func oneTargetTiesMetricsTogether() throws {
        let result = try Evaluator(
            holdout: .random(users: 80, items: 30, targets: 1, seed: 6), candidates: .full,
            seen: .random(rows: 80, columns: 30, density: 0.2, seed: 6),
            metrics: ["HR@5", "Recall@5", "Precision@5", "MRR@5", "MAP@5", "MRR", "MAP"].map { try Metric($0) }
        ).evaluate(TableScorer.random(users: 80, items: 30, levels: 6, seed: 6))
        for user in 0..<80 {
            let v = result.values.map { $0[user] }
            #expect(abs(v[0] - v[1]) < 1e-12 && abs(v[0] - 5 * v[2]) < 1e-12)
            #expect(abs(v[3] - v[4]) < 1e-12 && abs(v[5] - v[6]) < 1e-12)
        }
    }

    // MARK: What counts as a candidate

    @Test func aSeenTargetIsStillATarget() throws {
        let result = try Evaluator(
            holdout: Holdout(rows: [[1]]), candidates: .full,
            seen: InteractionMatrix(rows: [[0, 1]], columnCount: 4), metrics: [Metric(.reciprocalRank)]
        ).evaluate(TableScorer(rows: [[9, 5, 7, 1]]))
        #expect(result.values == [[0.5]])
        #expect(result.protocol.maskedPairs == 1)
    }

    @Test func aTargetAmongItsNegativesIsNoRival() throws {
        let result = try Evaluator(
            holdout: Holdout(rows: [[1]]),
            candidates: .sampled(FrozenNegatives(name: "file", rows: [[1, 2, 2, 3]])),
            seen: InteractionMatrix(rows: [[]], columnCount: 4), metrics: [Metric(.reciprocalRank)]
        ).evaluate(TableScorer(rows: [[9, 5, 7, 1]]))
        #expect(result.values == [[0.5]])
        #expect(result.protocol.targetsAmongNegatives == 1)
        #expect(result.protocol.repeatedNegatives == 1)
        #expect(
            result.protocol.description
                == "sampled(4) [file], 1 users, 1 targets, 1 negatives equal to a target left out, "
                + "1 repeated negatives counted once")
    }

    @Test func protocolsTellDataApart() throws {
        let seen = InteractionMatrix(rows: [[0]], columnCount: 5)
        func digest(_ rows: [[Int32]], _ candidates: CandidateProtocol) throws -> String {
            try Evaluator(holdout: Holdout(rows: rows), candidates: candidates, seen: seen, metrics: []).protocol.digest
        }
        let digests = try [
            digest([[1]], .full), digest([[2]], .full), digest([[1, 2]], .full),
            digest([[1]], .sampled(FrozenNegatives(name: "a", rows: [[2, 3]]))),
            digest([[1]], .sampled(FrozenNegatives(name: "a", rows: [[2, 4]]))),
        ]
        #expect(Set(digests).count == digests.count)
    }

    // MARK: Refusals

    @Test(arguments: [0, 1, 3])
    func notANumberNamesUserAndItem(item: Int) throws {
        var rows: [[Float]] = [[1, 2, 3, 4], [1, 2, 3, 4]]
        rows[1][item] = .nan
        let holdout = Holdout(rows: [[0], [1]])
        let seen = InteractionMatrix(rows: [[], []], columnCount: 4)
        let negatives = FrozenNegatives(name: "n", rows: [[3, 1], [3, 0]])
        for candidates in [CandidateProtocol.full, .sampled(negatives)] {
            #expect(throws: EvaluationError.notANumber(user: 1, item: Int32(item))) {
                try Evaluator(holdout: holdout, candidates: candidates, seen: seen, metrics: [Metric(.auc)])
                    .evaluate(TableScorer(rows: rows))
            }
        }
    }

    @Test func refusesWhatDoesNotBelongTogether() throws {
        let seen = InteractionMatrix(rows: [[], []], columnCount: 3)
        let metrics = [Metric(.auc)]
        #expect(throws: EvaluationError.emptyHoldout) {
            try Evaluator(holdout: Holdout(rows: []), candidates: .full, seen: seen, metrics: metrics)
        }
        #expect(throws: EvaluationError.outOfRange(what: "held-out user", index: 2, count: 2)) {
            try Evaluator(holdout: Holdout(rows: [[], [], [0]]), candidates: .full, seen: seen, metrics: metrics)
        }
        #expect(throws: EvaluationError.outOfRange(what: "held-out item", index: 3, count: 3)) {
            try Evaluator(holdout: Holdout(rows: [[3]]), candidates: .full, seen: seen, metrics: metrics)
        }
        let holdout = Holdout(rows: [[0], [1]])
        #expect(throws: EvaluationError.negativesMismatch(name: "n", rows: 1, users: 2)) {
            try Evaluator(
                holdout: holdout, candidates: .sampled(FrozenNegatives(name: "n", rows: [[1]])), seen: seen,
                metrics: metrics)
        }
        #expect(throws: EvaluationError.outOfRange(what: "negative item", index: -1, count: 3)) {
            try Evaluator(
                holdout: holdout, candidates: .sampled(FrozenNegatives(name: "n", rows: [[1], [-1]])), seen: seen,
                metrics: metrics)
        }
        let evaluator = try Evaluator(holdout: holdout, candidates: .full, seen: seen, metrics: metrics)
        #expect(throws: EvaluationError.outOfRange(what: "user", index: 1, count: 1)) {
            try evaluator.evaluate(TableScorer(rows: [[1, 2, 3]]))
        }
        #expect(throws: EvaluationError.outOfRange(what: "item", index: 2, count: 2)) {
            try evaluator.evaluate(TableScorer(rows: [[1, 2], [1, 2]]))
        }
    }

    // MARK: What is kept

    @Test func resultsSurviveJSON() throws {
        let result = try Evaluator(
            holdout: .random(users: 9, items: 20, targets: 2, seed: 8), candidates: .full,
            seen: .random(rows: 9, columns: 20, density: 0.2, seed: 8), metrics: Self.metrics, masking: "train"
        ).evaluate(TableScorer.random(users: 9, items: 20, levels: 30, seed: 8))
        #expect(try JSONDecoder().decode(EvaluationResult.self, from: JSONEncoder().encode(result)) == result)
        #expect(result.means.keys.sorted() == Self.metrics.map(\.description).sorted())
        #expect(result.protocol.masked == "train")
    }

    @Test func validationIsTheMean() throws {
        let holdout = Holdout.random(users: 20, items: 15, targets: 1, seed: 9)
        let seen = InteractionMatrix.random(rows: 20, columns: 15, density: 0.2, seed: 9)
        let scorer = TableScorer.random(users: 20, items: 15, levels: 30, seed: 9)
        let metric = Metric(.ndcg, at: 5)
        let result = try Evaluator(holdout: holdout, candidates: .full, seen: seen, metrics: [metric]).evaluate(scorer)
        let validation = Validation(holdout: holdout, candidates: .full, seen: seen, metric: metric)
        #expect(try validation.evaluate(scorer) == result[metric])
    }

    @Test func progressEndsWithEveryUser() throws {
        let heard = Listener()
        _ = try Evaluator(
            holdout: .random(users: 300, items: 15, targets: 1, seed: 9), candidates: .full,
            seen: .random(rows: 300, columns: 15, density: 0.2, seed: 9), metrics: [Metric(.auc)]
        ).evaluate(TableScorer.random(users: 300, items: 15, levels: 30, seed: 9), progress: heard)
        #expect(heard.most == 300)
    }

    private final class Listener: ProgressObserver, @unchecked Sendable {
        // Unchecked: guarded by the lock.
        private let lock = NSLock()
        private(set) var most = 0

        func advance(
            _ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)]
        ) {
            lock.withLock { most = max(most, completed) }
        }
        func note(_ line: String) {}
    }
}
