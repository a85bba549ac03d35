internal import MarqueeTensor

/// Where a training run stands.
struct TrainingState: Codable {
    /// Epochs that are done.
    var epoch = 0
    /// Steps of the current epoch that are done, the sum of their losses, their samples and their time.
    var step = 0
    var loss = 0.0
    var samples = 0
    var seconds = 0.0
    private(set) var curve: [EpochRecord] = []
    private var bestValidation = -Double.infinity
    private var bestEpoch = 0
    /// The parameters of the best epoch; nil without validation.
    var best: [String: StoredTensor]?

    private enum CodingKeys: CodingKey {
        case epoch, step, loss, samples, seconds, curve, bestValidation, bestEpoch
    }

    /// Mean loss of the current epoch so far.
    var meanLoss: Double { loss / Double(max(samples, 1)) }

    /// Whether so many epochs brought no better validation figure; known after an epoch that was validated.
    func isExhausted(patience: Int?) -> Bool {
        guard let patience, bestEpoch > 0, curve.last?.validation != nil else { return false }
        return epoch - bestEpoch >= patience
    }

    /// Ends the current epoch. `parameters` are taken where the figure is the best so far.
    mutating func finishEpoch(
        baseline: Double? = nil, validation: Double?, parameters: () -> [String: StoredTensor]
    ) -> EpochRecord {
        epoch += 1
        let record = EpochRecord(
            epoch: epoch, loss: meanLoss, baseline: baseline, validation: validation, samples: samples, seconds: seconds
        )
        curve.append(record)
        if let validation, validation > bestValidation {
            (bestValidation, bestEpoch, best) = (validation, epoch, parameters())
        }
        (step, loss, samples, seconds) = (0, 0, 0, 0)
        return record
    }
}
