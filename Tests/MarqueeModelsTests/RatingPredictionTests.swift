import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

/// What every model that predicts ratings must do; it joins by its line in the registry.
@Suite("Models that predict ratings")
struct RatingPredictionTests {
    static let kinds = ModelRegistry.models.filter { $0 is any RatingPredictor.Type }.map { $0.kind }

    /// Users 0..<16 rate items 0..<10, all but every fifth pair: r = 3 + taste of the user ± quality of the item.
    static func truth(_ user: Int, _ item: Int) -> Float { 3 + (user % 2 == 0 ? 0.5 : -0.5) + (item < 5 ? 1 : -1) }
    static func isHeld(_ user: Int, _ item: Int) -> Bool { (user + 2 * item) % 5 == 0 }

    static let data: TrainingSet = {
        let pairs = (0..<16).flatMap { user in (0..<10).filter { !isHeld(user, $0) }.map { (user, $0) } }
        return TrainingSet(
            log: InteractionLog(
                users: pairs.map { Int32($0.0) }, items: pairs.map { Int32($0.1) },
                values: pairs.map { truth($0.0, $0.1) }, userVocabulary: Vocabulary((0..<16).map { "u\($0)" }),
                itemVocabulary: Vocabulary((0..<10).map { "i\($0)" })))
    }()

    @Test(arguments: kinds) func predictsWhatWasLeftOut(_ kind: String) throws {
        let config: ConfigValue = kind == "bias" ? ["user-damping": 0, "item-damping": 0] : ["regularization": 0.1]
        let model = try ModelSpec(kind, config).fit(to: Self.data)
        for user in 0..<16 {
            for item in 0..<10 where Self.isHeld(user, item) {
                let score = model.scores(user: Int32(user), candidates: [Int32(item)])[0]
                #expect(abs(score - Self.truth(user, item)) < 0.25, "\(kind): \(user), \(item): \(score)")
            }
        }
    }

    @Test("Koren's biases by hand: shrunk item means, then shrunk user means of what is left")
    func biases() throws {
        let log = InteractionLog(
            users: [0, 0, 1], items: [0, 1, 0], values: [5, 3, 4], userVocabulary: Vocabulary(["a", "b"]),
            itemVocabulary: Vocabulary(["x", "y", "z"]))
        let model = try ModelSpec("bias", ["user-damping": 1, "item-damping": 2]).fit(to: TrainingSet(log: log))
        // μ = 4; b_x = (1 + 0) / (2 + 2), b_y = −1 / (2 + 1); b_a = ((1 − b_x) + (−1 − b_y)) / (1 + 2).
        let (x, y) = (1.0 / 4, -1.0 / 3)
        let (a, b) = (((1 - x) + (-1 - y)) / 3, (0 - x) / 2)
        let expected = [[4 + a + x, 4 + a + y, 4 + a], [4 + b + x, 4 + b + y, 4 + b]]
        for user in 0..<2 {
            for (score, value) in zip(model.scores(user: Int32(user)), expected[user]) {
                #expect(abs(Double(score) - value) < 1e-6)
            }
        }
        let mean = try ModelSpec("bias", ["users": false, "items": false]).fit(to: TrainingSet(log: log))
        #expect(mean.scores(user: 1) == [4, 4, 4])
    }

    @Test("without attributes there are no propensities, and the error says what is missing")
    func noPropensities() throws {
        let error = #expect(throws: ModelError.self) {
            try ModelSpec("biased-mf", ["weighting": "inverse-propensity"]).fit(to: Self.data)
        }
        #expect("\(try #require(error))".contains("attributes of users and categories of items"))
    }
}
