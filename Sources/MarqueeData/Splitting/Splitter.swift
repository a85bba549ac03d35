public import MarqueeRuntime

/// How data is cut into what a model learns from and what it is asked. In YAML one name with its
/// settings:
///
///     split: { leave-one-out: { by: time, validation: true } }
///     split: { ratio: { train: 0.8, validation: 0.1, by: time, per: user } }
///     split: { global-time: { validation-from: 2014-07-01, test-from: 2015-01-01 } }
///     split: given
///     split: { held-out-users: { users: 0.1, share: 0.8 } }
///     split: { k-fold: { folds: 5 } }
///
/// Every splitter keeps three promises: a (user, item) pair stands on one side only, however often
/// it occurs; the vocabularies stay as they are; and equal data and seed give an equal split.
///
/// With several behaviors only the target's interactions are held out, and the first promise is
/// about them. Others stay in the training data; `auxiliary: drop`, which every splitter takes, is
/// the strict protocol that removes those of held-out pairs (``Auxiliary``).
public enum Splitter: Sendable, Hashable {
    /// Each user's newest item is the test, the one before it the validation.
    case leaveOneOut(LeaveOneOut)
    /// Shares of each user's items, or of all interactions.
    case ratio(RatioSplit)
    /// What happened from a moment on.
    case globalTime(GlobalTimeSplit)
    /// The test that came with the files.
    case given(GivenSplit)
    /// Users whom nothing is learned of.
    case heldOutUsers(HeldOutUsers)
    /// Each of k parts in turn.
    case kFold(KFold)

    /// - Throws: ``SplitError`` when the data lacks what the split needs.
    public func split(_ dataset: Dataset, seed: UInt64) throws -> (split: Split, report: SplitReport) {
        switch self {
        case .leaveOneOut(let splitter): try splitter.split(dataset, seed: seed)
        case .ratio(let splitter): try splitter.split(dataset, seed: seed)
        case .globalTime(let splitter): try splitter.split(dataset)
        case .given(let splitter): try splitter.split(dataset, seed: seed)
        case .heldOutUsers(let splitter): try splitter.split(dataset, seed: seed)
        case .kFold(let splitter): try splitter.split(dataset, seed: seed)
        }
    }

    /// The splits that an experiment fits its models to, one after the other: those of k-fold, else this alone.
    public var folds: [Splitter] {
        guard case .kFold(let splitter) = self, splitter.fold == nil else { return [self] }
        return (1...splitter.folds).map { fold in
            var single = splitter
            single.fold = fold
            return .kFold(single)
        }
    }
}

/// A split that the data does not allow, and what to do instead.
public struct SplitError: Error, Equatable, CustomStringConvertible {
    public let splitter, reason: String
    public var description: String { "split '\(splitter)': \(reason)" }
}

/// What orders a user's interactions.
public enum SplitOrder: String, Sendable, Codable, CaseIterable {
    /// By timestamp; of equal timestamps the later row of the source is the newer unless ``TieRule`` says otherwise.
    case time
    /// By row of the source; the later is the newer.
    case row
    /// By the seed.
    case random
}

extension Splitter: NamedChoice, Encodable {
    public static let what = "split"
    public static let choices: [Choice<Splitter>] = [
        Choice("leave-one-out", standard: LeaveOneOut(), Splitter.leaveOneOut) {
            if case .leaveOneOut(let splitter) = $0 { splitter } else { nil }
        },
        Choice("ratio", standard: RatioSplit(), Splitter.ratio) {
            if case .ratio(let splitter) = $0 { splitter } else { nil }
        },
        Choice("global-time", Splitter.globalTime) { if case .globalTime(let splitter) = $0 { splitter } else { nil } },
        Choice("given", standard: GivenSplit(), Splitter.given) {
            if case .given(let splitter) = $0 { splitter } else { nil }
        },
        Choice("held-out-users", standard: HeldOutUsers(), Splitter.heldOutUsers) {
            if case .heldOutUsers(let splitter) = $0 { splitter } else { nil }
        },
        Choice("k-fold", standard: KFold(), Splitter.kFold) {
            if case .kFold(let splitter) = $0 { splitter } else { nil }
        },
    ]
}
