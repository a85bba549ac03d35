internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// Answers "what next for this person?" and "what is like this?" from a fitted model, with titles and
/// reasons.
///
/// Consumed items are never recommended. A model that answers from a history (``Recommender/historyScorer``) answers
/// everybody who has one, whether it was fitted to them or not. Else somebody whom the model does not know gets items
/// like those they are known to like (``ContentFeatures``) and then what most people like, and the answer says so.
public struct RecommendationService: Sendable {
    public let saved: SavedModel
    private let reasons: HistoryReasons
    private let content: ContentFeatures
    private let domains: ItemDomains

    /// O(interactions + catalog).
    public init(_ saved: SavedModel) {
        self.saved = saved
        reasons = HistoryReasons(saved)
        domains = ItemDomains(saved.catalog)
        content = ContentFeatures(saved.catalog, itemCount: saved.items.count)
    }

    /// The best `count` items that the user has not consumed.
    /// - Parameters:
    ///   - user: an outside id; nil for somebody without one.
    ///   - liked: outside ids of items that the user is known to like beside the training history.
    ///   - genres: names of genres that the user likes.
    ///   - domain: the catalog's domain that the items are to be of, such as `book`; nil for all. Of an unknown one
    ///     there are none, and the note says which there are.
    ///   - reasonCount: how many reasons each item gets at most.
    public func recommend(
        to user: String?, count: Int = 10, liking liked: [String] = [], genres: [String] = [], domain: String? = nil,
        reasonCount: Int = 3
    ) -> RecommendationList {
        if let domain, domains.index(of: domain) == nil {
            var list = RecommendationList(recommendations: [])
            list.note = Spelling.complaint(unknown: "domain", domain, valid: domains.names)
            return list
        }
        let items = self.items(of: domain)
        let query = saved.query(user: user, adding: saved.events(items: liked))
        var list: RecommendationList
        if let own = recommend(query, genres: genres, among: items, count: count, reasonCount: reasonCount) {
            list = own
        } else {
            list = coldStart(query.excluded, genres, items, excluding: Set(query.excluded), count, reasonCount)
            let who =
                user.map { "user '\($0)' \(query.user == nil ? "is unknown" : "has no history")" } ?? "nobody is named"
            let how =
                list.recommendations.contains { $0.source == .content }
                ? "items like those liked, then what most people like" : "what most people like"
            list.note = "\(who); these are \(how)"
        }
        let unknown = liked.filter { saved.items.index(of: $0) == nil }
        if !unknown.isEmpty {
            let text = "unknown items were left out: \(unknown.joined(separator: ", "))"
            list.note = list.note.map { "\($0); \(text)" } ?? text
        }
        return list
    }

    /// The best `count` items for a query by the model itself, but for those excluded; nil where the model has nothing
    /// to go by: no history, or somebody whom it was not fitted to and who could only be asked for by one. Somebody
    /// unknown who likes genres is left to content, which knows of them.
    private func recommend(
        _ query: Query, genres: [String], among items: [Int32], count: Int, reasonCount: Int
    ) -> RecommendationList? {
        guard !query.excluded.isEmpty else { return nil }
        let scores: [Float]
        if let model = saved.model.historyScorer, query.user != nil || genres.isEmpty {
            scores = model.scores(query)
        } else if let user = query.user, !saved.history[user].isEmpty {
            scores = saved.model.scores(user: user)
        } else {
            return nil
        }
        let excluded = Set(query.excluded)
        let chosen = best(count, items.filter { !excluded.contains($0) }, scores)
        let reasons = reasons.strongest(reasonCount, for: chosen, of: query, among: query.excluded)
        return RecommendationList(
            recommendations: zip(chosen, reasons).map { item, reasons in
                var recommendation = recommendation(item, scores[Int(item)], .model(kind))
                recommendation.reasons = named(reasons)
                return recommendation
            })
    }

    /// The `count` items most like `item` by what the model knows of items; by content for an item that nobody touched.
    /// Nil when the item is unknown.
    /// - Throws: ``ModelError/knowsNoItems(model:able:)`` where the model knows nothing of which items are alike.
    public func similar(to item: String, count: Int = 10) throws -> SimilarItems? {
        guard let index = saved.items.index(of: item) else { return nil }
        guard let model = saved.model.itemSimilarity else {
            throw ModelError.knowsNoItems(model: kind, able: ModelRegistry.knowingItems)
        }
        let isTouched = !reasons.byItem[index].isEmpty
        let scores = isTouched ? model.similarities(to: index) : content.scores(liked: [index])
        let source: Recommendation.Source = isTouched ? .model(kind) : .content
        return SimilarItems(
            measure: isTouched ? model.similarityMeasure : "cosine of genres and words, as nobody touched it",
            items: best(count, items.filter { $0 != index && scores[Int($0)] > 0 }, scores).map {
                recommendation($0, scores[Int($0)], source)
            })
    }

    private var kind: String { type(of: saved.model).kind }
    private var items: Range<Int32> { 0..<Int32(saved.items.count) }
    private func items(of domain: String?) -> [Int32] {
        domain.flatMap { domains.index(of: $0) }.map { domains.items(of: $0) } ?? Array(items)
    }

    /// Content as far as it says anything, popularity after it and among equals.
    private func coldStart(
        _ liked: [Int32], _ genres: [String], _ items: [Int32], excluding: Set<Int32>, _ count: Int, _ reasonCount: Int
    ) -> RecommendationList {
        let popularity = self.items.map { Float(reasons.byItem[$0].count) }
        let likeness = content.scores(liked: liked[...], genres: genres)
        let candidates = items.filter { !excluding.contains($0) }
        let order = candidates.sorted {
            (likeness[Int($0)], popularity[Int($0)], $1) > (likeness[Int($1)], popularity[Int($1)], $0)
        }
        return RecommendationList(
            recommendations: order.prefix(max(0, count)).map { item in
                guard likeness[Int(item)] > 0 else { return recommendation(item, popularity[Int(item)], .popularity) }
                var recommendation = recommendation(item, likeness[Int(item)], .content)
                let alike = liked.isEmpty ? [] : content.scores(liked: [item])
                recommendation.reasons = named(
                    HistoryReasons.strongest(reasonCount, of: liked, liked.map { alike[Int($0)] }))
                return recommendation
            })
    }

    private func named(_ reasons: [HistoryReasons.Reason]) -> [Recommendation.Reason] {
        reasons.map { .init(item: saved.items[$0.item], title: title($0.item), share: $0.share) }
    }

    /// The best first; of equal scores the lower index.
    private func best(_ count: Int, _ candidates: [Int32], _ scores: [Float]) -> [Int32] {
        Array(candidates.sorted { (scores[Int($0)], $1) > (scores[Int($1)], $0) }.prefix(max(0, count)))
    }

    private func title(_ item: Int32) -> String { saved.catalog[item]?.title ?? saved.items[item] }

    private func recommendation(_ item: Int32, _ score: Float, _ source: Recommendation.Source) -> Recommendation {
        let entry = saved.catalog[item]
        return Recommendation(
            item: saved.items[item], title: title(item), year: entry?.year, genres: entry?.genres ?? [], score: score,
            source: source, reasons: [])
    }
}
