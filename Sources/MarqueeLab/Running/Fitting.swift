internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels
internal import MarqueeRuntime
internal import Synchronization

/// One fit with its cost; it goes on where an earlier attempt was stopped.
struct Fitting {
    struct Outcome {
        var model: any Recommender
        var curve: [EpochRecord]
        /// Earlier attempts included.
        var seconds: Double
        /// Of these, what the steps of training took; all of them for models without epochs.
        var trainingSeconds: Double
        /// Training samples seen; interactions, for models without epochs.
        var samples: Int
        var peakBytes: Int

        /// What to say of the time where more than half of it went into validation.
        var remark: String {
            guard seconds > 10, seconds > 2 * trainingSeconds, curve.contains(where: { $0.validation != nil }) else {
                return ""
            }
            return " (training \(Figures.duration(trainingSeconds)), the rest is validation; "
                + "'validate: { users: 2000, every: 2 }' shortens it)"
        }
    }

    let spec: ModelSpec
    let seed: UInt64
    /// Where the model keeps its state; the curve lies beside it.
    let checkpoint: URL
    let label: String

    func run(on data: TrainingSet, pool: WorkerPool, log: RunLog) throws -> Outcome {
        let curveURL = checkpoint.appendingPathExtension("curve.json")
        // A curve that a kill left damaged is worth less than the run.
        let curve = Curve((try? JSONFile.read([EpochRecord].self, from: curveURL)) ?? [], url: curveURL)
        let context = FitContext(
            seed: seed, pool: pool, progress: LabeledProgress(label: label, kind: spec.kind, next: log),
            checkpoint: Checkpoint(url: checkpoint)
        ) { record in
            guard curve.append(record) else { return }
            let figures = [
                record.loss.map { "loss \(Figures.metric($0))" },
                record.validation.map {
                    "\(data.validation?.metric.description ?? "validation") \(Figures.metric($0))"
                },
                record.seconds > 0 ? Figures.rate(Double(record.samples) / record.seconds, "samples") : nil,
            ]
            log.note("\(label): epoch \(record.epoch), \(figures.compactMap { $0 }.joined(separator: ", "))")
        }
        let clock = ContinuousClock()
        let start = clock.now
        PeakMemory.reset()
        let model = try spec.fit(to: data, in: context)
        let seconds = (clock.now - start).seconds
        let records = curve.records
        let total = seconds + curve.earlierSeconds
        return Outcome(
            model: model, curve: records, seconds: total,
            trainingSeconds: records.isEmpty ? total : records.reduce(0) { $0 + $1.seconds },
            samples: records.isEmpty ? data.log.count : records.reduce(0) { $0 + $1.samples },
            peakBytes: PeakMemory.bytes)
    }

    /// The learning curve, on disk after every epoch.
    private final class Curve: Sendable {
        /// What attempts before this one left.
        private let earlier: [EpochRecord]
        private let current = Mutex<[EpochRecord]?>(nil)
        private let url: URL

        init(_ earlier: [EpochRecord], url: URL) {
            self.earlier = earlier
            self.url = url
        }

        /// Adds an epoch; false when it is one that an earlier attempt told of already.
        func append(_ record: EpochRecord) -> Bool {
            let all = current.withLock { current in
                // The model goes on from its checkpoint: what it does again counts anew.
                var records = current ?? earlier.filter { $0.epoch < record.epoch }
                records.append(record)
                current = records
                return records
            }
            // The checkpoint decides what can be resumed; a curve that cannot be kept stops nothing.
            try? JSONFile.write(all, to: url)
            return !earlier.contains(record)
        }

        var records: [EpochRecord] { current.withLock { $0 } ?? earlier }

        /// What attempts before this one took.
        var earlierSeconds: Double { earlier.reduce(0) { $0 + $1.seconds } }
    }
}
