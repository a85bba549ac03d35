public import MarqueeRuntime

/// k-fold cross-validation: every item of every user in one of k folds, each of which is tested once by models that
/// learned from the others: `{ k-fold: { folds: 5 } }`.
///
/// The folds are of equal size up to one interaction, and drawn by the seed; with `per: user` each user's items are
/// dealt to the folds. A pair stands where its newest row stands, so that no pair is in two tests. An experiment fits
/// every model to each fold (``Splitter/folds``); elsewhere the first is meant, or the one that `fold` names.
/// O(n log n).
public struct KFold: Configuration, Hashable, Encodable {
    /// k.
    public var folds: Int
    /// The one fold that is tested, from 1; nil for each in turn.
    public var fold: Int?
    /// The share of the other folds that validates.
    public var validation: Double
    public var per: RatioSplit.Scope
    public var auxiliary: Auxiliary

    public init(
        folds: Int = 5, fold: Int? = nil, validation: Double = 0, per: RatioSplit.Scope = .all,
        auxiliary: Auxiliary = .keep
    ) {
        self.folds = folds
        self.fold = fold
        self.validation = validation
        self.per = per
        self.auxiliary = auxiliary
    }

    func split(_ dataset: Dataset, seed: UInt64) throws -> (split: Split, report: SplitReport) {
        let log = dataset.log
        let tested = (fold ?? 1) - 1
        var pairs = DistinctPairs(log, newest: RowOrder(log, by: log.chronology, seed: seed))
        guard pairs.rows.count >= folds else {
            throw SplitError(
                splitter: "k-fold",
                reason: "\(folds) folds of \(pairs.rows.count) interactions are too many; lower folds")
        }
        let drawn = RowOrder(log, by: .random, seed: seed)
        let groups = per == .user ? pairs.offsets : [0, pairs.rows.count]
        var sides = [SplitSide](repeating: .train, count: pairs.rows.count)
        for group in 0..<groups.count - 1 {
            let range = groups[group]..<groups[group + 1]
            pairs.rows[range].sort { drawn.isNewer(Int($1), than: Int($0)) }
            // Groups begin with different folds, or the first would get what is left of everybody.
            func fold(_ k: Int) -> Int { (k - range.lowerBound + group) % folds }
            for k in range where fold(k) == tested { sides[k] = .test }
            let others = range.filter { fold($0) != tested }
            let validated = Int((validation * Double(others.count) + 1e-9).rounded(.down))
            for k in others.suffix(validated) { sides[k] = .validation }
        }
        var split = pairs.split(
            dataset, named: "\(folds)-fold cross-validation per \(per.rawValue)", sides: sides,
            validates: validation > 0)
        split.settle(auxiliary)
        return (split, SplitReport(split, of: dataset, choice: "fold \(tested + 1) is tested"))
    }

    public static let defaults = KFold()

    public func validate() throws {
        if folds < 2 { throw ConfigurationError(at: ["folds"], "\(folds) folds; at least 2 are needed, such as 5") }
        if let fold, !(1...folds).contains(fold) {
            throw ConfigurationError(at: ["fold"], "there is no fold \(fold); they are 1 to \(folds)")
        }
        guard validation >= 0, validation < 1 else {
            throw ConfigurationError(at: ["validation"], "\(validation) must be a share, from 0 to less than 1")
        }
    }
}
