/// How decisions are made.
public struct DecisionConfiguration: Sendable {
    /// An answer is given within this time, by a weaker link if need be.
    public var deadline: Duration = .milliseconds(50)
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
    /// At most so many of one category in an answer; 0 for no cap.
    public var categoryCap = 0
    /// Whether policies get scores as probabilities, σ(z), instead of standardized, z.
    public var probabilities = false

    public init() {}
}
