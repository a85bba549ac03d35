/// What a policy ranks by: the ranker's scores, or the learned mean reward of the candidates' features.
struct PolicyValues: Codable, Sendable {
    private var model: LinearReward?
    private(set) var version = 0

    init(_ policy: String, _ learning: LinearReward.Config?) throws(PolicyError) {
        if let learning { model = try LinearReward(learning, policy: policy) }
    }

    func callAsFunction(_ choices: ChoiceSet) throws(PolicyError) -> [Double] {
        guard let model else { return choices.scores }
        return try model.means(choices)
    }

    mutating func learn(_ outcome: Outcome) throws(PolicyError) {
        try outcome.checkFinite()
        try model?.learn(outcome)
        version += 1
    }
}
