public import MarqueeData

/// Which items a held-out target is ranked against. Results of different protocols never mix.
public enum CandidateProtocol: Sendable, Equatable {
    /// Every item that the user has not seen.
    case full
    /// Every item of a part that the user has not seen, such as those of a domain: its name, and its items ascending.
    /// Targets all belong to it.
    case part(String, [Int32])
    /// The frozen negatives of each user beside the targets.
    case sampled(FrozenNegatives)
    /// Each target by itself, beside frozen negatives of its own: row k is that of the holdout's target k, and may hold an
    /// item twice. A user counts as often as it has targets.
    case perTarget(FrozenNegatives)
    /// The held-out items of each user and no others, by the ratings that they were given; those of at least `liked`
    /// count as liked.
    case rated(liked: Double)
}
