internal import Foundation
internal import MarqueeTensor

/// Where a training run stands.
struct TrainingState: Codable {
    var epoch = 0
    /// Steps of the epoch that are done, their loss and their time.
    var step = 0
    var loss = 0.0
    var seconds = 0.0
    var curve: [EpochRecord] = []
    var bestValidation = -Double.infinity
    var bestEpoch = 0
    var best: [String: StoredTensor]?

    private enum CodingKeys: CodingKey { case epoch, step, loss, seconds, curve, bestValidation, bestEpoch }

    func isExhausted(patience: Int?) -> Bool {
        guard let patience, bestEpoch > 0 else { return false }
        return epoch - bestEpoch >= patience
    }
}

/// A run's checkpoint: one safetensors file with parameters, optimizer state, the best parameters so
/// far and, as JSON in its metadata, where the run stands. Written whole or not at all.
struct TrainingCheckpoint {
    let url: URL
    let fingerprint: String
    let parameters: ModuleParameters
    let optimizer: Optimizer

    func write(_ state: TrainingState) throws {
        var file = Safetensors()
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        file.metadata = [
            "fingerprint": fingerprint, "state": String(decoding: try encoder.encode(state), as: UTF8.self),
        ]
        for (name, tensor) in parameters.tensors() { file.tensors["now.\(name)"] = tensor }
        for (name, tensor) in optimizer.tensors() { file.tensors[name] = tensor }
        for (name, tensor) in state.best ?? [:] { file.tensors["best.\(name)"] = tensor }
        try file.write(to: url)
    }

    /// Puts the run back where the checkpoint left it; nil when there is none, or when it is of another run.
    func resume() throws -> TrainingState? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        let file = try Safetensors(contentsOf: url)
        guard file.metadata["fingerprint"] == fingerprint, let text = file.metadata["state"] else { return nil }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            var state = try decoder.decode(TrainingState.self, from: Data(text.utf8))
            try parameters.restore(file.tensors.named("now."))
            try optimizer.restore(file.tensors)
            let best = file.tensors.named("best.")
            state.best = best.isEmpty ? nil : best
            return state
        } catch {
            throw ModelError.badArtifact(path: url.path, reason: "\(error)")
        }
    }
}

extension [String: StoredTensor] {
    /// Those whose name begins with `prefix`, without it.
    fileprivate func named(_ prefix: String) -> [String: StoredTensor] {
        Dictionary(
            uniqueKeysWithValues: filter { $0.key.hasPrefix(prefix) }.map {
                (String($0.key.dropFirst(prefix.count)), $0.value)
            })
    }
}
