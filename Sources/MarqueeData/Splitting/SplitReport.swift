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
    /// Training interactions that were taken out because the files' own test or validation holds them too; nil of a split
    /// of one log.
    public let overlap: Int?
    /// Whose held-out items a tie decided; nil where there is none.
    public let ties: SplitTies?
    /// Interactions that are given as the histories of held-out users; nil where they are learned from.
    public let given: Int?

    /// - Parameter alreadyHeldOut: targets that are not among the data's rows.
    init(
        _ split: Split, of dataset: Dataset, alreadyHeldOut: Int = 0, choice: String? = nil, overlap: Int? = nil,
        ties: SplitTies? = nil
    ) {
        self.choice = choice
        self.overlap = overlap
        self.ties = ties
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
            text += "\(Self.pairs(validationItems, validationUsers)) to validate, "
        }
        text += "\(Self.pairs(testItems, testUsers)) to test"
        if let given {
            text += "; \(given.grouped) interactions of theirs given as histories"
        } else if usersWithoutTest > 0 {
            text += "; \(usersWithoutTest.grouped) users have nothing to hold out and only train"
        }
        if let overlap, overlap > 0 {
            text +=
                "; \(overlap.grouped) training interactions were taken out because the test or validation holds them too"
        }
        if droppedRepeats > 0 { text += "; \(droppedRepeats.grouped) repeats dropped" }
        if let droppedAuxiliary, droppedAuxiliary > 0 {
            text += "; \(droppedAuxiliary.grouped) auxiliary interactions dropped"
        }
        if let choice { text += "; \(choice)" }
        if let ties { text += "; \(ties)" }
        return text
    }

    /// Pairs are not users: `32,074 items of 3,692 users`.
    private static func pairs(_ items: Int, _ users: Int) -> String {
        "\(items.grouped) item\(items == 1 ? "" : "s") of \(users.grouped) user\(users == 1 ? "" : "s")"
    }
}

/// Users whose held-out items equal times decide.
public struct SplitTies: Sendable, Equatable, Codable, CustomStringConvertible {
    /// How many of those who are tested.
    public let users, tested: Int
    public let rule: TieRule

    /// Nil where nobody is concerned.
    init?(users: Int, of tested: Int, rule: TieRule) {
        guard users > 0 else { return nil }
        (self.users, self.tested, self.rule) = (users, tested, rule)
    }

    public var description: String {
        let who = "the newest item of \(users.grouped) of \(tested.grouped) users is tied with others"
        return switch rule {
        case .laterRow: "\(who), so that the last row was taken; `ties: seeded` draws one instead"
        case .earlierRow: "\(who), so that the first row was taken; `ties: seeded` draws one instead"
        case .seeded: "\(who), of which the seed drew one"
        }
    }
}
