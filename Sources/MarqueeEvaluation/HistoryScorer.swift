public import MarqueeData

/// A scorer that answers from a history: for users it was fitted to, and for anybody else.
///
/// Whoever cannot do that is a ``Scorer`` alone, and knows only the users it was fitted to. For a user of the fit
/// with the history of the fit, both ways of asking give the same scores to within rounding.
public protocol HistoryScorer: Scorer {
    /// Writes the scores of the items in `items` for each of `queries`, row-major, [queries.count, items.count], to
    /// the front of `scores`. What the queries say of candidates and exclusions is left to the caller.
    func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>)

    /// Writes the score of each of `candidates` for one query to the front of `scores`.
    func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>)
}

extension HistoryScorer {
    public func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        var row = [Float](repeating: 0, count: itemCount)
        var span = row.mutableSpan
        score([query], items: 0..<itemCount, into: &span)
        for (k, item) in candidates.enumerated() { scores[k] = row[Int(item)] }
    }

    /// The score of each of the query's candidates, or of every item where it names none.
    public func scores(_ query: Query) -> [Float] {
        var scores = [Float](repeating: 0, count: query.candidates?.count ?? itemCount)
        var span = scores.mutableSpan
        if let candidates = query.candidates {
            score(query, candidates: candidates, into: &span)
        } else {
            score([query], items: 0..<itemCount, into: &span)
        }
        return scores
    }

    /// This model asked for people whom it was not fitted to, by their histories: user u of the result is row u of
    /// `histories`. Evaluation and top-k lists then work as for any other scorer.
    public func answering(_ histories: UserHistories) -> HistoryAnswers<Self> {
        HistoryAnswers(model: self, histories: histories)
    }
}

/// A ``HistoryScorer`` that is asked by history alone; see ``HistoryScorer/answering(_:)``.
public struct HistoryAnswers<Model: HistoryScorer>: Scorer {
    public let model: Model
    /// In the model's items and behaviors.
    public let histories: UserHistories

    public var userCount: Int { histories.userCount }
    public var itemCount: Int { model.itemCount }
    public var scoresTiles: Bool { model.scoresTiles }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        model.score(users.map { Query(history: histories[$0]) }, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        model.score(Query(history: histories[user]), candidates: candidates, into: &scores)
    }
}
