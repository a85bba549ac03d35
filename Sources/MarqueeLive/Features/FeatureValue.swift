/// A feature as it is read: decay and windows finished.
public enum FeatureValue: Sendable, Equatable {
    case number(Double)
    /// Newest first.
    case items([LatestItems.Entry])
    /// Row by row from the top left, `columns × rows` numbers.
    case grid([Double])
    /// Nothing is known: a ratio without trials or prior, the time since what never happened.
    case unknown

    /// As one number, for models that take numbers; nil for lists, grids and what is unknown.
    public var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    public var items: [LatestItems.Entry] {
        if case .items(let items) = self { items } else { [] }
    }
}
