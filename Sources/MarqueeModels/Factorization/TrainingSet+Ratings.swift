internal import MarqueeData
internal import MarqueeRuntime

extension TrainingSet {
    /// The target's interactions with the ratings that were given; 1 each where the data has none, which is told.
    /// - Throws: ``ModelError/unfit(model:reason:)`` where there is not one.
    func ratings(for model: String, _ progress: any ProgressObserver) throws -> [RatingFactorization.Rating] {
        if log.values.isEmpty {
            progress.note("\(model): the data has no ratings, so that there is nothing to tell items apart by")
        }
        let ratings = (0..<log.count).filter { log.isTarget($0) }.map { row in
            RatingFactorization.Rating(
                user: log.users[row], item: log.items[row], value: log.values.isEmpty ? 1 : Double(log.values[row]))
        }
        guard !ratings.isEmpty else { throw ModelError.unfit(model: model, reason: "it has no interactions") }
        return ratings
    }
}
