internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// An unfinished ``IALS`` fit on disk: the factors after an epoch, which are all that the next epoch
/// reads, and the best factors so far. A resumed fit ends with the same numbers, bit for bit.
struct IALSCheckpoint {
    let url: URL
    /// What must be equal for a checkpoint to be gone on from.
    let identity: String

    struct State {
        var epoch: Int
        var isFinished: Bool
        var factors: FactorScorer
        var best: FactorScorer
        var bestEpoch: Int
        var figure: Double

        func stopping(patience: Int) -> BestEpoch<FactorScorer> {
            var stopping = BestEpoch<FactorScorer>(patience: patience)
            (stopping.best, stopping.bestEpoch, stopping.figure) = (best, bestEpoch, figure)
            return stopping
        }
    }

    static func identity(_ config: IALS.Config, _ data: TrainingSet, _ seed: UInt64) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(config), as: UTF8.self)
        // Which items, not only how many: a fit to other data must not go on from here.
        var digest = seed
        for column in data.interactions.columns {
            digest = RandomStream.mix(digest &+ UInt64(UInt32(bitPattern: column)))
        }
        let matrix = data.interactions
        return "\(text) seed \(seed) \(matrix.rowCount)×\(matrix.columnCount), \(matrix.entryCount) entries \(digest)"
            + (data.validation.map { " \($0.metric) of \($0.holdout.users.count)" } ?? "")
    }

    func save(epoch: Int, _ factors: FactorScorer, _ stopping: BestEpoch<FactorScorer>, isFinished: Bool) throws {
        var artifact = Artifact()
        for (prefix, scorer) in [("now.", factors), ("best.", stopping.best ?? factors)] {
            var part = Artifact()
            scorer.save(to: &part)
            artifact.insert(part, prefix: prefix)
        }
        let metadata = [
            "identity": identity, "epoch": "\(epoch)", "finished": "\(isFinished)",
            "best-epoch": "\(stopping.bestEpoch)", "figure": "\(stopping.figure)",
        ]
        try Safetensors(tensors: artifact.tensors, metadata: metadata).write(to: url)
    }

    /// Nil when there is none, or one of another fit.
    func load() throws -> State? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        do {
            let file = try Safetensors(contentsOf: url)
            guard file.metadata["identity"] == identity else { return nil }
            var artifact = Artifact()
            artifact.tensors = file.tensors
            guard let epoch = file.metadata["epoch"].flatMap(Int.init), epoch > 0,
                let isFinished = file.metadata["finished"].flatMap(Bool.init),
                let bestEpoch = file.metadata["best-epoch"].flatMap(Int.init),
                let figure = file.metadata["figure"].flatMap(Double.init)
            else { throw ModelError.badArtifact(path: url.path, reason: "the checkpoint lacks its epoch") }
            return State(
                epoch: epoch, isFinished: isFinished, factors: try FactorScorer(from: artifact.part("now.")),
                best: try FactorScorer(from: artifact.part("best.")), bestEpoch: bestEpoch, figure: figure)
        } catch let error as SafetensorsError {
            throw ModelError.badArtifact(path: url.path, reason: "\(error); remove the file to start anew")
        }
    }
}
