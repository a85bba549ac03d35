public import MarqueeData

/// One of the splits that an experiment fits its models to: the only one, one fold of k, or with ``Experiment/resplit``
/// what one seed draws.
public struct Repetition: Sendable, Equatable {
    public let split: Splitter
    /// What splits at random and negatives are drawn by.
    public let seed: UInt64
    /// Which fold is tested, from 1; nil where there is one split.
    public let fold: Int?
    /// The one seed that models are fitted with; nil for all of theirs.
    fileprivate let onlySeed: UInt64?

    /// In names of files, such as `fold-2.`; empty where there is one split.
    var prefix: String { (onlySeed.map { "seed-\($0)." } ?? "") + (fold.map { "fold-\($0)." } ?? "") }

    /// For those who watch, such as `fold 2 of 5`; empty where there is one split.
    func title(of experiment: Experiment) -> String {
        [onlySeed.map { "split of seed \($0)" }, fold.map { "fold \($0) of \(experiment.split.folds.count)" }]
            .compactMap { $0 }.joined(separator: ", ")
    }
}

extension Experiment {
    /// The splits, one after the other; there is at least one.
    public var repetitions: [Repetition] {
        let folds = split.folds
        var drawn: [UInt64?] = [nil]
        if resplit {
            var all: [UInt64] = []
            for seed in models.flatMap(seeds(of:)) where !all.contains(seed) { all.append(seed) }
            drawn = all
        }
        return drawn.flatMap { seed in
            folds.enumerated().map { index, fold in
                Repetition(
                    split: fold, seed: seed ?? data.seed, fold: folds.count > 1 ? index + 1 : nil, onlySeed: seed)
            }
        }
    }

    /// With which seeds a model is fitted to a split.
    public func seeds(of entry: ModelEntry, in repetition: Repetition) -> [UInt64] {
        let all = seeds(of: entry)
        return repetition.onlySeed.map { seed in all.filter { $0 == seed } } ?? all
    }
}
