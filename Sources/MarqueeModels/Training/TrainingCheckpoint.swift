internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// A run's checkpoint: one safetensors file with parameters, optimizer state, the best parameters so
/// far and, as JSON in its metadata, where the run stands. Written whole or not at all.
struct TrainingCheckpoint {
    let destination: Checkpoint
    /// What makes two runs the same run.
    let identity: String

    func write(_ state: TrainingState, of model: some Trainable) throws {
        var file = Safetensors()
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        file.metadata = [
            "identity": identity, "state": String(decoding: try encoder.encode(state), as: UTF8.self),
        ]
        for (name, tensor) in model.parameters() { file.tensors["now.\(name)"] = tensor }
        for (name, tensor) in model.optimizerState() { file.tensors[name] = tensor }
        for (name, tensor) in state.best ?? [:] { file.tensors["best.\(name)"] = tensor }
        try file.write(to: destination.url)
    }

    /// Puts the model back where the checkpoint left it; nil when there is none, or when it is of another run.
    /// - Throws: ``ModelError/badCheckpoint(path:reason:)``.
    func restore(_ model: some Trainable) throws -> TrainingState? {
        guard FileManager.default.fileExists(atPath: destination.url.path) else { return nil }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            let file = try Safetensors(contentsOf: destination.url)
            guard file.metadata["identity"] == identity, let text = file.metadata["state"] else { return nil }
            var state = try decoder.decode(TrainingState.self, from: Data(text.utf8))
            try model.restore(parameters: file.tensors.named("now."))
            try model.restore(optimizerState: file.tensors)
            let best = file.tensors.named("best.")
            state.best = best.isEmpty ? nil : best
            return state
        } catch {
            throw ModelError.badCheckpoint(path: destination.url.path, reason: "\(error)")
        }
    }
}

extension TrainingSet {
    /// What a fit comes from: two of equal text end with the same numbers.
    ///
    /// Which items were touched is told by a digest, so that a fit to other data of the same size does not go on where
    /// this one stopped. O(interactions).
    func identity(of kind: String, _ config: some ModelConfig, seed: UInt64) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(config), as: UTF8.self)
        var digest = seed
        for matrix in behaviors {
            for column in matrix.columns { digest = RandomStream.mix(digest &+ UInt64(UInt32(bitPattern: column))) }
        }
        return "\(kind) \(text) seed \(seed) \(userCount) × \(itemCount), \(interactions.entryCount) \(digest)"
            + (validation.map {
                " \($0.metric) of \($0.holdout.users.count)\($0.every > 1 ? " every \($0.every)" : "")"
            } ?? "")
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
