/// A policy cannot be made, cannot choose, or cannot learn.
public enum PolicyError: Error, Equatable, CustomStringConvertible {
    case badSetting(policy: String, setting: String, reason: String)
    case badScore(item: String, score: Double)
    case badReward(item: String, reward: Double, allowed: String)
    case badFeatures(item: String)
    case otherWidth(found: Int, expected: Int)
    case badCandidate(Int, candidates: Int)

    public var description: String {
        switch self {
        case .badSetting(let policy, let setting, let reason): "policy \(policy): \(setting) \(reason)"
        case .badScore(let item, let score): "the score of '\(item)' is \(score); a policy needs finite scores"
        case .badReward(let item, let reward, let allowed):
            "the reward of '\(item)' is \(reward); it must be \(allowed): scale the weights in the reward's definition"
        case .badFeatures(let item): "a feature of '\(item)' is not a finite number"
        case .otherWidth(let found, let expected):
            "\(found) features a candidate, but the policy has learned from \(expected); "
                + "start it anew when the features change"
        case .badCandidate(let candidate, let candidates):
            "slot with candidate \(candidate): candidates are 0 to \(candidates - 1), each at most once in a slate"
        }
    }
}
