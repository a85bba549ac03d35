import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@Suite struct ClickEvaluatorTests {
    /// Impressions by user, each with whether its candidates were clicked.
    private static func log(_ impressions: [(user: String?, clicked: [Bool])]) -> ImpressionLog {
        var builder = ImpressionLogBuilder()
        for (user, clicked) in impressions {
            builder.append(
                .init(user: user), candidates: clicked.enumerated().map { .init(item: "i\($0)", isClicked: $1) })
        }
        return builder.log()
    }

    @Test func figuresByHand() throws {
        let log = Self.log([
            ("a", [true, false, false]), ("b", [false, true]), ("a", [false, false]), (nil, [true, false]),
        ])
        let predictions: [Float] = [0.5, 0.5, 0.25, 0.75, 0.25, 0.5, 0.25, 0, 1]
        let evaluator = try ClickEvaluator(
            log, metrics: [Metric(.auc), Metric(.reciprocalRank), Metric(.ndcg, at: 1)], binning: .equalWidth(2))
        let result = try evaluator.evaluate(predictions)
        #expect(result.impressions == 4 && result.shown == 9 && result.clicks == 3)
        // Clicked .5, .25, 0 against .5, .25, .75, .5, .25, 1: of 18 pairs 2 won and 2 + 2 tied.
        #expect(result.auc == 4.0 / 18)
        // a: one clicked at .5 against .5 .25 .5 .25: (2 + 2/2)/4, five shown. b: 0, two shown. Nobody known: left out.
        #expect(result.gauc == (5 * 0.75 + 2 * 0) / 7 && result.gaucUsers == 2)
        #expect(result.impressionsWithClick == [0, 1, 3])
        // Impression 0: the click ties with one of the two others.
        #expect(result.values[0] == [0.75, 0, 0])
        #expect(result.values[1] == [0.75, 0.5, 0.5])
        #expect(result.values[2] == [0.5, 0, 0])
        #expect(result[Metric(.reciprocalRank)] == 1.75 / 3 && result[Metric(.ndcg, at: 10)] == nil)
        let bins = try #require(result.calibration).bins
        // 0…0.5 holds .5 .5 .25 .25 .5 .25 0 of which three were clicked, the rest .75 and 1.
        #expect(bins.map(\.count) == [7, 2])
        #expect(bins.map(\.meanPrediction) == [2.25 / 7, 0.875] && bins.map(\.clickRate) == [3.0 / 7, 0])
        let error = (7 * abs(2.25 / 7 - 3.0 / 7) + 2 * 0.875) / 9
        #expect(result.calibration.map { abs($0.expectedError - error) < 1e-15 } == true)
        let least = exp2(-23.0)
        let sum = [0.5, 0.5, 0.75, 0.25, 0.25, 0.5, 0.75, least, least].reduce(0) { $0 + Foundation.log($1) }
        #expect(result.logLoss.map { abs($0 + sum / 9) < 1e-12 } == true)
    }

    @Test func scoresThatAreNoProbabilitiesHaveNoCalibration() throws {
        let log = Self.log([("a", [true, false])])
        let result = try ClickEvaluator(log).evaluate([3, -1])
        #expect(result.calibration == nil && result.logLoss == nil && result.auc == 1)
        #expect(result[Metric(.ndcg, at: 5)] == 1)
    }

    @Test func whatCannotBeSaidIsNil() throws {
        let none = try ClickEvaluator(Self.log([("a", [false, false])])).evaluate([0.5, 0.25])
        #expect(none.auc == nil && none.gauc == nil && none.gaucUsers == 0 && none[Metric(.auc)] == nil)
        let all = try ClickEvaluator(Self.log([("a", [true, true])])).evaluate([0.5, 0.25])
        #expect(all.auc == nil && all.gauc == nil && all[Metric(.reciprocalRank)] == 1)
        #expect(throws: EvaluationError.emptyHoldout) { try ClickEvaluator(ImpressionLog()) }
        let log = Self.log([("a", [false]), ("b", [false, true])])
        #expect(throws: EvaluationError.notANumber(user: 1, item: 0)) {
            try ClickEvaluator(log).evaluate([0, .nan, 0])
        }
    }

    @Test func binsOfEqualCountKeepEqualPredictionsTogether() {
        let predictions: [Float] = [0.1, 0.9, 0.2, 0.2, 0.2, 0.3, 0.4, 0.5]
        let clicked = [false, true, false, true, false, false, true, false]
        // Two each would be .1 .2 | .2 .2 | .3 .4 | .5 .9; the .2 stay with the first.
        let bins = Calibration(predictions, clicked: clicked, .equalCount(4)).bins
        #expect(bins.map(\.count) == [4, 2, 2])
        #expect(bins.map(\.clickRate) == [0.25, 0.5, 0.5])
        #expect(Calibration(Array(repeating: 0.5, count: 8), clicked: clicked, .equalCount(4)).bins.map(\.count) == [8])
        #expect(Calibration([0, 1], clicked: [false, true], .equalCount(9)).expectedError == 0)
    }

    @Test func theFirstIntervalHasItsLowerEnd() {
        let calibration = Calibration([0, 0.25, 0.5, 1], clicked: [false, true, true, true], .equalWidth(4))
        #expect(calibration.bins.map(\.count) == [2, 1, 1])
        #expect(calibration.bins.map(\.meanPrediction) == [0.125, 0.5, 1])
    }

    @Test func manyWorkersGiveTheSame() throws {
        var random = RandomStream(seed: 3, "clicks")
        let log = Self.log(
            (0..<700).map { index in
                ("u\(index % 50)", (0..<5).map { _ in Bool.random(using: &random) })
            })
        let predictions = log.items.map { _ in Float(Int.random(in: 0...20, using: &random)) / 20 }
        let evaluator = try ClickEvaluator(log)
        let one = try evaluator.evaluate(predictions, pool: WorkerPool(workerCount: 1))
        #expect(try evaluator.evaluate(predictions, pool: WorkerPool(workerCount: 3)) == one)
    }

    /// A model of histories is asked with what its person had clicked before each impression.
    @Test func aModelIsAskedWithTheHistoryOfTheMoment() throws {
        struct LastClicked: HistoryScorer {
            let userCount = 0
            let itemCount: Int
            func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {}
            func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
                for (row, query) in queries.enumerated() {
                    for (k, item) in items.enumerated() {
                        scores[row * items.count + k] = query.history.last.map { Int($0.item) } == item ? 1 : 0
                    }
                }
            }
        }
        var builder = ImpressionLogBuilder()
        for time in [10, 20] as [Int64] {
            builder.append(
                .init(user: "a", time: time),
                candidates: [.init(item: "x", isClicked: time == 20), .init(item: "y", isClicked: time == 10)])
        }
        var log = builder.log()
        log.histories = UserHistories(
            InteractionLog(
                users: [0, 0], items: [1, 0], timestamps: [5, 15], userVocabulary: log.userVocabulary,
                itemVocabulary: log.itemVocabulary))
        let result = try ClickEvaluator(log).evaluate(LastClicked(itemCount: 2))
        #expect(result.auc == 1 && result[Metric(.reciprocalRank)] == 1)
        #expect(throws: EvaluationError.outOfRange(what: "item", index: 1, count: 1)) {
            try ClickEvaluator(log).evaluate(LastClicked(itemCount: 1))
        }
    }

    @Test func gradedGainsByHand() {
        // Gains 3 and 7 tie at the top: 5 each; the ideal has 7 then 3.
        let expected = (5 + 5 / log2(3.0) + 1 / 2.0) / (7 + 3 / log2(3.0) + 1 / 2.0)
        let found = RankedGains.ndcg([2.0, 1, 2], gains: [3, 1, 7])
        #expect(found.map { abs($0 - expected) < 1e-15 } == true)
        #expect(RankedGains.ndcg([2.0, 1, 2], gains: [3, 1, 7], at: 1) == 5.0 / 7)
        #expect(RankedGains.ndcg([1.0, 2], gains: [0, 0]) == nil)
        #expect(RankedGains.auc([1.0, 2, 3], isPositive: [false, true, true]) == 1)
        #expect(RankedGains.auc([1.0, 1], isPositive: [false, true]) == 0.5)
        #expect(RankedGains.auc([1.0, 1], isPositive: [true, true]) == nil)
    }

    struct Reference: Decodable {
        struct Curve: Decodable {
            var clickRate, meanPrediction: [Double]
            var count: [Int]
            var expectedError: Double
        }
        struct Graded: Decodable {
            var gains, scores: [Double]
            var top: Double
            var whole: Double
            enum CodingKeys: String, CodingKey {
                case gains, scores
                case top = "NDCG@5"
                case whole = "NDCG"
            }
        }
        var users, sizes: [Int]
        var predictions: [Float]
        var clicked: [Bool]
        var auc, gauc, logLoss: Double
        var gaucUsers, withClick: Int
        var calibration: Curve
        var graded: Graded
        var ndcg3, ndcg, mrr, within: Double

        enum CodingKeys: String, CodingKey {
            case users, sizes, predictions, clicked, auc, gauc, logLoss, gaucUsers, withClick, calibration, graded
            case ndcg3 = "NDCG@3"
            case ndcg = "NDCG"
            case mrr = "MRR"
            case within = "AUC"
        }
    }

    /// Equal to scikit-learn, on values that `Fixtures/write_clicks.py` wrote.
    @Test func figuresOfAReference() throws {
        let url = try #require(
            Bundle.module.url(forResource: "clicks", withExtension: "json", subdirectory: "Fixtures"))
        let reference = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
        var first = 0
        let log = Self.log(
            zip(reference.users, reference.sizes).map { user, size in
                defer { first += size }
                return ("\(user)", Array(reference.clicked[first..<first + size]))
            })
        let metrics = [Metric(.ndcg, at: 3), Metric(.ndcg), Metric(.reciprocalRank), Metric(.auc)]
        let result = try ClickEvaluator(log, metrics: metrics, binning: .equalWidth(8)).evaluate(reference.predictions)
        func expect(_ found: Double?, _ expected: Double, _ name: String) {
            #expect(found.map { abs($0 - expected) < 1e-12 } == true, "\(name): \(found ?? .nan), not \(expected)")
        }
        expect(result.auc, reference.auc, "AUC")
        expect(result.gauc, reference.gauc, "GAUC")
        expect(result.logLoss, reference.logLoss, "log loss")
        #expect(result.gaucUsers == reference.gaucUsers && result.impressionsWithClick.count == reference.withClick)
        for (metric, expected) in zip(metrics, [reference.ndcg3, reference.ndcg, reference.mrr, reference.within]) {
            expect(result[metric], expected, "\(metric)")
        }
        let calibration = try #require(result.calibration)
        #expect(calibration.bins.map(\.count) == reference.calibration.count)
        expect(calibration.expectedError, reference.calibration.expectedError, "expected calibration error")
        for (bin, (rate, mean)) in zip(
            calibration.bins, zip(reference.calibration.clickRate, reference.calibration.meanPrediction))
        {
            expect(bin.clickRate, rate, "click rate")
            expect(bin.meanPrediction, mean, "mean prediction")
        }
        let graded = reference.graded
        expect(RankedGains.ndcg(graded.scores, gains: graded.gains, at: 5), graded.top, "graded NDCG@5")
        expect(RankedGains.ndcg(graded.scores, gains: graded.gains), graded.whole, "graded NDCG")
    }
}
