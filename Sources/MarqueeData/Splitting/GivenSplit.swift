public import MarqueeRuntime

/// The test and the negatives that came with the files; with `validation`, what they hold out to validate, or else each
/// user's newest training item: `given`, or `{ given: { validation: false } }`.
///
/// Newest is by time, ties to the later row. Where there are no times there is no newest, and the last
/// row says nothing where rows are sorted by item: one is drawn at random by the seed instead, and the
/// report says so. `by` and `ties` decide otherwise. What the training files repeat of the test goes, and is counted.
/// A user keeps at least one item to learn from.
///
/// `validation-share: 0.1` validates with interactions drawn at random instead, each with this chance.
/// `repeats: keep` breaks the first promise of splits: what the files' test asks for may be learned from too, where the
/// training files have it, as an item that somebody chose to rate and was then asked about at random.
public struct GivenSplit: Configuration, Hashable, Encodable {
    /// What becomes of training rows whose pair the files hold out.
    public enum Repeats: String, Sendable, Codable, CaseIterable { case drop, keep }

    public var validation: Bool
    /// The chance of an interaction to validate; nil for what the files hold out, or each user's newest.
    public var validationShare: Double?
    public var repeats: Repeats
    /// What is the newest; nil for time where there are times, else a draw.
    public var by: SplitOrder?
    /// Which of equal times is the newest.
    public var ties: TieRule
    public var auxiliary: Auxiliary

    public init(
        validation: Bool = true, validationShare: Double? = nil, repeats: Repeats = .drop, by: SplitOrder? = nil,
        ties: TieRule = .laterRow, auxiliary: Auxiliary = .keep
    ) {
        self.validation = validation
        self.validationShare = validationShare
        self.repeats = repeats
        self.by = by
        self.ties = ties
        self.auxiliary = auxiliary
    }

    func split(_ dataset: Dataset, seed: UInt64) throws -> (split: Split, report: SplitReport) {
        guard let frozen = dataset.frozen else {
            throw SplitError(
                splitter: "given",
                reason: "'\(dataset.name)' comes without a test set"
                    + (dataset.log.behaviorNames.count > 1 ? " of \(dataset.log.targetName)" : "")
                    + "; use leave-one-out, ratio or global-time")
        }
        if let validationShare, !(validation && validationShare > 0 && validationShare < 1) {
            throw SplitError(
                splitter: "given",
                reason: "validation-share is \(validationShare); with 'validation: true' it lies between 0 and 1")
        }
        let given = validation && validationShare == nil ? frozen.validation : nil
        let held = HeldPairs(
            [repeats == .drop ? frozen.holdout : nil, given].compactMap { $0 }, userCount: dataset.log.userCount)
        let keep = (0..<dataset.log.count).map {
            !dataset.log.isTarget($0) || !held.contains(dataset.log.users[$0], dataset.log.items[$0])
        }
        var rest = dataset
        rest.log = dataset.restricted(rows: keep).log
        var split = Split(
            name: "the files' own test", train: rest.log, test: frozen.holdout,
            testNegatives: frozen.negatives)
        var choice: String?
        var ties: SplitTies?
        if let given {
            split.validation = given
            choice = "validation is the files' own"
        } else if let validationShare {
            // The stream's name is older than this split; another would draw others.
            let random = RandomStream(seed: seed, "debiasing validation")
            let drawn = (0..<rest.log.count).filter {
                rest.log.isTarget($0) && random.unit(at: UInt64($0)) < validationShare
            }
            let holdout = Holdout(pairs: drawn.lazy.map { (rest.log.users[$0], rest.log.items[$0]) })
            let validating = HeldPairs([holdout], userCount: rest.log.userCount)
            split.train = rest.log.selecting(
                (0..<rest.log.count).filter {
                    !rest.log.isTarget($0) || !validating.contains(rest.log.users[$0], rest.log.items[$0])
                })
            split.validation = holdout
            choice = "each interaction validates with a chance of \(validationShare)"
        } else if validation {
            let order = by ?? rest.log.chronology
            choice =
                switch order {
                case .time: "validation is each user's newest item"
                case .row: "validation is each user's last row"
                case .random:
                    (rest.log.timestamps.isEmpty ? "the data has no times, so " : "")
                        + "each user's validation item is drawn at random"
                }
            let (inner, report) = try LeaveOneOut(by: order, validation: false, ties: self.ties).split(rest, seed: seed)
            split.train = inner.train
            split.validation = inner.test
            ties = report.ties
        }
        split.settle(auxiliary)
        return (
            split,
            SplitReport(
                split, of: rest, alreadyHeldOut: frozen.holdout.items.count + (given?.items.count ?? 0), choice: choice,
                overlap: dataset.log.count - rest.log.count, ties: ties)
        )
    }

    public static let defaults = GivenSplit()
}
