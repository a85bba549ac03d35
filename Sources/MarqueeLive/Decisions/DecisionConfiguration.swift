/// How decisions are made.
public struct DecisionConfiguration: Sendable {
    /// An answer is given within this time, by a weaker link if need be.
    public var deadline: Duration = .milliseconds(50)
    /// What part of the deadline an answer of the feature store is waited for. With two questions a decision at most half of
    /// the deadline goes by where it hangs, and then only for the first ones (``CircuitBreaker``).
    public static let storeShare = 0.25
    /// Up to which part of the deadline ranking is begun; what is left is for it, for the policy and the log.
    public static let rankingShare = 0.75
    /// How long an answer of the feature store is waited for.
    public var storeLimit: Duration { deadline * Self.storeShare }
    /// Sources by name, and how many candidates each may give.
    public var sources: [(name: String, limit: Int)] = [
        ("model", 150), ("item-to-item", 60), ("trending", 30), ("popular", 30), ("fresh", 20), ("social", 20),
        ("content", 60), ("other-domains", 20),
    ]
    /// Scores the candidates; where it cannot, weaker links of the chain do.
    public var ranker: any Ranker = ModelRanker()
    /// How many candidates the policy chooses among. All of them are logged with their scores, so that they are most
    /// of what a decision takes on the disk.
    public var choices = 50
    /// Of these, how many may be items that the ranker does not know.
    public var unknownChoices = 10
    public var fatigue = Fatigue()
    public var popularity = PopularityWeights()
    /// A rating below this one is a dislike: it takes from what is trending and popular, and no neighbors are looked for.
    public var likedRating: Float = 3
    /// At most so many of one category in an answer; 0 for no cap.
    public var categoryCap = 0
    /// Whether policies get scores as probabilities, σ(z), instead of standardized, z.
    public var probabilities = false

    public init() {}
}
