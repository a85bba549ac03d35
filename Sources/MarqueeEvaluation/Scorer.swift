/// Whatever can say how much a user will like an item: the only thing that evaluation knows of a model.
///
/// Higher is better; scores of different users need not be comparable. A user without history or an
/// item nobody touched still gets a finite score of a model; -∞ says that an item is not in the list at all, and is
/// never found or recommended. Both calls give a pair the same score to within
/// rounding, and must be safe from several threads at once.
public protocol Scorer: Sendable {
    var userCount: Int { get }
    var itemCount: Int { get }

    /// Whether a part of a row costs its share of the whole row, as a product of factors does; then
    /// ``topK(_:for:excluding:pool:progress:)`` asks for tiles that stay in the cache instead of whole
    /// rows. False unless a model says so.
    var scoresTiles: Bool { get }

    /// Writes the scores of the items in `items` for each of `users`, row-major,
    /// [users.count, items.count], to the front of `scores`.
    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>)

    /// Writes the score of each of `candidates` for one user to the front of `scores`.
    func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>)
}

extension Scorer {
    public var scoresTiles: Bool { false }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        var row = [Float](repeating: 0, count: itemCount)
        var span = row.mutableSpan
        score(users: [user], items: 0..<itemCount, into: &span)
        for (k, item) in candidates.enumerated() { scores[k] = row[Int(item)] }
    }

    /// The scores of `candidates` for one user.
    public func scores(user: Int32, candidates: [Int32]) -> [Float] {
        var scores = [Float](repeating: 0, count: candidates.count)
        var span = scores.mutableSpan
        score(user: user, candidates: candidates, into: &span)
        return scores
    }

    /// The scores of every item for one user.
    public func scores(user: Int32) -> [Float] {
        var scores = [Float](repeating: 0, count: itemCount)
        var span = scores.mutableSpan
        score(users: [user], items: 0..<itemCount, into: &span)
        return scores
    }
}
