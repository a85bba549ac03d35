public import MarqueeData

/// Which items a held-out target is ranked against. Results of different protocols never mix.
public enum CandidateProtocol: Sendable, Equatable {
    /// Every item that the user has not seen.
    case full
    /// The frozen negatives of each user beside the targets.
    case sampled(FrozenNegatives)
}
