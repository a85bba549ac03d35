internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime

/// What most people like: score(u, i) = the number of users who interacted with i.
///
/// The same list for everybody, and the row that every table must have.
public struct Popularity: Recommender, HistoryScorer {
    public struct Config: ModelConfig {
        public init() {}
    }

    public static let kind = "popularity"
    public let config: Config
    public let userCount: Int
    /// By item: how many users interacted with it.
    public let counts: [Float]

    public var itemCount: Int { counts.count }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> Popularity {
        Popularity(
            config: config, userCount: data.userCount, counts: data.interactions.columnCounts().map(Float.init))
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        var next = 0
        for _ in users {
            for item in items {
                scores[next] = counts[item]
                next += 1
            }
        }
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        score(users: queries.map { _ in 0 }, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        for (k, item) in candidates.enumerated() { scores[k] = counts[Int(item)] }
    }
}

extension Popularity {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        let shape = try artifact.shape("counts", rank: 1)
        self.init(
            config: config, userCount: try artifact.count("users"), counts: try artifact.floats("counts", shape: shape))
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(counts, "counts", shape: [itemCount])
        artifact.store(count: userCount, "users")
    }
}
