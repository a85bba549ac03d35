internal import MarqueeData
internal import MarqueeEvaluation

/// A model that says of candidates, asked from a history and a context, what they are worth: a click model, or what it has
/// to be held against. A user of the fit who is asked for by index is answered from the history of the fit.
protocol ClickScorer: Recommender, ImpressionObserving {
    /// The newest events of every user of the fit.
    var histories: UserHistories { get }
    var reader: ClickReader { get set }
    func scores(of candidates: [Int32], for query: Query) -> [Float]
}

extension ClickScorer {
    public var userCount: Int { histories.userCount }
    public var itemCount: Int { reader.itemCount }

    public func observing(_ log: ImpressionLog) -> Self {
        var model = self
        model.reader.memory = reader.memory.observing(log)
        return model
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        score(users.map { Query(history: histories[$0]) }, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        score(Query(history: histories[user]), candidates: candidates, into: &scores)
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        let candidates = items.map { Int32($0) }
        for (k, query) in queries.enumerated() {
            scores.copy(self.scores(of: candidates, for: query)[...], at: k * items.count)
        }
    }

    public func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        scores.copy(self.scores(of: candidates, for: query)[...], at: 0)
    }
}
