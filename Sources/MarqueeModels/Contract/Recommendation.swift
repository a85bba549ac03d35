internal import MarqueeData

/// An item for somebody, with what speaks for it.
public struct Recommendation: Sendable, Equatable, Codable {
    /// The item's outside id.
    public var item: String
    public var title: String
    public var year: Int?
    public var genres: [String]
    /// Comparable within one list and one source only.
    public var score: Float
    public var source: Source
    /// Items of the user's history that speak for it, the strongest first.
    public var reasons: [Reason]

    /// Where a recommendation comes from.
    public enum Source: Sendable, Equatable, Codable {
        /// The model of this name.
        case model(String)
        /// Fallback: likeness to what is known to be liked.
        case content
        /// Fallback: what most people like.
        case popularity
    }

    public struct Reason: Sendable, Equatable, Codable {
        public var item: String
        public var title: String
        /// Its share of all that the history says for the item, 0…1.
        public var share: Float

        public init(item: String, title: String, share: Float) {
            self.item = item
            self.title = title
            self.share = share
        }
    }
}

extension Recommendation.Source: CustomStringConvertible {
    /// `ease`, `content (fallback)`, `popularity (fallback)`.
    public var description: String {
        switch self {
        case .model(let kind): kind
        case .content: "content (fallback)"
        case .popularity: "popularity (fallback)"
        }
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        self = [.content, .popularity].first { $0.description == text } ?? .model(text)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Recommendation {
    /// `Heat (1995)`.
    public var titleWithYear: String { Catalog.Item(title: title, year: year).titleWithYear }
}

/// Items that are like one, the most alike first, and by what that was measured.
public struct SimilarItems: Sendable, Equatable, Codable {
    public var measure: String
    public var items: [Recommendation]
}

/// A list of recommendations, and what its reader should know of how it came about.
public struct RecommendationList: Sendable, Equatable, Codable {
    public var recommendations: [Recommendation]
    /// Why the list is not the model's own, such as `user '42' is unknown; …`; nil when it is.
    public var note: String?
}
