internal import MarqueeData
internal import MarqueeModels
internal import Synchronization

/// By what items are alike.
public enum ItemLikeness: String, Sendable, CaseIterable {
    /// As the deployed model knows them.
    case model
    /// By who touched both in training.
    case people
}

/// What a model says is like an item, by catalog index.
struct SimilarByModel: Sendable {
    /// Nil where it knows nothing of which items are alike.
    var measure: String?
    var items: [Int32] = []
    var scores: [Float] = []
}

extension DeployedModel {
    /// The items most like an item, by catalog index, and what was measured.
    /// - Parameter likeness: nil for the model's own, where it knows which items are alike, else by people.
    /// - Returns: nil for an item that the model does not know.
    /// - Throws: `ModelError.knowsNoItems`.
    /// - Complexity: by the model what its similarities cost, once an item.
    func similar(to item: Int32, by likeness: ItemLikeness?) throws(ModelError) -> (
        measure: String, items: [Int32], scores: [Float]
    )? {
        guard let index = index(of: item) else { return nil }
        if likeness != .people {
            let list = similarLists.list(index) { similarByModel(to: index) }
            if let measure = list.measure { return (measure, list.items, list.scores) }
            if likeness == .model { throw .knowsNoItems(model: kind, able: ModelRegistry.knowingItems) }
        }
        let neighbors = neighbors(of: item)
        return (
            "people who touched both beyond chance, in standard deviations", neighbors.items,
            neighbors.likeness.map { $0 * neighbors.best }
        )
    }

    /// As ``RecommendationService`` answers for the model's folder.
    private func similarByModel(to index: Int32) -> SimilarByModel {
        guard let model = saved.model.itemSimilarity else { return SimilarByModel() }
        let isTouched = !byItem[index].isEmpty
        let scores = isTouched ? model.similarities(to: index) : contentFeatures().scores(liked: [index])
        var best = BestItems(limit: Self.neighborLimit, above: 0)
        for (other, score) in scores.enumerated() where best.takes(score) && other != index {
            best.insert(Int32(other), score)
        }
        var list = SimilarByModel(
            measure: isTouched ? model.similarityMeasure : "cosine of genres and words, as nobody touched it")
        for (other, score) in zip(best.items, best.scores) where items[Int(other)] >= 0 {
            list.items.append(items[Int(other)])
            list.scores.append(score)
        }
        return list
    }

    /// Made when it is first asked for: most items were touched.
    private func contentFeatures() -> ContentFeatures {
        content.withLock { content in
            let features = content ?? ContentFeatures(saved.catalog, itemCount: saved.items.count)
            content = features
            return features
        }
    }
}
