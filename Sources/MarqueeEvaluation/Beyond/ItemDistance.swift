public import MarqueeData

/// How unlike two items are, in 0…1 or, by cosine, 0…2.
public struct ItemDistance: Sendable {
    /// What it is called in captions: `genres`, `cosine`.
    public let name: String
    /// The distance, nil when nothing is known of one of the two.
    public let between: @Sendable (_ item: Int32, _ other: Int32) -> Double?

    public init(_ name: String, between: @escaping @Sendable (_ item: Int32, _ other: Int32) -> Double?) {
        self.name = name
        self.between = between
    }

    /// Jaccard's distance of genre sets, 1 − |A ∩ B| / |A ∪ B|; nil where an item has no genres.
    public static func genres(of catalog: Catalog) -> ItemDistance {
        let genres = catalog.items.map { Set($0.genres) }
        return ItemDistance("genres") { item, other in
            guard genres.indices.contains(Int(item)), genres.indices.contains(Int(other)) else { return nil }
            let (a, b) = (genres[Int(item)], genres[Int(other)])
            guard !a.isEmpty, !b.isEmpty else { return nil }
            let shared = a.intersection(b).count
            return 1 - Double(shared) / Double(a.count + b.count - shared)
        }
    }

    /// 1 − cos(a, b) of item vectors, row-major [items, width]; nil where a vector is zero.
    /// - Precondition: `vectors.count` is a multiple of `width`.
    public static func cosine(_ vectors: [Float], width: Int) -> ItemDistance {
        precondition(width > 0 && vectors.count % width == 0, "item vectors are rows of one width")
        return ItemDistance("cosine") { item, other in
            let (a, b) = (Int(item) * width, Int(other) * width)
            guard a >= 0, b >= 0, max(a, b) + width <= vectors.count else { return nil }
            var (dot, aa, bb) = (0.0, 0.0, 0.0)
            for j in 0..<width {
                let (x, y) = (Double(vectors[a + j]), Double(vectors[b + j]))
                dot += x * y
                aa += x * x
                bb += y * y
            }
            return aa > 0 && bb > 0 ? 1 - dot / (aa * bb).squareRoot() : nil
        }
    }
}
