internal import MarqueeRuntime

/// The test and the negatives that came with the files; with `validation`, each user's newest
/// training item is split off to validate: `given`, or `{ given: { validation: false } }`.
///
/// Newest is by time where there are times, ties to the later row; else the last row. A user keeps
/// at least one item to learn from.
public struct GivenSplit: Sendable, Hashable, Codable {
    public var validation: Bool

    public init(validation: Bool = true) { self.validation = validation }

    func split(_ dataset: Dataset) throws -> (split: Split, report: SplitReport) {
        guard let frozen = dataset.frozen else {
            throw SplitError(
                splitter: "given", reason: "'\(dataset.name)' comes without a test set; use leave-one-out, ratio or global-time")
        }
        let held = HeldPairs([frozen.holdout], userCount: dataset.log.userCount)
        let keep = (0..<dataset.log.count).map { !held.contains(dataset.log.users[$0], dataset.log.items[$0]) }
        var rest = dataset
        rest.log = dataset.restricted(rows: keep).log
        var split = Split(
            name: "the files' own test", train: rest.log, test: frozen.holdout,
            testNegatives: frozen.negatives)
        if validation {
            let order: SplitOrder = rest.log.timestamps.isEmpty ? .row : .time
            let inner = try LeaveOneOut(by: order, validation: false).split(rest, seed: 0).split
            split.train = inner.train
            split.validation = inner.test
        }
        return (split, SplitReport(split, of: rest, alreadyHeldOut: frozen.holdout.items.count))
    }

    enum CodingKeys: CodingKey, CaseIterable { case validation }

    public init(from decoder: any Decoder) throws {
        validation =
            try decoder.strictContainer(keyedBy: CodingKeys.self).decodeIfPresent(Bool.self, forKey: .validation) ?? true
    }
}
