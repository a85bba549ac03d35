/// One decision of any policy, with what came of it: all that another policy needs to be judged by it.
public struct LoggedChoice: Codable, Sendable, Equatable {
    /// What it chose among.
    public var choices: ChoiceSet
    /// What it showed, with its propensities.
    public var slate: Slate
    /// What each slot earned. [slots]
    public var rewards: [Double]

    public init(choices: ChoiceSet, slate: Slate, rewards: [Double]) {
        self.choices = choices
        self.slate = slate
        self.rewards = rewards
    }
}
