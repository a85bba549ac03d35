public import MarqueeData
public import MarqueeEvaluation
public import MarqueeModels
internal import MarqueeRuntime

extension TrainingSet {
    /// What a split leaves to learn from, with its validation data to choose by. Users who are held out wholly are not
    /// among its users.
    /// - Parameters:
    ///   - candidates: what validation targets are ranked against.
    ///   - metric: the figure on validation data that chooses.
    public init(
        _ split: Split, of dataset: Dataset, candidates: CandidateProtocol = .full, by metric: Metric
    ) {
        let validation = split.validation.flatMap { holdout in
            holdout.users.isEmpty
                ? nil
                : Validation(
                    holdout: holdout, candidates: candidates,
                    seen: InteractionMatrix((split.given?.validation ?? split.train).targets), metric: metric,
                    histories: (split.given?.validation).map { UserHistories($0) })
        }
        guard split.given != nil else {
            self.init(
                log: split.train, catalog: dataset.catalog, ties: dataset.socialEdges, validation: validation)
            return
        }
        self.init(log: split.train.droppingIdleUsers(), catalog: dataset.catalog, validation: validation)
    }
}

extension Recommender {
    /// This model as a split asks it: by user, or by history where the held-out users are not among those that it
    /// learned from.
    /// - Throws: ``EvaluationError/knowsOnlyItsUsers`` where it cannot be asked so.
    func scorer(asked histories: UserHistories?) throws -> any Scorer {
        guard let histories else { return self }
        guard let scorer = historyScorer else { throw EvaluationError.knowsOnlyItsUsers }
        func answers(_ scorer: some HistoryScorer) -> any Scorer { scorer.answering(histories) }
        return answers(scorer)
    }
}
