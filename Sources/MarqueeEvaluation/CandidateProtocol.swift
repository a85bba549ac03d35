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
}
