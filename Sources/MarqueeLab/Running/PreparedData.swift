internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime

/// What an experiment reads, after its preparation steps and before any split.
struct PreparedData: Sendable {
    let dataset: Dataset
    /// Nil of a simulation.
    let read: ReadReport?
    let steps: [StepReport]
    /// What the data is of, where it is of the media world.
    let media: MediaLog?

    /// Telling of each step what it left.
    init(
        _ experiment: Experiment, data: URL?, file: URL?, pool: WorkerPool, progress: any ProgressObserver
    ) throws {
        media = try experiment.data.mediaWorld.map {
            try DataSource.simulate($0, pool: pool, progress: progress)
        }
        var (dataset, read) =
            try media.map { ($0.dataset(), nil) }
            ?? experiment.data.read(in: data, besides: file, pool: pool, progress: progress)
        var steps: [StepReport] = []
        for step in experiment.prepare {
            let (next, report) = try step.apply(to: dataset, seed: experiment.data.seed)
            progress.note("\(report)")
            steps.append(report)
            dataset = next
            try Interruption.check()
        }
        if read != nil { read?.isFromCache = false }  // How fast it was read says nothing of the data.
        (self.dataset, self.read, self.steps) = (dataset, read, steps)
    }
}
