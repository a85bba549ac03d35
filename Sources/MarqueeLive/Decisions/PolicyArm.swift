internal import Synchronization

/// A policy at work under a name, with what it learned.
///
/// Outcomes are learned in groups and in order, so that a decision never waits for one and the state after
/// `version` outcomes is always the same.
public final class PolicyArm: Sendable {
    public let name: String
    /// The policy's own name, `epsilon-greedy`.
    public let kind: String
    /// Whether it learns from feature vectors, which are computed only for those that do.
    public let usesFeatures: Bool
    private let policy: Mutex<any Policy>

    /// - Parameters:
    ///   - name: the experiment arm's name; empty without an experiment.
    ///   - usesFeatures: nil to go by the policy.
    public init(name: String = "", _ policy: any Policy, usesFeatures: Bool? = nil) {
        self.name = name
        kind = type(of: policy).kind
        self.usesFeatures = usesFeatures ?? policy.usesFeatures
        self.policy = Mutex(policy)
    }

    /// The policy as it is now.
    public var current: any Policy { policy.withLock { $0 } }

    /// Takes the state of a policy that learned elsewhere: from the log, at start.
    func restore(_ learned: any Policy) { policy.withLock { $0 = learned } }

    /// Learns outcomes in this order.
    /// - Returns: those that the policy took; it refuses rewards and features that do not fit it.
    func learn(_ outcomes: [DecisionLog.LoggedOutcome]) -> [DecisionLog.LoggedOutcome] {
        policy.withLock { policy in
            outcomes.filter { (try? policy.learn($0.outcome)) != nil }
        }
    }
}
