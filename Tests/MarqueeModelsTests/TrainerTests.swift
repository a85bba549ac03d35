import Foundation
import MarqueeModels
import MarqueeRuntime
import MarqueeTensor
import Synchronization
import Testing

/// The trainer with a model that has neither pairs nor a graph nor users: a linear regression, worked out by hand.
@Suite struct TrainerTests {
    /// y = x · w.
    struct Regression: Module {
        let weight = Parameter(columns: 2, .constant(0), stream: RandomStream(key: 0))

        func callAsFunction(_ x: Tensor, _ tape: Tape) -> Tensor { tape.matmul(x, tape(weight), transposed: true) }
    }

    /// Ten samples in batches of 3, 5 and 2, as sequences of unlike lengths are batched.
    struct RegressionSteps: StepSource {
        static let inputs: [[Float]] = (0..<10).map { [Float($0 % 4) / 2, 1 - Float($0 * $0 % 7) / 3] }
        static let targets: [Float] = inputs.enumerated().map { 2 * $1[0] - $1[1] + ($0 % 2 == 0 ? 0.1 : -0.1) }
        static let batches = [0..<3, 3..<8, 8..<10]

        let network = Regression()
        /// Of inputs, for a step that makes random choices.
        var dropout: Float = 0
        var started: @Sendable (TrainingStep) -> Void = { _ in }

        var stepsPerEpoch: Int { Self.batches.count }
        var stepsBetweenReports: Int { 1 }
        func sampleCount(of step: Int, epoch: Int) -> Int { Self.batches[step].count }

        func loss(of step: TrainingStep, _ tape: Tape) -> Double {
            if tape.worker == 0 { started(step) }
            let batch = Self.batches[step.index]
            let rows = batch.dropFirst(step.shard(of: batch.count).lowerBound).prefix(step.shard(of: batch.count).count)
            let x = tape.constant(rows.flatMap { Self.inputs[$0] }, rows: rows.count, columns: 2)
            let y = tape.constant(rows.map { Self.targets[$0] }, rows: rows.count)
            return tape.squaredError(network(tape.dropout(x, rate: dropout), tape), targets: y)
        }
    }

    static func training(_ epochs: Int, _ change: (inout TrainingConfig) -> Void = { _ in }) -> TrainingConfig {
        TrainingConfig {
            $0.epochs = epochs
            $0.rate = 0.05
            change(&$0)
        }
    }

    /// Trains a network of `steps` and returns its weights and its learning curve without times.
    static func train(
        _ steps: RegressionSteps, _ training: TrainingConfig, workers: Int = 2, identity: String = "regression",
        checkpoint: Checkpoint? = nil, progress: any ProgressObserver = SilentProgress(),
        isStopRequested: @escaping @Sendable () -> Bool = { false },
        validation: (Regression) -> ValidationFigure? = { _ in nil }
    ) throws -> (weights: [Float], curve: [EpochRecord]) {
        let curve = Mutex<[EpochRecord]>([])
        var context = FitContext(
            seed: 3, pool: WorkerPool(workerCount: workers), progress: progress, checkpoint: checkpoint
        ) { record in
            var record = record
            record.seconds = 0
            curve.withLock { [record] in $0.append(record) }
        }
        context.isStopRequested = isStopRequested
        try Trainer(
            "regression", GradientDescent(steps, training, in: context), epochs: training.epochs,
            patience: training.patience, validation: validation(steps.network), identity: identity, in: context
        ).run()
        return (steps.network.weight.values, curve.withLock { $0 })
    }

    /// Minus the squared distance to the weights that the samples were made of.
    static func closeness(_ network: Regression) -> ValidationFigure {
        ValidationFigure("closeness") { _ in
            let w = network.weight.values
            return -Double((w[0] - 2) * (w[0] - 2) + (w[1] + 1) * (w[1] + 1))
        }
    }

    static func temporaryURL() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)")
    }

    @Test(arguments: [1, 2]) func takesTheStepsOfGradientDescent(_ workers: Int) throws {
        let training = Self.training(4) {
            $0.optimizer = .sgd
            $0.cosine = true
        }
        let (weights, curve) = try Self.train(RegressionSteps(), training, workers: workers)
        // w ← w − η_t · mean of 2 (x · w − y) x, η_t along half a cosine over twelve steps.
        var w = [0.0, 0.0]
        var step = 0
        for epoch in 0..<4 {
            var loss = 0.0
            for batch in RegressionSteps.batches {
                var gradient = [0.0, 0.0]
                for k in batch {
                    let x = RegressionSteps.inputs[k].map(Double.init)
                    let error = x[0] * w[0] + x[1] * w[1] - Double(RegressionSteps.targets[k])
                    loss += error * error
                    for j in 0..<2 { gradient[j] += 2 * error * x[j] / Double(batch.count) }
                }
                let rate = 0.05 * 0.5 * (1 + cos(Double.pi * Double(step) / 12))
                for j in 0..<2 { w[j] -= rate * gradient[j] }
                step += 1
            }
            let record = try #require(curve.count == 4 ? curve[epoch] : nil)
            #expect(record.epoch == epoch + 1 && record.samples == 10 && record.validation == nil)
            #expect(abs((record.loss ?? 0) - loss / 10) < 1e-5)
        }
        for j in 0..<2 { #expect(abs(Double(weights[j]) - w[j]) < 1e-5) }
    }

    /// Killed after the first step of the third epoch, or asked to stop there, a run ends with the numbers of one that was
    /// left alone: weights, losses and figures, with Adam's moments, dropout and the best epoch so far.
    @Test(arguments: [false, true]) func goesOnInTheMiddleOfAnEpoch(_ isAsked: Bool) throws {
        let training = Self.training(5) { $0.patience = 3 }
        let whole = try Self.train(RegressionSteps(dropout: 0.3), training, validation: Self.closeness)
        let (url, killed) = (Self.temporaryURL(), Self.temporaryURL())
        defer { for file in [url, killed] { try? FileManager.default.removeItem(at: file) } }
        // A negative interval has passed after every step.
        let checkpoint = Checkpoint(url: url, interval: .seconds(-1))
        if isAsked {
            let asked = Atomic<Int>(0)
            #expect(throws: Interrupted.self) {
                try Self.train(
                    RegressionSteps(dropout: 0.3), training, checkpoint: Checkpoint(url: url),
                    isStopRequested: { asked.wrappingAdd(1, ordering: .relaxed).newValue == 7 },
                    validation: Self.closeness)
            }
            try FileManager.default.copyItem(at: url, to: killed)
        } else {
            let steps = RegressionSteps(dropout: 0.3) { step in
                if step.epoch == 2, step.index == 1 { try? FileManager.default.copyItem(at: url, to: killed) }
            }
            _ = try Self.train(steps, training, checkpoint: checkpoint, validation: Self.closeness)
        }
        let taken = Mutex<[[Int]]>([])
        let resumed = try Self.train(
            RegressionSteps(dropout: 0.3) { step in taken.withLock { $0.append([step.epoch, step.index]) } }, training,
            checkpoint: Checkpoint(url: killed), validation: Self.closeness)
        #expect(taken.withLock { $0 } == [[2, 1], [2, 2]] + (3..<5).flatMap { e in (0..<3).map { [e, $0] } })
        #expect(resumed.weights == whole.weights)
        #expect(resumed.curve == whole.curve && whole.curve.count == 5)
    }

    @Test func keepsTheBestEpochAndStopsWhenPatienceEnds() throws {
        func train(patience: Int?) throws -> (weights: [Float], curve: [EpochRecord]) {
            let figures = Mutex([0.3, 0.5, 0.4, 0.5, 0.2, 0.9])
            return try Self.train(
                RegressionSteps(), Self.training(6) { $0.patience = patience },
                validation: { _ in ValidationFigure("given") { _ in figures.withLock { $0.removeFirst() } } })
        }
        let stopped = try train(patience: 2)
        #expect(stopped.curve.map(\.validation) == [0.3, 0.5, 0.4, 0.5], "an equal figure is no better one")
        #expect(try stopped.weights == Self.train(RegressionSteps(), Self.training(2)).weights)
        let patient = try train(patience: nil)
        #expect(patient.curve.count == 6)
        #expect(try patient.weights == Self.train(RegressionSteps(), Self.training(6)).weights)
    }

    @Test func tellsOfSamplesLossAndTheLastFigure() throws {
        let listener = Listener()
        let (_, curve) = try Self.train(
            RegressionSteps(), Self.training(2), progress: listener, validation: Self.closeness)
        let reports = listener.reports.withLock { $0 }
        #expect(
            reports.map(\.text) == [
                "regression training epoch 1/2: 3 of 10 samples", "regression training epoch 1/2: 8 of 10 samples",
                "regression training epoch 1/2: 10 of 10 samples", "regression training epoch 2/2: 3 of 10 samples",
                "regression training epoch 2/2: 8 of 10 samples", "regression training epoch 2/2: 10 of 10 samples",
            ])
        #expect(reports.map { $0.figures["loss"] == nil } == Array(repeating: false, count: 6))
        #expect(reports[2].figures["loss"] == curve[0].loss)
        #expect(reports[0].figures["closeness"] == nil && reports[3].figures["closeness"] == curve[0].validation)
    }

    /// With a budget, figures come every so many epochs and after the last, and patience waits for one.
    @Test func validatesEverySoManyEpochs() throws {
        let listener = Listener()
        func train(epochs: Int, patience: Int?) throws -> [Double?] {
            let figures = Mutex([0.3, 0.5, 0.5, 0.9])
            return try Self.train(
                RegressionSteps(), Self.training(epochs) { $0.patience = patience }, progress: listener,
                validation: { _ in
                    ValidationFigure("given", every: 3) { progress in
                        progress.advance("evaluate", completed: 2, total: 4, unit: "users", figures: [])
                        return figures.withLock { $0.removeFirst() }
                    }
                }
            ).curve.map(\.validation)
        }
        #expect(try train(epochs: 8, patience: nil) == [nil, nil, 0.3, nil, nil, 0.5, nil, 0.5])
        #expect(listener.reports.withLock { $0 }.map(\.text).contains("regression validating epoch 6/8: 2 of 4 users"))
        // Epoch 7 is one without a better figure, but nobody looked.
        #expect(try train(epochs: 20, patience: 1) == [nil, nil, 0.3, nil, nil, 0.5, nil, nil, 0.5])
    }

    @Test func aLossThatIsNoNumberEndsTheFit() throws {
        #expect {
            try Self.train(RegressionSteps(), Self.training(50) { ($0.rate, $0.optimizer) = (1e30, .sgd) })
        } throws: { "\($0)".contains("it diverged: the loss of epoch") && "\($0)".contains("lower the learning rate") }
    }

    /// Halves a number each epoch, without tape, network or samples.
    final class Halving: Trainable {
        var number: Float = 8
        var stepsPerEpoch: Int { 1 }
        var stepsBetweenReports: Int { 1 }

        func sampleCount(of steps: Range<Int>, epoch: Int) -> Int { steps.count }

        func run(_ steps: Range<Int>, epoch: Int) -> Double {
            number /= 2
            return Double(number)
        }

        func parameters() -> [String: StoredTensor] { ["number": StoredTensor([number], shape: [1])] }

        func restore(parameters: [String: StoredTensor]) throws {
            guard let tensor = parameters["number"] else { throw ModuleError.missing("number") }
            number = try tensor.floats()[0]
        }
    }

    @Test func trainsWhatIsNoNetwork() throws {
        let listener = Listener()
        let halving = Halving()
        // The nearest to 3 comes after one epoch: 4, then 2, 1.
        try Trainer(
            "halving", halving, epochs: 3,
            validation: ValidationFigure("nearness") { _ in -Double(abs(halving.number - 3.1)) },
            identity: "", in: FitContext(progress: listener)
        ).run()
        #expect(halving.number == 4)
        #expect(
            listener.reports.withLock { $0 }.map(\.text) == [
                "halving training: 1 of 3 epochs", "halving training: 2 of 3 epochs", "halving training: 3 of 3 epochs",
            ])
    }

    @Test func startsAnewForAnotherRunAndNamesADamagedCheckpoint() throws {
        let url = Self.temporaryURL()
        defer { try? FileManager.default.removeItem(at: url) }
        let training = Self.training(2)
        let first = try Self.train(RegressionSteps(), training, checkpoint: Checkpoint(url: url))
        let again = try Self.train(
            RegressionSteps { _ in Issue.record("the run had ended") }, training, checkpoint: Checkpoint(url: url))
        #expect(again.weights == first.weights && again.curve == first.curve)
        let steps = Atomic<Int>(0)
        let other = try Self.train(
            RegressionSteps { _ in steps.add(1, ordering: .relaxed) }, training, identity: "another",
            checkpoint: Checkpoint(url: url))
        #expect(other.weights == first.weights && steps.load(ordering: .relaxed) == 6)
        try Data("half a checkpoint".utf8).write(to: url)
        #expect {
            try Self.train(RegressionSteps(), training, checkpoint: Checkpoint(url: url))
        } throws: { error in
            guard case ModelError.badCheckpoint(url.path, _) = error else { return false }
            return "\(error)".hasSuffix("; remove it to start anew")
        }
    }

    /// Epochs are a property of configurations that have them, whatever the key is.
    @Test(arguments: ModelRegistry.kinds) func specsKnowTheirEpochs(_ kind: String) throws {
        let spec = try ModelSpec(kind)
        let (epochs, other) = (try spec.epochs, try spec.training(epochs: 3))
        guard case .mapping(var config) = spec.config else {
            Issue.record("a configuration is a mapping")
            return
        }
        if case .mapping(var train) = config["train"] {
            #expect(train["epochs"] == epochs.map(ConfigValue.integer))
            train["epochs"] = 3
            config["train"] = .mapping(train)
        } else {
            #expect(config["epochs"] == epochs.map(ConfigValue.integer))
            if epochs != nil { config["epochs"] = 3 }
        }
        #expect(other.kind == kind && other.config == .mapping(config))
        guard epochs != nil else { return }
        #expect(throws: ConfigurationError.self) { try spec.training(epochs: 0) }
    }

    final class Listener: ProgressObserver {
        let reports = Mutex<[(text: String, figures: [String: Double])]>([])

        func advance(
            _ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)]
        ) {
            reports.withLock {
                $0.append(
                    (
                        "\(stage): \(completed) of \(total ?? 0) \(unit)",
                        Dictionary(figures.map { ($0.name, $0.value) }) { $1 }
                    ))
            }
        }

        func note(_ line: String) {}
    }
}
