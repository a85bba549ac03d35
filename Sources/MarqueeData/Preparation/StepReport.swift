/// What a preparation step did.
public struct StepReport: Sendable, Equatable, Codable, CustomStringConvertible {
    /// The step as YAML spells it.
    public let name: String
    public let before, after: DatasetCounts
    /// One plain sentence: `kept 41,547 of 138,493 users with all their interactions`.
    public let sentence: String

    public init(name: String, before: DatasetCounts, after: DatasetCounts, sentence: String) {
        self.name = name
        self.before = before
        self.after = after
        self.sentence = sentence
    }

    public var description: String {
        "\(name): \(sentence); \(after.users.grouped) users, \(after.items.grouped) items, "
            + "\(after.interactions.grouped) interactions left"
    }
}

extension Int {
    /// With commas between thousands, whatever the locale: `27,278`.
    package var grouped: String {
        var digits = String(magnitude)
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(Substring(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (self < 0 ? "-" : "") + ([Substring(digits)] + groups).joined(separator: ",")
    }
}
