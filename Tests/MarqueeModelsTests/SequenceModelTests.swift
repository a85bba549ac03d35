import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import MarqueeTensor
import Testing

@testable import MarqueeModels

/// What every model that reads sequences must do beside what every recommender does.
@Suite struct SequenceModelTests {
    static let kinds = ["gru4rec", "sasrec", "muma"]

    /// 120 people who go round one of two rings of twelve items, from anywhere, for a while; they look at what they take.
    static let rings: TrainingSet = {
        var random = RandomStream(seed: 9, "rings")
        var log = InteractionLog(
            userVocabulary: Vocabulary((0..<120).map { "user \($0)" }),
            itemVocabulary: Vocabulary((0..<24).map { "item \($0)" }), behaviorNames: ["look", "take"], target: 1)
        var time: Int64 = 1_000_000
        for user in 0..<120 as Range<Int32> {
            var place = Int32(random.next() % 12)
            for _ in 0..<4 + Int(random.next() % 3) {
                for behavior in [0, 1] as [UInt8] {
                    log.users.append(user)
                    log.items.append(user % 2 * 12 + place)
                    log.behaviors.append(behavior)
                    log.timestamps.append(time)
                    time += Int64(random.next() % 90_000_000)
                }
                place = (place + 1) % 12
            }
        }
        return TrainingSet(log: log)
    }()

    static func spec(_ kind: String, _ changes: [String: ConfigValue] = [:]) throws -> ModelSpec {
        let spec = try ModelSpec.tiny(kind)
        guard case .mapping(var config) = spec.config else { return spec }
        for (key, value) in changes { config[key] = value }
        return try ModelSpec(kind, .mapping(config))
    }

    static func fit(_ kind: String, _ changes: [String: ConfigValue] = [:]) throws -> any HistoryScorer {
        let model = try spec(kind, changes).fit(
            to: rings, in: FitContext(seed: 1, pool: WorkerPool(workerCount: 1)))
        return try #require(model.historyScorer)
    }

    static func history(_ items: [Int32], behavior: UInt8 = 1, gap: Int64 = 3_600_000) -> History {
        History(items.enumerated().map { .init(item: $1, behavior: behavior, time: Int64($0) * gap) })
    }

    static func best(_ scorer: any HistoryScorer, _ history: History) -> Int? {
        let scores = scorer.scores(Query(history: history))
        return scores.indices.max { scores[$0] < scores[$1] }
    }

    @Test(arguments: kinds + ["transitions"], ["target", "all"])
    func whatComesNextIsLearned(_ kind: String, _ behaviors: String) throws {
        // What was looked at is mostly taken next, as far as counting goes.
        if kind == "transitions", behaviors == "all" { return }
        let scorer = try Self.fit(kind, ["behaviors": .string(behaviors)])
        let right = (0..<24 as Range<Int32>).count { first in
            let items = (0..<3).map { first / 12 * 12 + (first + $0) % 12 }
            let history = History(
                items.enumerated().flatMap { place, item in
                    ([0, 1] as [UInt8]).map {
                        History.Event(item: item, behavior: $0, time: Int64(2 * place + Int($0)) * 40_000_000)
                    }
                })
            return Self.best(scorer, history) == Int(first / 12 * 12 + (first + 3) % 12)
        }
        #expect(right >= 22, "\(kind): \(right) of 24")
    }

    @Test(arguments: kinds, NextItemObjective.Loss.allCases)
    func everyObjectiveLearns(_ kind: String, _ loss: NextItemObjective.Loss) throws {
        let scorer = try Self.fit(
            kind,
            [
                "objective": ["loss": .string(loss.rawValue)], "memory": ["counts": []],
                "train": ["epochs": 80, "batch": 32, "rate": 0.01, "negatives": 6],
            ])
        let right = (0..<12 as Range<Int32>).count {
            Self.best(scorer, Self.history([$0, ($0 + 1) % 12])) == Int(($0 + 2) % 12)
        }
        // One negative of 24 by chance; what somebody saw earlier is none, which leaves these losses some doubt.
        #expect(right >= 7, "\(kind), \(loss): \(right) of 12")
    }

    /// What comes later changes no state before it, in training and in asking: nothing of the future is seen.
    @Test func statesAreCausal() {
        Self.expectCausal(GRU4Rec.self)
        Self.expectCausal(SASRec.self) { $0.layers = 2 }
        Self.expectCausal(SASRec.self) { $0.normFirst = false }
        for parts in MUMAEncoder.Config.Parts.allCases {
            Self.expectCausal(MUMAEncoder.self) { $0.parts = parts }
        }
    }

    static func expectCausal<Network: SequenceNetwork>(
        _ type: Network.Type, _ change: (inout Network.Config) -> Void = { _ in }
    ) {
        var config = Network.Config.tiny
        change(&config)
        let network = Network(config, items: 12, behaviors: 2, stream: RandomStream(seed: 4, "network"))
        func states(_ histories: [History], window: Int) -> (values: [Float], layout: [Range<Int>]) {
            let tape = Tape()
            tape.begin(batchCount: 1, training: false)
            let batch = SequenceBatch(histories.count, window: window, tape) { histories[$0] }
            let states = network.states(batch, tape)
            return (states.values, histories.indices.map { batch.recent[$0] })
        }
        let width = network.items.width
        let whole = history([3, 1, 4, 1, 5, 9, 2, 6])
        let later = history([3, 1, 4, 1, 5, 11, 0, 7])
        let (a, _) = states([whole], window: 8), (b, _) = states([later], window: 8)
        // Positions count from the newest, so histories of one length are compared.
        for row in 0..<5 * width { #expect(abs(a[row] - b[row]) < 1e-5) }
        #expect(zip(a[(5 * width)...], b[(5 * width)...]).contains { abs($0 - $1) > 1e-4 })
        // Others in the batch change nothing.
        let (both, layout) = states([later, whole], window: 8)
        let own = layout[1].lowerBound * width..<layout[1].upperBound * width
        for (x, y) in zip(both[own], a) { #expect(abs(x - y) < 1e-5) }
    }

    @Test(arguments: kinds) func ofALongHistoryTheNewestAreRead(_ kind: String) throws {
        let changes: [String: ConfigValue] =
            kind == "muma"
            ? ["length": 6, "window": 4, "train": ["epochs": 2]] : ["length": 6, "train": ["epochs": 2]]
        let scorer = try Self.fit(kind, changes)
        let newest: [Int32] = [4, 5, 0, 1, 2, 3]
        func scores(_ items: [Int32]) -> [Float] {
            scorer.scores(Query(history: History(items.map { .init(item: $0, behavior: 1) })))
        }
        #expect(scores([7, 8, 9] + newest) == scores(newest))
        #expect(scores(Array(repeating: 7, count: 100_000) + newest) == scores(newest))
        // Looks are not read where the target alone is.
        let looks = newest.flatMap { [History.Event(item: $0, behavior: 1), .init(item: 9, behavior: 0)] }
        #expect(scorer.scores(Query(history: History(looks))) == scores(newest))
    }

    @Test(arguments: kinds) func withoutHistoryWhatIsTakenMostComesFirst(_ kind: String) throws {
        let scorer = try Self.fit(kind, ["train": ["epochs": 1]])
        let counts = Self.rings.interactions.columnCounts()
        let scores = scorer.scores(Query())
        for item in 0..<24 {
            for other in 0..<24 where counts[item] > counts[other] { #expect(scores[item] > scores[other]) }
        }
        #expect(scorer.scores(Query(candidates: [7, 2])) == [scores[7], scores[2]])
    }

    /// Of two events before it, the one that leads to an item speaks for it; what is not read says nothing.
    @Test(arguments: kinds) func eventsThatCarriedWeightAreNamed(_ kind: String) throws {
        let changes: [String: ConfigValue] = kind == "muma" ? ["length": 4, "window": 4] : ["length": 4]
        let scorer = try #require(try Self.fit(kind, changes) as? any Explaining)
        // The last event is of the other ring: what it leads to is told by it alone.
        let query = Query(history: Self.history([9, 20, 1, 14, 2]))
        let contributions = scorer.contributions(query, items: [3, 15], history: [2, 14, 9, 23])
        #expect(contributions.map(\.count) == [4, 4])
        #expect(contributions[0][0] > max(0, contributions[0][1]), "\(contributions)")
        #expect(contributions[1][1] > contributions[1][0], "\(contributions)")
        for own in contributions { #expect(own[2] == 0 && own[3] == 0, "9 is too old to be read, 23 is not there") }
        // One event and none.
        let one = scorer.contributions(Query(history: Self.history([2])), items: [3], history: [2])
        #expect(one[0][0] > 0)
        #expect(scorer.contributions(Query(), items: [3], history: []) == [[]])
    }

    /// Out of order, of unknown behaviors, of the first and the last millisecond there is, 100,000 events: answered as
    /// what they are worth.
    @Test(arguments: kinds + ["transitions"]) func whateverIsAskedIsAnswered(_ kind: String) throws {
        let scorer = try Self.fit(kind, kind == "transitions" ? [:] : ["train": ["epochs": 1]])
        func scores(_ events: [History.Event]) -> [Float] { scorer.scores(Query(history: History(events))) }
        let ordered = (0..<4 as Range<Int32>).map { History.Event(item: $0, behavior: 1, time: Int64($0) * 1000) }
        #expect(scores(ordered) == scores([ordered[2], ordered[0], ordered[3], ordered[1]]))
        #expect(scores(ordered) == scores(ordered + [.init(item: 9, behavior: 200, time: 9_000)]))
        let extremes: [Int64] = [.min, -1, 0, .max]
        #expect(scores(extremes.map { .init(item: 3, behavior: 1, time: $0) }).allSatisfy { $0.isFinite })
        let long = scores((0..<100_000).map { .init(item: Int32($0 % 24), behavior: 1, time: Int64($0)) })
        #expect(long.allSatisfy { $0.isFinite })
        #expect(scores([]).allSatisfy { $0.isFinite })
        #expect(scorer.scores(Query(candidates: [])).isEmpty)
    }

    @Test func whatIsPredictedMustBeRead() throws {
        #expect(throws: ModelError.self) { try Self.fit("sasrec", ["behaviors": "look"]) }
    }

    @Test func badValuesAreNamed() {
        var bad: [String: ConfigValue] = ["length": 0, "heads": 3, "window": 500, "dropout": 1]
        bad["objective"] = ["calibration": 2]
        for (key, value) in bad {
            #expect(throws: (any Error).self, "\(key)") { try Self.spec("muma", [key: value]) }
        }
    }

    /// Against the formula, by hand: three histories, window 2.
    @Test func transitionsAreCounted() throws {
        var log = InteractionLog(
            userVocabulary: Vocabulary(["a", "b"]), itemVocabulary: Vocabulary(["0", "1", "2"]))
        log.users = [0, 0, 0, 1, 1, 1]
        log.items = [0, 1, 2, 1, 2, 0]
        log.timestamps = [1, 2, 3, 4, 5, 6]
        let config: ConfigValue = ["window": 2, "decay": 0.5, "recency": 0.25, "damping": 1, "source-damping": 1]
        let model = try ModelSpec("transitions", config).fit(to: TrainingSet(log: log))
        // C: 0→1 1, 0→2 .5, 1→2 2, 1→0 .5, 2→0 1; every item twice.
        let scores = try #require(model.historyScorer).scores(Query(history: History(items: [1, 0])))
        let expected: [Float] = [0.03125, 0.25, 0.25]
        #expect(scores == expected)
    }
}
