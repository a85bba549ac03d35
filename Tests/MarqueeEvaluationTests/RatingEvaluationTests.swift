import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

@testable import MarqueeEvaluation

@Suite("Predicted ratings are judged by their errors and their order")
struct RatingEvaluationTests {
    /// A table of scores that are ratings.
    private struct Table: RatingPredictor {
        let rows: [[Float]]
        var weights: [[Double]] = []
        var userCount: Int { rows.count }
        var itemCount: Int { rows[0].count }
        func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
            var next = 0
            for user in users {
                for item in items {
                    scores[next] = rows[Int(user)][item]
                    next += 1
                }
            }
        }
        func validationWeight(user: Int32, item: Int32) -> Double {
            weights.isEmpty ? 1 : weights[Int(user)][Int(item)]
        }
    }

    private static let table = Table(rows: [[4, 2, 3, 9], [1, 1, 5, 9]])
    private static let holdout = Holdout(rated: [
        (user: 1, item: 2, rating: 3), (user: 0, item: 0, rating: 5), (user: 0, item: 1, rating: 3),
        (user: 1, item: 0, rating: 4), (user: 0, item: 2, rating: 1),
    ])
    private static let seen = InteractionMatrix(
        rowCount: 2, columnCount: 4, offsets: [0, 0, 0], columns: [], values: [])
    private static let metrics = ["MSE", "RMSE", "MAE", "AUC", "NDCG@2"]

    private static func evaluator(_ metrics: [String], liked: Double = 4) throws -> Evaluator {
        try Evaluator(
            holdout: holdout, candidates: .rated(liked: liked), seen: seen, metrics: metrics.map { try Metric($0) })
    }

    @Test("errors and AUC are over all ratings, NDCG is a mean over users; by hand")
    func byHand() throws {
        let result = try Self.evaluator(Self.metrics).evaluate(Self.table)
        // Errors: user 0: 1, 1, −2; user 1: 3 (item 0), −2 (item 2).
        func value(_ name: String) throws -> Double {
            let metric = try Metric(name)
            return result[metric] ?? .nan
        }
        #expect(abs(try value("MSE") - 19.0 / 5) < 1e-12)
        #expect(abs(try value("RMSE") - (19.0 / 5).squareRoot()) < 1e-12)
        #expect(abs(try value("MAE") - 9.0 / 5) < 1e-12)
        // Liked: 5 (score 4) and 4 (score 1); others: 2, 3, 5. Pairs in order: 4 over 2 and 3.
        #expect(abs(try value("AUC") - 2.0 / 6) < 1e-12)
        let one = (31 + 1 / log2(3.0)) / (31 + 7 / log2(3.0))
        let two = (7 + 15 / log2(3.0)) / (15 + 7 / log2(3.0))
        #expect(abs(try value("NDCG@2") - (one + two) / 2) < 1e-12)
        let perUser = try #require(result[perUser: Metric("MSE")])
        #expect(abs(perUser[0] - 2) < 1e-12 && abs(perUser[1] - 6.5) < 1e-12)
        #expect(result.protocol.candidates == "rated items, liked from 4")
        let again = try JSONDecoder().decode(EvaluationResult.self, from: JSONEncoder().encode(result))
        #expect(again == result)
    }

    @Test("other ratings are another protocol")
    func digest() throws {
        var pairs = Self.holdout.users.indices.flatMap { k in
            (Self.holdout.offsets[k]..<Self.holdout.offsets[k + 1]).map {
                (user: Self.holdout.users[k], item: Self.holdout.items[$0], rating: Self.holdout.ratings[$0])
            }
        }
        pairs[0].rating = 2
        let other = try Evaluator(
            holdout: Holdout(rated: pairs), candidates: .rated(liked: 4), seen: Self.seen, metrics: [Metric("MSE")])
        #expect(try other.protocol != Self.evaluator(["MSE"]).protocol)
    }

    @Test("validation errors weigh as the model says, whatever the scale of its weights")
    func weights() throws {
        let validation = Validation(
            holdout: Self.holdout, candidates: .rated(liked: 4), seen: Self.seen, metric: try Metric("MSE"))
        #expect(abs(try validation.evaluate(Self.table) - 19.0 / 5) < 1e-12)
        var table = Self.table
        table.weights = [[10, 10, 0, 0], [20, 0, 0, 0]]
        #expect(abs(try validation.evaluate(table) - (10 + 10 + 180) / 40) < 1e-12)
    }

    @Test("lists have no errors, ratings have no hits, and scores that are no ratings have neither")
    func refused() throws {
        #expect(throws: EvaluationError.notOfRatings(Metric(.hitRatio, at: 10))) { try Self.evaluator(["HR@10"]) }
        #expect(throws: EvaluationError.onlyOfRatings(Metric(.rootSquaredError))) {
            try Evaluator(
                holdout: Self.holdout, candidates: .full, seen: Self.seen, metrics: [Metric("RMSE")])
        }
        #expect(throws: EvaluationError.noRatings) {
            try Evaluator(
                holdout: Holdout(pairs: [(user: 0, item: 1)]), candidates: .rated(liked: 4), seen: Self.seen,
                metrics: [Metric("MSE")])
        }
        let scorer = TableScorer(rows: Self.table.rows)
        #expect(throws: EvaluationError.predictsNoRatings) { try Self.evaluator(["MAE"]).evaluate(scorer) }
        #expect(try Self.evaluator(["AUC"]).evaluate(scorer)[Metric("AUC")] != nil)
    }

    @Test("the figures of folds join to one a user, the mean of the folds that tested it")
    func joining() throws {
        func result(_ pairs: [(user: Int32, item: Int32, rating: Float)]) throws -> EvaluationResult {
            try Evaluator(
                holdout: Holdout(rated: pairs), candidates: .rated(liked: 4), seen: Self.seen,
                metrics: [Metric("MSE"), Metric("NDCG@2")]
            ).evaluate(Self.table)
        }
        let first = try result([(0, 0, 5), (1, 0, 4)])
        let second = try result([(0, 1, 4)])
        let joined = try EvaluationResult(joining: [first, second])
        #expect(joined.users == [0, 1] && joined.protocol.users == 2 && joined.protocol.targets == 3)
        #expect(joined[perUser: try Metric("MSE")] == [(1 + 4) / 2, 9])
        #expect(joined[try Metric("MSE")] == ((1 + 9) / 2 + 4) / 2)
        #expect(try EvaluationResult(joining: [first]) == first)
    }

    @Test("the sign-flip test is exact")
    func signFlips() {
        #expect(SignFlips.pValue([1, 2, 3, 4]) == 2.0 / 16)
        #expect(SignFlips.pValue([1, -1]) == 1)
        #expect(SignFlips.pValue(Array(repeating: 0.5, count: 10)) == 2.0 / 1024)
        #expect(SignFlips.pValue([]) == nil && SignFlips.pValue(Array(repeating: 1, count: 17)) == nil)
    }

    @Test("errors are better when lower, and take no cut-off")
    func metric() throws {
        #expect(try Metric("rmse").merit(0.9) == -0.9)
        #expect(try Metric("NDCG@10").merit(0.9) == 0.9)
        #expect(throws: MetricError(text: "MSE@5", nearest: Metric(.squaredError))) { try Metric("MSE@5") }
    }
}
