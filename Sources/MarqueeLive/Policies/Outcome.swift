/// What came of one slot of one decision.
///
/// A slot is learned once with what is known of it, usually 0 when it was shown, and again with `revising`
/// whenever its reward changes, so that a late click corrects and never counts twice.
public struct Outcome: Codable, Sendable, Equatable {
    /// The candidate shown.
    public var item: String
    /// Its features at the time of the decision. [width]
    public var features: [Double]
    /// The reward as it is known now; in [0, 1] for Beta-Thompson.
    public var reward: Double
    /// The reward that this slot was learned with before; nil the first time.
    public var revising: Double?

    public init(item: String, features: [Double] = [], reward: Double, revising: Double? = nil) {
        self.item = item
        self.features = features
        self.reward = reward
        self.revising = revising
    }

    /// - Throws: ``PolicyError/badReward(item:reward:allowed:)`` unless the reward is a number.
    func checkFinite() throws(PolicyError) {
        guard reward.isFinite else { throw .badReward(item: item, reward: reward, allowed: "a finite number") }
    }
}
