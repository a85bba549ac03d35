internal import MarqueeRuntime

/// Trains a ``Trainable`` epoch by epoch: steps, validation, early stopping, checkpoints, resuming and progress.
/// What a step does, and what it learns from, is the model's affair.
///
///     let steps = SequenceSteps(network: network, histories: UserHistories(data.log), training: config.train)
///     try Trainer("lstm", steps, config, on: data, validation: figure, in: context).run()
///
/// A run is a function of (configuration, data, seed, worker count): it may be killed at any moment, and one that goes
/// on from its checkpoint ends with the same numbers, bit for bit, as one that was left alone.
public struct Trainer<Model: Trainable> {
    private let name: String
    private let model: Model
    private let epochs: Int
    private let patience: Int?
    private let identity: () throws -> String
    private let validation: ValidationFigure?
    private let context: FitContext

    /// - Parameters:
    ///   - name: what progress calls the model.
    ///   - epochs: at most so many.
    ///   - patience: epochs without a better validation figure before training stops; nil goes on to the last epoch.
    ///   - validation: evaluated after each epoch, or as often as it says; the parameters of the best epoch are kept.
    ///     Without it the last are.
    ///   - identity: what must be equal for a checkpoint to be gone on from; asked for where checkpoints are written.
    public init(
        _ name: String, _ model: Model, epochs: Int, patience: Int? = nil, validation: ValidationFigure? = nil,
        identity: @autoclosure @escaping () throws -> String, in context: FitContext
    ) {
        self.name = name
        self.model = model
        self.epochs = epochs
        self.patience = patience
        self.identity = identity
        self.validation = validation
        self.context = context
    }

    /// Trains the model, from its checkpoint where there is one of this very run.
    /// - Throws: ``Interrupted`` when the user asked for a stop, after a checkpoint was written;
    ///   ``ModelError/badCheckpoint(path:reason:)`` for a damaged checkpoint; what the model or its validation throws.
    public func run() throws {
        let checkpoint = try context.checkpoint.map { TrainingCheckpoint(destination: $0, identity: try identity()) }
        var state = TrainingState()
        if let resumed = try checkpoint?.restore(model) {
            state = resumed
            context.progress.note(
                "resumed at epoch \(state.epoch + 1), step \(state.step) of \(model.stepsPerEpoch)")
            state.curve.forEach(context.epochFinished)
        }
        var saved = ContinuousClock.now
        while state.epoch < epochs, !state.isExhausted(patience: patience) {
            let samples = model.sampleCount(of: 0..<model.stepsPerEpoch, epoch: state.epoch)
            while state.step < model.stepsPerEpoch {
                try take(state.step..<min(state.step + model.stepsBetweenReports, model.stepsPerEpoch), &state)
                if model.stepsPerEpoch > 1 { reportSteps(state, of: samples) }
                let stop = context.isStopRequested()
                if let checkpoint, stop || saved.duration(to: .now) > checkpoint.destination.interval {
                    try checkpoint.write(state, of: model)
                    saved = .now
                }
                if stop { throw Interrupted() }
            }
            guard state.meanLoss.isFinite else {
                throw ModelError.unfit(
                    model: name,
                    reason:
                        "it diverged: the loss of epoch \(state.epoch + 1) is not a number; lower the learning rate or "
                        + "raise the regularization")
            }
            let figure = try validate(after: state.epoch + 1)
            let record = state.finishEpoch(baseline: model.baselineLoss, validation: figure) { model.parameters() }
            if model.stepsPerEpoch == 1 { report(record) }
            context.epochFinished(record)
            if let checkpoint {
                try checkpoint.write(state, of: model)
                saved = .now
            }
        }
        if let best = state.best { try model.restore(parameters: best) }
    }

    /// The validation figure where it is due after an epoch, counted from 1.
    private func validate(after epoch: Int) throws -> Double? {
        guard let validation, epoch % validation.every == 0 || epoch == epochs else { return nil }
        return try validation.evaluate(
            StageProgress(stage: "\(name) validating epoch \(epoch)/\(epochs)", next: context.progress))
    }

    private func take(_ steps: Range<Int>, _ state: inout TrainingState) throws {
        let started = ContinuousClock.now
        state.loss += try model.run(steps, epoch: state.epoch)
        state.seconds += started.duration(to: .now).seconds
        state.samples += model.sampleCount(of: steps, epoch: state.epoch)
        state.step = steps.upperBound
    }

    /// How far an epoch is.
    private func reportSteps(_ state: TrainingState, of samples: Int) {
        context.progress.advance(
            "\(name) training epoch \(state.epoch + 1)/\(epochs)", completed: state.samples, total: samples,
            unit: "samples",
            figures: figures(loss: state.meanLoss, validation: state.curve.last?.validation))
    }

    /// How far training is, where an epoch is one step.
    private func report(_ record: EpochRecord) {
        context.progress.advance(
            "\(name) training", completed: record.epoch, total: epochs, unit: "epochs",
            figures: figures(loss: record.loss, validation: record.validation))
    }

    private func figures(loss: Double?, validation figure: Double?) -> [(name: String, value: Double)] {
        let loss = loss.map { (name: "loss", value: $0) }
        let merit = validation.flatMap { validation in figure.map { (name: validation.name, value: $0) } }
        return [loss, merit].compactMap { $0 }
    }
}

/// Says by a name of its own what is going on.
private struct StageProgress: ProgressObserver {
    let stage: String
    let next: any ProgressObserver

    func advance(
        _ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)]
    ) {
        next.advance(self.stage, completed: completed, total: total, unit: unit, figures: figures)
    }

    func note(_ line: String) { next.note(line) }
}

extension Trainer {
    /// The trainer of a network, as the `train` block of a model's configuration says.
    public init<Source: StepSource, Config: NetworkConfig>(
        _ kind: String, _ steps: Source, _ config: Config, on data: TrainingSet, validation: ValidationFigure?,
        in context: FitContext
    ) where Model == GradientDescent<Source> {
        self.init(
            kind, GradientDescent(steps, config.train, in: context), epochs: config.train.epochs,
            patience: config.train.patience, validation: validation,
            // Gradients are added up worker by worker.
            identity: try data.identity(of: kind, config, seed: context.seed)
                + " workers \(context.pool.workerCount)",
            in: context)
    }
}
