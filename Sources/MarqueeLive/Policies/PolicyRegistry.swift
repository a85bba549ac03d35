internal import Foundation
internal import MarqueeRuntime

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

    static func policy(_ kind: String, at path: [any CodingKey]) throws -> any Policy.Type {
        guard let policy = policies.first(where: { $0.kind == kind }) else {
            throw DecodingError.complaint(Spelling.complaint(unknown: "policy", kind, valid: kinds), at: path)
        }
        return policy
    }
}

/// A policy as a configuration names it, bare (`greedy`) or with settings (`epsilon-greedy: { epsilon: 0.05 }`),
/// made anew with nothing learned.
public struct PolicySpec: Decodable, Sendable {
    public let policy: any Policy

    public init(from decoder: any Decoder) throws {
        let choice = try NamedChoice(from: decoder, kind: "policy", among: PolicyRegistry.kinds)
        func made<P: Policy>(_ type: P.Type) throws -> any Policy {
            // An empty mapping has every setting's standard.
            try P(choice.settings(P.Config.self, standard: JSONDecoder().decode(P.Config.self, from: Data("{}".utf8))))
        }
        policy = try made(PolicyRegistry.policy(choice.name, at: decoder.codingPath))
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
        let type = try PolicyRegistry.policy(kind, at: container.codingPath)
        policy = try type.init(from: container.superDecoder(forKey: .state))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try policy.encode(to: container.superEncoder(forKey: .state))
    }

    private enum CodingKeys: CodingKey { case kind, state }
}
