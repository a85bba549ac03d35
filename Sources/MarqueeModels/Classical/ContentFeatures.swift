internal import CMarqueeKernels
internal import Foundation
public import MarqueeData

/// What items are about, as vectors: TF-IDF over genres and the words of title and text, each item's
/// vector of length 1 (Salton and Buckley, 1988).
///
/// idf(t) = ln(items / items with t). A word that only one item has says nothing of others and is left
/// out. An item of which nothing is known has the zero vector.
public struct ContentFeatures: Sendable, Equatable {
    /// `genre:drama`, `word:heat`; by column of ``vectors``.
    public let terms: Vocabulary
    /// Items × terms.
    public let vectors: InteractionMatrix

    public init(terms: Vocabulary, vectors: InteractionMatrix) {
        self.terms = terms
        self.vectors = vectors
    }

    /// Reads a catalog; the vectors have `itemCount` rows whatever it holds.
    public init(_ catalog: Catalog, itemCount: Int, genreWeight: Float = 1) {
        let bags = (0..<itemCount).map { index in catalog[Int32(index)].map(Self.bag) ?? [:] }
        var frequency: [String: Int] = [:]
        for bag in bags { for term in bag.keys { frequency[term, default: 0] += 1 } }
        let terms = Vocabulary(frequency.filter { $0.value > 1 || $0.key.hasPrefix("genre:") }.keys.sorted())
        var offsets = [0]
        var columns: [Int32] = []
        var values: [Float] = []
        for bag in bags {
            let entries = bag.compactMap { term, count -> (Int32, Float)? in
                guard let column = terms.index(of: term) else { return nil }
                let idf = log(Double(itemCount + 1) / Double(frequency[term] ?? 1))
                let weight = Float(count.squareRoot() * idf) * (term.hasPrefix("genre:") ? genreWeight : 1)
                return weight > 0 ? (column, weight) : nil
            }.sorted { $0.0 < $1.0 }
            let norm = entries.reduce(0) { $0 + $1.1 * $1.1 }.squareRoot()
            columns.append(contentsOf: entries.map(\.0))
            values.append(contentsOf: entries.map { $0.1 / norm })
            offsets.append(columns.count)
        }
        self.init(
            terms: terms,
            vectors: InteractionMatrix(
                rowCount: itemCount, columnCount: terms.count, offsets: offsets, columns: columns, values: values))
    }

    public var itemCount: Int { vectors.rowCount }

    /// Cosine of every item with the mean of `liked` items and `genres`; 0 where nothing is known.
    public func scores(liked: ArraySlice<Int32>, genres: [String] = []) -> [Float] {
        var profile = [Float](repeating: 0, count: terms.count)
        vectors.add(liked, to: &profile)
        for genre in genres {
            if let term = terms.index(of: "genre:" + genre.lowercased()) { profile[Int(term)] += 1 }
        }
        var scores = [Float](repeating: 0, count: itemCount)
        let norm = profile.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard norm > 0 else { return scores }
        for term in profile.indices { profile[term] /= norm }
        mq_row_dots(vectors.offsets, vectors.columns, vectors.values, 0, itemCount, profile, &scores)
        return scores
    }

    private static func bag(_ item: Catalog.Item) -> [String: Double] {
        var bag: [String: Double] = [:]
        for genre in item.genres { bag["genre:" + genre.lowercased(), default: 0] += 1 }
        for word in (item.title + " " + item.text).lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber })
        where word.count > 1 && !stopWords.contains(String(word)) && !(item.year.map { Int(word) == $0 } ?? false) {
            bag["word:" + word, default: 0] += 1
        }
        return bag
    }

    private static let stopWords: Set<String> = [
        "a", "an", "and", "at", "by", "for", "from", "in", "is", "it", "la", "le", "of", "on", "or", "the", "to",
        "with",
    ]
}
