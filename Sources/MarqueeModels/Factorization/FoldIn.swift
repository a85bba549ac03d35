public import MarqueeEvaluation

/// A factorization that answers from a history by folding it in: the person's factors are solved for, with the items'
/// held fixed.
///
/// Whoever was fitted to is asked so too. The factors of the fit were solved for before the items' last step, or
/// came by gradient, so that both ways of asking agree the closer the longer was trained, not to the last digits.
public protocol FoldIn: HistoryScorer {
    var factors: FactorScorer { get }

    /// The factors of somebody with the query's history: [rank].
    func userFactors(of query: Query) -> [Float]
}

extension FoldIn {
    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        factors.score(rows: queries.flatMap(userFactors), items: items, into: &scores)
    }

    public func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        factors.score(row: userFactors(of: query)[...], candidates: candidates, into: &scores)
    }
}
