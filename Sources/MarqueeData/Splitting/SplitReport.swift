/// What a split held out and what it left.
public struct SplitReport: Sendable, Equatable, Codable, CustomStringConvertible {
    /// The split's name, for captions.
    public let name: String
    public let trainInteractions: Int
    public let validationUsers, validationItems: Int
    public let testUsers, testItems: Int
    /// Users of whom nothing could be held out for the test.
    public let usersWithoutTest: Int
    /// Interactions that went because they repeat a held-out pair or, in a split by time, one known
    /// from before.
    public let droppedRepeats: Int
    /// Auxiliary interactions that went: in the strict protocol those of held-out pairs, in a split by
    /// time those after the first moment; nil where there is one behavior.
    public let droppedAuxiliary: Int?
    /// How held-out items were chosen, where the split's name does not say it.
    public let choice: String?
    /// Interactions that are given as the histories of held-out users; nil where they are learned from.
    public let given: Int?

    /// - Parameter alreadyHeldOut: targets that are not among the data's rows.
    init(_ split: Split, of dataset: Dataset, alreadyHeldOut: Int = 0, choice: String? = nil) {
        self.choice = choice
        name = split.name
        trainInteractions = split.train.count
        validationUsers = split.validation?.users.count ?? 0
        validationItems = split.validation?.items.count ?? 0
        testUsers = split.test.users.count
        testItems = split.test.items.count
        usersWithoutTest = dataset.log.userCount - split.test.users.count
        given = split.given.map { $0.validation.count + $0.test.count }
        let kept = [split.train] + (split.given.map { [$0.validation, $0.test] } ?? [])
        let isMulti = split.train.behaviorNames.count > 1
        let auxiliary =
            isMulti
            ? (0..<dataset.log.count).count { dataset.log.behavior(of: $0) != split.train.target }
                - kept.reduce(0) { sum, log in sum + (0..<log.count).count { !log.isTarget($0) } } : 0
        droppedAuxiliary = isMulti ? auxiliary : nil
        droppedRepeats = max(
            0,
            dataset.log.count + alreadyHeldOut - trainInteractions - (given ?? 0) - validationItems - testItems
                - auxiliary)
    }

    public var description: String {
        var text = "\(name): \(trainInteractions.grouped) interactions to learn from, "
        if validationUsers > 0 {
            text += "\(validationItems.grouped) of \(validationUsers.grouped) users to validate, "
        }
        text += "\(testItems.grouped) of \(testUsers.grouped) users to test"
        if let given {
            text += "; \(given.grouped) interactions of theirs given as histories"
        } else if usersWithoutTest > 0 {
            text += "; \(usersWithoutTest.grouped) users have nothing to hold out and only train"
        }
        if droppedRepeats > 0 { text += "; \(droppedRepeats.grouped) repeats dropped" }
        if let droppedAuxiliary, droppedAuxiliary > 0 {
            text += "; \(droppedAuxiliary.grouped) auxiliary interactions dropped"
        }
        if let choice { text += "; \(choice)" }
        return text
    }
}
