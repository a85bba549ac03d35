internal import Foundation
public import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// More of what one has liked, by genres and words: score(u, i) = cos(mean of v_j over j in I_u, v_i)
/// with the TF-IDF vectors v of ``ContentFeatures``.
///
/// It needs no other user and can score an item that nobody has touched.
public struct ContentBased: Recommender, HistoryScorer, ItemSimilarity, Explaining {
    public struct Config: ModelConfig {
        /// How much a genre weighs against a word of title or text.
        public var genreWeight: Float = 1

        public init() {}

        public var problem: String? { genreWeight >= 0 ? nil : "genre-weight must not be negative" }
    }

    public static let kind = "content"
    public let config: Config
    /// Users × items.
    public let history: InteractionMatrix
    public let features: ContentFeatures
    let behaviors: HistoryWeights

    public var userCount: Int { history.rowCount }
    public var itemCount: Int { history.columnCount }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> ContentBased {
        ContentBased(
            config: config, history: data.interactions,
            features: ContentFeatures(data.catalog, itemCount: data.itemCount, genreWeight: config.genreWeight),
            behaviors: data.targetWeights)
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, user) in users.enumerated() {
            scores.copy(features.scores(liked: history[user])[items], at: k * items.count)
        }
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        let rows = behaviors.rows(of: queries, itemCount: itemCount)
        for k in queries.indices {
            scores.copy(features.scores(liked: rows[Int32(k)])[items], at: k * items.count)
        }
    }

    public var similarityMeasure: String { "cosine of genres and words" }

    public func similarities(to item: Int32) -> [Float] { features.scores(liked: [item]) }

    public func contributions(_ query: Query, items: [Int32], history: [Int32]) -> [[Float]] {
        items.map { item in
            let scores = features.scores(liked: [item])
            return history.map { scores[Int($0)] }
        }
    }
}

extension ContentBased {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        let history = try artifact.matrix("history")
        let vectors = try artifact.matrix("vectors")
        guard let text = artifact.texts["terms"],
            let terms = try? JSONDecoder().decode(Vocabulary.self, from: Data(text.utf8)),
            terms.count == vectors.columnCount, vectors.rowCount == history.columnCount
        else {
            throw ModelError.badArtifact(path: "terms", reason: "terms, vectors and history do not belong together")
        }
        self.init(
            config: config, history: history, features: ContentFeatures(terms: terms, vectors: vectors),
            behaviors: try artifact.historyWeights())
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(history, "history")
        artifact.store(features.vectors, "vectors")
        artifact.store(behaviors)
        artifact.texts["terms"] = String(decoding: try JSONEncoder().encode(features.terms), as: UTF8.self)
    }
}
