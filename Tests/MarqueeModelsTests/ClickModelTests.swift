import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import MarqueeTensor
import Testing

@testable import MarqueeModels

/// What every model of clicks must do beside what every recommender does.
@Suite struct ClickModelTests {
    static let kinds = ["logistic-regression", "fm", "wide-deep", "deepfm", "din", "muma-din"]

    /// People of two tastes, 24 items of two categories of which the second half is looked at longer; a person clicks
    /// what is of their taste, at the first place twice as often, and more on the phone.
    static func log(_ impressions: Int, seed: UInt64, propensities: Bool = false) -> ImpressionData {
        var random = RandomStream(seed: seed, "clicks")
        var builder = ImpressionLogBuilder()
        for impression in 0..<impressions {
            let user = Int(random.next() % 60)
            let device = random.next() % 2 == 0 ? "mobile" : "desktop"
            builder.append(
                .init(user: "user \(user)", time: 1_600_000_000_000 + Int64(impression) * 3_600_000, device: device),
                candidates: (0..<4).map { place in
                    let item = Int(random.next() % 24)
                    let chance = (item % 2 == user % 2 ? 0.5 : 0.08) * (device == "mobile" ? 1.3 : 0.7)
                    let isClicked = random.nextUnit() < chance * (place == 0 ? 1.5 : 0.8)
                    return .init(
                        item: "item \(item)", isClicked: isClicked,
                        propensity: propensities ? 0.1 + Float(item) / 30 : nil,
                        dwell: isClicked ? Int32(1000 * (item < 12 ? 1 : 9)) + Int32(random.next() % 500) : nil)
                })
        }
        let log = builder.log().rememberingClicks()
        let catalog = Catalog(
            items: log.itemVocabulary.ids.map { id in
                .init(title: id, genres: [(Int(id.dropFirst(5)) ?? 0) % 2 == 0 ? "even" : "odd"])
            })
        return ImpressionData(name: "clicks", log: log, catalog: catalog)
    }

    static func split() throws -> (data: TrainingSet, split: ImpressionSplit) {
        let data = log(700, seed: 3)
        let split = try ImpressionSplit(data.log, validationFrom: .share(0.6), testFrom: .share(0.8))
        return (TrainingSet(split.train, validation: split.validation, catalog: data.catalog), split)
    }

    static let world = Result { try split() }

    static func spec(_ kind: String, _ changes: [String: ConfigValue] = [:]) throws -> ModelSpec {
        let train: ConfigValue = ["epochs": 8, "batch": 128, "rate": 0.01]
        return try ModelSpec(kind, .mapping(["train": train].merging(changes) { $1 }))
    }

    static func judged(_ kind: String, _ changes: [String: ConfigValue] = [:]) throws -> ClickResult {
        let (data, split) = try world.get()
        let model = try spec(kind, changes).fit(
            to: data, in: FitContext(seed: 1, pool: WorkerPool(workerCount: 2)))
        let observer = try #require(model.historyScorer as? any ImpressionObserving)
        let later = observer.observing(try #require(split.validation)).observing(split.test)
        return try ClickEvaluator(split.test).evaluate(later)
    }

    @Test(arguments: kinds) func tasteIsLearnedFromImpressionsAndCalibrated(_ kind: String) throws {
        let result = try Self.judged(kind)
        #expect(try #require(result.auc) > 0.7, "\(kind): \(result.auc ?? 0)")
        #expect(try #require(result.calibration).expectedError < 0.09, "\(kind)")
    }

    @Test(arguments: ["din", "fm"]) func withoutSignalsTasteIsLearnedFromTheHistory(_ kind: String) throws {
        let result = try Self.judged(kind, ["inputs": ["signals": []]])
        #expect(try #require(result.auc) > 0.62, "\(result.auc ?? 0)")
    }

    @Test(arguments: ["platt", "isotonic", "none"]) func everyCalibrationGivesProbabilities(_ name: String) throws {
        let result = try Self.judged("logistic-regression", ["objective": ["calibration": .string(name)]])
        #expect(result.logLoss != nil && result.calibration != nil)
    }

    /// The second half of the items is looked at nine times as long: the second head says so.
    @Test(arguments: ["fm", "din"]) func theSecondHeadKnowsDwell(_ kind: String) throws {
        let result = try Self.judged(kind, ["objective": ["score": "dwell", "dwell": 1]])
        #expect(try #require(result.dwellAUC) > 0.8, "\(kind): \(result.dwellAUC ?? 0)")
    }

    @Test func weightsByPropensityChangeWhatIsLearned() throws {
        let data = Self.log(200, seed: 8, propensities: true)
        let training = TrainingSet(data.log, catalog: data.catalog)
        func scores(_ weighting: ConfigValue) throws -> [Float] {
            let model = try Self.spec("logistic-regression", ["objective": ["weighting": weighting]]).fit(
                to: training, in: FitContext(seed: 1, pool: WorkerPool(workerCount: 1)))
            return try #require(model.historyScorer).scores(data.log.query(150))
        }
        let (naive, weighted) = (try scores("none"), try scores("propensity"))
        #expect(naive != weighted && weighted.allSatisfy { $0.isFinite })
    }

    // MARK: What may be known

    /// An example knows its person's clicks before it and nothing else, and its signals are those of a world that ended
    /// just before it.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func examplesSeeOnlyWhatWasBefore(_ seed: UInt64) throws {
        let data = Self.log(120, seed: seed)
        let training = TrainingSet(data.log, catalog: data.catalog)
        let config = DIN.Config()
        let (reader, examples, _) = try ClickReader.reading(training, config, model: "test", seed: 1)
        #expect(examples.count == 120)
        var random = RandomStream(seed: seed, "chosen")
        for _ in 0..<12 {
            let index = 20 + Int(random.next() % 100)
            let occasion = examples[index, epoch: 0]
            let moment = try #require(occasion.context.time)
            #expect(occasion.history.allSatisfy { $0.time < moment })
            #expect(occasion.history == data.log.history(of: index))
            let earlier = data.log.selecting(Array(0..<index))
            let past = TrainingSet(earlier, catalog: data.catalog)
            let histories = UserHistories(past.log)
            let memory = ClickMemory(
                histories, clock: TrainingSet.clock(of: histories), shown: earlier.showings(),
                attributes: past.itemAttributes, itemCount: past.itemCount)
            // What depends on the whole's size or span is not of the moment: a mean's scale, the length of a while.
            let ofMoment: [ClickSignal] = [.recency, .affinity, .transitions, .coOccurrence, .repeats, .activity]
            func signals(_ memory: ClickMemory, _ known: ClickMemory.Known) -> [Float] {
                var values = [Float](repeating: 0, count: occasion.items.count * ofMoment.count)
                memory.write(
                    ofMoment, of: occasion.items, history: occasion.history, read: 50, at: moment, known
                ) { values[$0] = $1 }
                return values
            }
            let (then, ended) = (signals(reader.memory, .then), signals(memory, .now))
            for (a, b) in zip(then, ended) { #expect(abs(a - b) < 1e-4, "\(then) \(ended)") }
        }
    }

    /// Asked with all but the own part of a history, the memory answers as one that never had it.
    @Test(arguments: 1...5 as ClosedRange<UInt64>) func othersAreAllButTheOwn(_ seed: UInt64) throws {
        var random = RandomStream(seed: seed, "others")
        var log = InteractionLog(
            userVocabulary: Vocabulary((0..<12).map(String.init)), itemVocabulary: Vocabulary((0..<9).map(String.init)))
        for row in 0..<160 {
            log.users.append(Int32(random.next() % 12))
            log.items.append(Int32(random.next() % 9))
            log.timestamps.append(Int64(row + 1))
        }
        func memory(_ log: InteractionLog) -> ClickMemory {
            let histories = UserHistories(log)
            return ClickMemory(
                histories, clock: TrainingSet.clock(of: histories), shown: nil,
                attributes: TrainingSet(log: log).itemAttributes, itemCount: 9)
        }
        let whole = memory(log)
        for user in 0..<12 as Range<Int32> {
            let own = UserHistories(log)[user]
            guard own.count > 2 else { continue }
            let without = memory(log.selecting((0..<log.count).filter { log.users[$0] != user }))
            let place = 1 + Int(random.next() % UInt64(own.count - 1))
            func signals(_ memory: ClickMemory, _ known: ClickMemory.Known) -> [Float] {
                var values = [Float](repeating: 0, count: 18)
                memory.write(
                    [.transitions, .coOccurrence], of: (0..<9).map { $0 }, history: own.prefix(place), read: 50,
                    at: nil, known
                ) { values[$0] = $1 }
                return values
            }
            let (hidden, never) = (signals(whole, .others(than: own)), signals(without, .now))
            for (a, b) in zip(hidden, never) { #expect(abs(a - b) < 1e-3, "\(hidden) \(never)") }
        }
    }

    @Test func negativesAreAnewEveryEpochAndNeverThePersons() throws {
        let data = HistoryScorerTests.shop
        let config = DIN.Config { $0.train.negatives = 3 }
        let (_, examples, _) = try ClickReader.reading(data, config, model: "test", seed: 4)
        var differ = false
        for index in 0..<examples.count {
            let (first, second) = (examples[index, epoch: 0], examples[index, epoch: 1])
            #expect(first.items[0] == second.items[0] && first.labels == [1, 0, 0, 0])
            differ = differ || first.items != second.items
            #expect(first.items == examples[index, epoch: 0].items)
            #expect(first.history.allSatisfy { $0.behavior == 2 })
        }
        #expect(differ)
    }

    // MARK: The networks are what they are said to be

    /// Some questions of the world as a batch, for a network with these inputs.
    static func withBatch<Network: ClickNetwork>(
        _ type: Network.Type, _ config: Network.Config,
        _ body: (Network, ClickBatch, [Occasion], ClickReader, Tape) -> Void
    ) throws {
        let data = try world.get().data
        let (reader, examples, _) = try ClickReader.reading(data, config, model: "test", seed: 1)
        let network = Network(config, ClickSizes(config, reader.schema, behaviors: 1), stream: RandomStream(key: 5))
        let occasions = [300, 3, 400].map { examples[$0, epoch: 0] }
        let tape = Tape()
        tape.begin(batchCount: 12, training: false)
        body(network, ClickBatch(occasions, reader, tape), occasions, reader, tape)
    }

    @Test func aFactorizationMachineIsTheSumOverPairs() throws {
        let config = FactorizationMachine.Config { $0.inputs.width = 5 }
        try Self.withBatch(FactorizationMachine.self, config) { network, batch, occasions, reader, tape in
            let logits = network.logits(batch, tape).values
            let linear = network.terms(batch, tape).values
            let embedding = network.interactions.embedding
            let v = network.interactions.signals.values
            var row = 0
            for occasion in occasions {
                let history = occasion.history.suffix(50)
                for item in occasion.items {
                    func vector(_ table: EmbeddingTable, _ id: Int32) -> [Float] {
                        Array(table.values[Int(id) * 5..<Int(id) * 5 + 5])
                    }
                    var vectors = [vector(embedding.items, item)]
                    for (table, ids) in zip(embedding.fields, batch.fields) where ids[row] > 0 {
                        vectors.append(vector(table, ids[row]))
                    }
                    if !history.isEmpty {
                        vectors.append(
                            (0..<5).map { k in
                                history.items.reduce(0) { $0 + vector(embedding.items, $1)[k] } / Float(history.count)
                            })
                    }
                    for signal in 0..<batch.signals.columns {
                        let x = batch.signals[row * batch.signals.columns + signal]
                        vectors.append((0..<5).map { x * v[signal * 5 + $0] })
                    }
                    var sum: Float = 0
                    for a in vectors.indices {
                        for b in 0..<a { sum += zip(vectors[a], vectors[b]).reduce(0) { $0 + $1.0 * $1.1 } }
                    }
                    for head in 0..<2 {
                        let expected = linear[2 * row + head] + sum
                        #expect(abs(logits[2 * row + head] - expected) < 2e-4 * max(1, abs(expected)))
                    }
                    row += 1
                }
            }
        }
    }

    /// The first layer in parts is the paper's over [h, c, h ∘ c], and what is pooled is Σ a(h, c) h.
    @Test(arguments: ClickActivation.Kind.allCases)
    func theActivationUnitIsThePapers(_ activation: ClickActivation.Kind) throws {
        let config = DIN.Config {
            $0.inputs.width = 3
            $0.attention = [4]
            $0.activation = activation
        }
        try Self.withBatch(DIN.self, config) { network, batch, occasions, reader, tape in
            let candidates = network.embedding.candidates(batch, tape)
            let events = network.embedding.events(batch, tape)
            let pooled = network.unit(candidates, events, batch, tape).values
            let unit = network.unit
            let (wh, wp, wc) = (unit.event.values, unit.product.values, unit.candidate.weight.values)
            let (bias, output) = (unit.candidate.bias.values, unit.output.values)
            let (c, h) = (candidates.values, events.values)
            for question in 0..<3 {
                for row in batch.candidates[question] {
                    var expected = [Float](repeating: 0, count: 6)
                    for event in batch.histories[question] {
                        var weight: Float = 0
                        for k in 0..<4 {
                            var z = bias[k]
                            for j in 0..<6 {
                                let (x, y) = (h[event * 6 + j], c[row * 6 + j])
                                z += wh[k * 6 + j] * x + wc[k * 6 + j] * y + wp[k * 6 + j] * x * y
                            }
                            switch activation {
                            case .relu: z = max(0, z)
                            case .prelu: z = z > 0 ? z : 0.25 * z
                            // Fresh statistics: mean 0, deviation 1; α is 0.
                            case .dice: z *= 1 / (1 + exp(-z / (1 + 1e-5 as Float).squareRoot()))
                            }
                            weight += output[k] * z
                        }
                        for j in 0..<6 { expected[j] += weight * h[event * 6 + j] }
                    }
                    for j in 0..<6 { #expect(abs(pooled[row * 6 + j] - expected[j]) < 1e-4) }
                }
            }
        }
    }

    /// Five hundred candidates scored a part at a time, as the evaluation-mode tape has them together.
    @Test(arguments: kinds) func scoresAreTheTapes(_ kind: String) throws {
        let data = SequenceModelTests.rings
        func check<Network: ClickNetwork>(_ model: ClickModel<Network>) throws {
            let history = UserHistories(data.log)[5]
            let candidates = (0..<500).map { Int32($0 % data.itemCount) }
            let query = Query(history: history, context: RequestContext(time: 2_000_000_000), candidates: candidates)
            let scores = model.scores(query)
            let (reader, _, _) = try ClickReader.reading(data, model.config, model: "test", seed: 1)
            let tape = Tape()
            tape.begin(batchCount: 500, training: false)
            let occasion = Occasion(history: reader.read(history), context: query.context, items: candidates)
            let logits = model.network.logits(ClickBatch([occasion], reader, tape), tape)
            for k in 0..<500 {
                let p = 1 / (1 + exp(-logits[k * logits.columns]))
                #expect(abs(scores[k] - p) < 1e-5)
            }
        }
        let spec = try ModelSpec(kind, ["train": ["epochs": 1, "batch": 64]])
        let model = try spec.fit(to: data, in: FitContext(seed: 1, pool: WorkerPool(workerCount: 1)))
        switch model {
        case let model as ClickModel<LogisticRegression>: try check(model)
        case let model as ClickModel<FactorizationMachine>: try check(model)
        case let model as ClickModel<WideAndDeep>: try check(model)
        case let model as ClickModel<DeepFM>: try check(model)
        case let model as ClickModel<DIN>: try check(model)
        case let model as ClickModel<StateDIN>: try check(model)
        default: Issue.record("\(kind) is no model of clicks")
        }
    }

    // MARK: What people give

    @Test(arguments: kinds) func whatIsNotKnownIsHandled(_ kind: String) throws {
        let model = try Self.spec(kind, ["train": ["epochs": 1, "batch": 256]]).fit(
            to: Self.world.get().data, in: FitContext(seed: 1, pool: WorkerPool(workerCount: 1)))
        let scorer = try #require(model.historyScorer)
        let strange = [
            Query(), Query(context: RequestContext(time: 5, device: "toaster", region: "Mars", page: "nowhere")),
            Query(history: History(items: [0, 0, 3]), context: RequestContext(time: -86_400_000 * 365)),
            Query(history: History([.init(item: 1, time: .max / 4, value: .nan)]), context: RequestContext(time: 0)),
            Query(history: History(items: (0..<100_000).map { Int32($0 % 24) })),
        ]
        for query in strange {
            #expect(scorer.scores(query).allSatisfy { (0...1).contains($0) }, "\(query.context)")
        }
    }

    @Test(
        arguments: [
            (["inputs": ["width": 0]], "inputs.width"), (["inputs": ["signals": ["gaze"]]], "gaze"),
            (["inputs": ["fields": ["item", "item"]]], "twice"), (["objective": ["clip": 0.5]], "objective.clip"),
            (["objective": ["dwell": 0, "score": "dwell"]], "whose weight is 0"),
            (["regularization": -1], "regularization"),
            (["attention": []], "attention"), (["layers": [0]], "layers"),
        ] as [([String: ConfigValue], String)])
    func badConfigurationsAreRefusedInOneLine(_ config: [String: ConfigValue], _ told: String) throws {
        let error = #expect(throws: (any Error).self) {
            try ModelSpec("din", .mapping(config)).fit(to: Self.world.get().data)
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains(told) && !text.contains("\n"), "\(text)")
    }

    @Test func aLogWithoutAClickIsRefused() throws {
        var log = Self.log(40, seed: 1).log
        log.clicked = log.clicked.map { _ in false }
        let error = #expect(throws: ModelError.self) {
            try Self.spec("din").fit(to: TrainingSet(log))
        }
        #expect(error.map { "\($0)" } == "din cannot learn from this data: nothing that was shown was clicked")
    }

    // MARK: Calibration

    @Test(arguments: ["platt", "isotonic"]) func whatIsTooSureIsBroughtBack(_ name: String) {
        var random = RandomStream(seed: 7, "calibration")
        // Logits three times too large and one too high.
        let truth = (0..<20_000).map { _ in Float(random.normalPair().0) }
        let clicked = truth.map { random.nextUnit() < Double(1 / (1 + exp(-$0))) }
        let logits = truth.map { 3 * $0 + 1 }
        let calibration =
            name == "platt"
            ? ClickCalibration.platt(logits, clicked: clicked) : .isotonic(logits, clicked: clicked)
        for z in stride(from: -2, through: 2, by: 0.25) as StrideThrough<Float> {
            #expect(abs(calibration(3 * z + 1) - 1 / (1 + exp(-z))) < 0.06, "\(z): \(calibration(3 * z + 1))")
        }
        let line = stride(from: -40, through: 40, by: 0.5).map { calibration(Float($0)) }
        #expect(zip(line, line.dropFirst()).allSatisfy { $0 <= $1 } && line.allSatisfy { 0...1 ~= $0 })
        #expect(ClickCalibration.platt([1, 2], clicked: [true, true]) == .none)
    }
}
