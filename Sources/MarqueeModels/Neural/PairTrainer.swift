internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor
internal import Synchronization

/// Trains a ``ScoringNetwork``: samples, steps, validates, stops early, writes checkpoints and resumes.
///
/// A run is a function of (config, data, seed, worker count): it may be killed at any moment, and one
/// that goes on from its checkpoint ends with the same numbers as one that was left alone.
struct PairTrainer<Network: ScoringNetwork> {
    let network: Network
    let training: TrainingConfig
    let data: TrainingSet
    let context: FitContext
    /// The positives where they are not the target's interactions.
    var positives: InteractionMatrix?

    /// Steps between two looks at the clock and at the user's wish to stop.
    private var stepsPerRegion: Int { max(1, 131_072 / training.batch) }
    private static var checkpointInterval: Duration { .seconds(30) }

    func run() throws {
        let crew = Crew(pool: context.pool, messages: training.messages)
        let parameters = ModuleParameters(of: network)
        let sampler = NegativeSampler(
            positives ?? data.interactions, negatives: training.negatives,
            distribution: training.popularity == 0 ? .uniform : .popularity(exponent: training.popularity),
            samplingUnit: training.samplingUnit, seed: context.seed)
        let steps = PairSteps(sampler: sampler, training: training)
        let optimizer = Optimizer(
            training.options(steps: steps.count * training.epochs), for: parameters, crew: crew)
        var state = TrainingState()
        let checkpoint = context.checkpoint.map {
            TrainingCheckpoint(
                url: $0.url, fingerprint: fingerprint, parameters: parameters, optimizer: optimizer)
        }
        if let resumed = try checkpoint?.resume() {
            state = resumed
            context.progress.note("resumed at epoch \(state.epoch + 1), step \(state.step) of \(steps.count)")
            state.curve.forEach(context.epochFinished)
        }
        var saved = ContinuousClock.now
        while state.epoch < training.epochs, !state.isExhausted(patience: training.patience) {
            while state.step < steps.count {
                let range = state.step..<min(state.step + stepsPerRegion, steps.count)
                let started = ContinuousClock.now
                state.loss += run(range, of: steps, epoch: state.epoch, crew: crew, optimizer: optimizer)
                state.step = range.upperBound
                state.seconds += started.duration(to: .now) / .seconds(1)
                report(state, steps: steps)
                let stop = Interruption.isRequested
                if let checkpoint, stop || saved.duration(to: .now) > Self.checkpointInterval {
                    try checkpoint.write(state)
                    saved = .now
                }
                if stop { throw Interrupted() }
            }
            try finishEpoch(&state, steps: steps, parameters: parameters)
            if let checkpoint {
                try checkpoint.write(state)
                saved = .now
            }
        }
        if let best = state.best { try parameters.restore(best) }
    }

    /// What makes two runs the same run.
    private var fingerprint: String {
        "\(Network.kind) \(training) seed \(context.seed) workers \(context.pool.workerCount) "
            + "\(data.userCount) × \(data.itemCount), \(data.interactions.entryCount)"
    }

    private func run(
        _ range: Range<Int>, of steps: PairSteps, epoch: Int, crew: Crew, optimizer: Optimizer
    ) -> Double {
        let losses = Mutex([Double](repeating: 0, count: crew.workerCount))
        crew.run { tape in
            var sum = 0.0
            for step in range {
                let stream = RandomStream(seed: context.seed, "step", epoch * steps.count + step)
                sum += steps.forward(
                    step, epoch: epoch, network: network, tape: tape, pool: context.pool, stream: stream)
                tape.backward()
                optimizer.update(tape)
            }
            losses.withLock { [sum] in $0[tape.worker] = sum }
        }
        return losses.withLock { $0.reduce(0, +) }
    }

    private func report(_ state: TrainingState, steps: PairSteps) {
        let done = min(state.step * steps.instancesPerStep, steps.instances)
        context.progress.advance(
            "\(Network.kind) epoch \(state.epoch + 1)/\(training.epochs)", completed: done, total: steps.instances,
            unit: "samples", figures: [("loss", state.loss / Double(max(done, 1)))])
    }

    private func finishEpoch(_ state: inout TrainingState, steps: PairSteps, parameters: ModuleParameters) throws {
        var record = EpochRecord(
            epoch: state.epoch + 1, loss: state.loss / Double(max(steps.instances, 1)), samples: steps.instances,
            seconds: state.seconds)
        if let validation = data.validation {
            let scorer = network.scorer(userCount: data.userCount, itemCount: data.itemCount, target: data.target)
            let value = try validation.evaluate(scorer, pool: context.pool)
            record.validation = value
            if value > state.bestValidation {
                state.bestValidation = value
                state.bestEpoch = record.epoch
                state.best = parameters.tensors()
            }
        }
        state.curve.append(record)
        state.epoch += 1
        state.step = 0
        state.loss = 0
        state.seconds = 0
        context.epochFinished(record)
    }
}
