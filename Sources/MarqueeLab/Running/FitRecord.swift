public import MarqueeEvaluation
public import MarqueeModels

/// What came of one model fitted with one seed: `results/NAME/seed-1.json` of a run folder.
public struct FitRecord: Sendable, Codable, Equatable {
    /// What the experiment calls the model.
    public var model: String
    /// The model and its configuration, as it was fitted; what tuning chose and what followed the data included.
    public var spec: ModelSpec
    public var seed: UInt64
    /// Which fold was tested, from 1; nil where there is one split.
    public var fold: Int?
    /// The learning curve; empty for models without epochs.
    public var curve: [EpochRecord]
    /// When the model was trained anew on training and validation data: for how many epochs, 0 where it has none.
    public var refitEpochs: Int?
    /// Of fitting, refitting included.
    public var seconds: Double
    /// Training samples, or interactions for models that look at each once, over the seconds of training alone.
    public var samplesPerSecond: Double
    /// The most memory that the process held while fitting.
    public var peakBytes: Int
    public var evaluationSeconds: Double
    /// The figure on validation data that the model was chosen by.
    public var validation: Double?
    /// One a protocol, in the experiment's order; there is at least one.
    public var protocolResults: [ProtocolResult]
    /// Of the first seed only.
    public var beyond: BeyondAccuracy?
    /// How much each behavior counts, by name; nil for models that do not say.
    public var behaviorWeights: [String: Double]?

    /// What was found in one protocol.
    public struct ProtocolResult: Sendable, Codable, Equatable {
        /// Every metric for every user.
        public var result: EvaluationResult
        public var slices: [SliceResult]
        /// Of impressions, what was found over all that was shown; nil of other protocols.
        public var clicks: ClickResult?
    }

    /// Every metric for every user, in the first protocol.
    public var result: EvaluationResult { protocolResults[0].result }
}

/// A model that could not be fitted, and why: `results/NAME/not-fitted.json`.
public struct NotFitted: Sendable, Codable, Equatable {
    /// What the experiment calls the model.
    public var model: String
    /// With the remedy, such as `50000 items need 10 GB; drop rare items with k-core, or use ials`.
    public var reason: String

    /// `ease was not fitted: 50000 items need 10 GB; …`
    public var sentence: String { "\(model) was not fitted: \(reason)" }
}

/// What was tried for a model, and with what success on validation data: `results/NAME/tuning.json`.
public struct TuningRecord: Sendable, Codable, Equatable {
    public struct Trial: Sendable, Codable, Equatable {
        /// Such as `regularization 500`.
        public var setting: String
        public var validation: Double
        public var seconds: Double
    }

    public var trials: [Trial]

    /// The best by a metric, the earlier of equals; nil when there is none.
    public func best(by metric: Metric) -> Trial? {
        trials.max { metric.merit($0.validation) < metric.merit($1.validation) }
    }
}
