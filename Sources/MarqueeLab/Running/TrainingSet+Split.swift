public import MarqueeData
public import MarqueeEvaluation
public import MarqueeModels
internal import MarqueeRuntime

extension TrainingSet {
    /// What a split leaves to learn from, with its validation data to choose by. Users who are held out wholly are not
    /// among its users.
    /// - Parameters:
    ///   - validation: the part of the split's validation data to choose by; nil for all of it.
    ///   - candidates: what validation targets are ranked against.
    ///   - metric: the figure on validation data that chooses.
    ///   - budget: how many users are asked for, and how often.
    ///   - seed: which users, where not all are.
    public init(
        _ split: Split, of dataset: Dataset, validation: Holdout? = nil, candidates: CandidateProtocol = .full,
        by metric: Metric, budget: ValidationBudget = .all, seed: UInt64 = 1
    ) {
        let validation = (validation ?? split.validation).flatMap { holdout in
            holdout.users.isEmpty
                ? nil
                : Validation(
                    holdout: holdout, candidates: candidates,
                    seen: InteractionMatrix((split.given?.validation ?? split.train).targets), metric: metric,
                    histories: (split.given?.validation).map { UserHistories($0) }, every: budget.every
                ).sampling(budget.users ?? .max, seed: seed)
        }
        if split.given == nil {
            self.init(split.train, of: dataset, validation: validation)
        } else {
            self.init(onlyActiveUsersOf: split.train, of: dataset, validation: validation)
        }
    }

    /// What is learned from `log` under a vocabulary of the users alone who did something. Attributes and ties follow
    /// the data's users, and stay out.
    init(onlyActiveUsersOf log: InteractionLog, of dataset: Dataset, validation: Validation? = nil) {
        self.init(
            log: log.droppingIdleUsers(), catalog: dataset.catalog, knowledge: dataset.knowledge,
            domains: ItemDomains(dataset.catalog), validation: validation)
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
