public import MarqueeRuntime

/// How much of the time validation may take: `validate: { users: 2000, every: 5 }` ranks for 2,000 of the validation
/// users, the same for every model and drawn by the data's seed, after every fifth epoch and the last.
public struct ValidationBudget: Configuration, Equatable, Encodable {
    /// How many users at most; nil for all.
    public var users: Int?
    /// Epochs from one validation to the next.
    public var every: Int

    public init(users: Int? = nil, every: Int = 1) {
        self.users = users
        self.every = every
    }

    /// Everybody, after every epoch.
    public static let all = ValidationBudget()
    public static let defaults = all

    public func validate() throws {
        if let users, users < 1 {
            throw ConfigurationError(
                at: ["users"], "nobody validates with \(users) users; write 1 or more, or leave it out")
        }
        if every < 1 { throw ConfigurationError(at: ["every"], "epochs are counted from 1; write 1 or more") }
    }
}
