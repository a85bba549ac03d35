public import MarqueeRuntime

/// Every policy there is, one line each: the list behind configurations, logs and the shared behavior suite.
public enum PolicyRegistry {
    public static let policies: [any Policy.Type] = [
        Greedy.self,
        EpsilonGreedy.self,
        Softmax.self,
        BetaThompson.self,
        LinearThompson.self,
        LinUCB.self,
    ]

    public static var kinds: [String] { policies.map { $0.kind } }

    static func policy(_ kind: String) throws(ConfigurationError) -> any Policy.Type {
        guard let policy = policies.first(where: { $0.kind == kind }) else {
            throw ConfigurationError(Spelling.complaint(unknown: PolicySpec.what, kind, valid: kinds))
        }
        return policy
    }
}

/// A policy as a configuration names it, bare (`greedy`) or with settings (`epsilon-greedy: { epsilon: 0.05 }`),
/// made anew with nothing learned.
public struct PolicySpec: NamedChoice {
    public let policy: any Policy

    public init(_ policy: any Policy) { self.policy = policy }

    public static let what = "policy"
    public static let choices = PolicyRegistry.policies.map { choice($0) }

    private static func choice<P: Policy>(_ type: P.Type) -> Choice<PolicySpec> {
        Choice(P.kind, reading: P.Config.self, standard: P.Config.defaults) { PolicySpec(try P($0)) }
    }
}

/// A policy with all that it has learned, under its name: what is stored and read back.
public struct PolicyState: Codable, Sendable {
    public var policy: any Policy

    public init(_ policy: any Policy) { self.policy = policy }

    /// `epsilon-greedy`.
    public var kind: String { type(of: policy).kind }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try container.decode(String.self, forKey: .kind)
        let type = try PolicyRegistry.policy(kind)
        policy = try type.init(from: container.superDecoder(forKey: .state))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try policy.encode(to: container.superEncoder(forKey: .state))
    }

    private enum CodingKeys: CodingKey { case kind, state }
}
