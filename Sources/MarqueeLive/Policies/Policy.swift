public import MarqueeRuntime

/// Decides what is shown: chooses a slate among scored candidates, knows the probability of every choice it
/// could have made, and learns from what came of it.
///
///     var policy = EpsilonGreedy(.init(epsilon: 0.1))
///     let slate = try policy.choose(3, from: choices, seed: decision.seed)
///     slate.slots[0].candidate         // which candidate
///     slate.slots[0].propensity    // how likely that was, for every later "what if"
///     try policy.learn(Outcome(item: choices.items[slate.slots[0].candidate], reward: 1))
///
/// A slate is filled from its first slot down. The propensity of a slot is the probability of its candidate
/// *given the slots above it*, π(a_k | x, a_1 … a_{k−1}); the product over a slate is the slate's probability.
///
/// A policy is a value. Its choice is a function of (the value, the choices, the seed) alone and replays to
/// the bit; the value is a function of its configuration and of the outcomes it has learned, in order. Encoded
/// and decoded it chooses the same.
public protocol Policy: Codable, Sendable {
    associatedtype Config: Configuration, Encodable

    /// The name in configurations and logs: `epsilon-greedy`.
    static var kind: String { get }

    /// A policy that has learned nothing.
    /// - Throws: ``PolicyError/badSetting(policy:setting:reason:)``.
    init(_ config: Config) throws(PolicyError)

    /// Whether it learns from feature vectors, which are computed only for those that do.
    var usesFeatures: Bool { get }

    /// How many outcomes it has learned from; with the configuration and the log it names the state.
    var version: Int { get }

    /// Fills min(count, candidates) slots.
    /// - Throws: ``PolicyError`` when the choices do not fit the policy.
    func choose(_ count: Int, from choices: ChoiceSet, seed: UInt64) throws(PolicyError) -> Slate

    /// π(· | x, a_1 … a_{k−1}): for every candidate the probability to come next below `above`, the candidates of
    /// the slots already filled; 0 for those. Sums to 1 while candidates are left.
    func distribution(over choices: ChoiceSet, below above: [Int]) throws(PolicyError) -> [Double]

    /// The propensity of every slot of the slate `candidates`, as ``choose(_:from:seed:)`` would report it. This is
    /// what another policy's log is weighed with.
    func propensities(of candidates: [Int], from choices: ChoiceSet) throws(PolicyError) -> [Double]

    /// Learns what came of one slot. Outcomes are learned in the order of the log.
    mutating func learn(_ outcome: Outcome) throws(PolicyError)
}

extension Policy {
    public var usesFeatures: Bool { false }
}
