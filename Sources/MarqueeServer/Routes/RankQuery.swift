internal import Hummingbird
internal import MarqueeEvaluation
internal import MarqueeLive
internal import MarqueeRuntime

/// The body of `POST /api/rank`: items to bring in an order for somebody.
///
///     { "user": "42", "candidates": ["7", "12", "9"], "filter": { "without": ["Comedy"] } }
struct RankQuery: Configuration {
    /// Who asks; with neither a user nor a session it is somebody of whom nothing is known but `touched`.
    var user: String?
    var session: String?
    /// The items, in any order.
    var candidates: [String] = []
    /// What was touched just now, the newest first.
    var touched: [String] = []
    /// How many of them are wanted; all where it is left out.
    var n: Int?
    var domain: String?
    var category: String?
    var filter: ItemFilter?
    /// Whether each item comes with what of the history speaks for it.
    var reasons = false
    /// Where is asked.
    var device: String?
    var region: String?
    var page: String?

    static let defaults = RankQuery()
    static let required = ["candidates"]

    /// How many items may be ranked at once.
    static let limit = 1_000

    /// - Throws: `HTTPError` 400.
    func query() throws -> DecisionQuery {
        guard (1...Self.limit).contains(candidates.count) else {
            throw HTTPError(
                .badRequest, message: "'candidates' has \(candidates.count) entries; send 1 to \(Self.limit)")
        }
        guard touched.count <= 100 else {
            throw HTTPError(.badRequest, message: "'touched' has \(touched.count) entries; send the newest 100")
        }
        let count = n ?? candidates.count
        guard (1...Self.limit).contains(count) else {
            throw HTTPError(.badRequest, message: "'n' is to be a whole number from 1 to \(Self.limit)")
        }
        for (name, text) in [
            ("user", user), ("session", session), ("domain", domain), ("category", category), ("device", device),
            ("region", region), ("page", page),
        ] + candidates.map({ ("candidates", $0) }) {
            guard text?.isName ?? true else {
                throw HTTPError(
                    .badRequest, message: "'\(name)' is to be 1 to 256 bytes without control characters")
            }
        }
        return DecisionQuery(
            who: user.map { .user($0) } ?? .session(session ?? ""), count: count, domain: domain, category: category,
            filter: filter, candidates: candidates, reasonCount: reasons ? RecommendRoutes.reasonCount : 0,
            touched: touched,
            context: MarqueeEvaluation.RequestContext(device: device ?? "", region: region ?? "", page: page ?? ""))
    }
}

extension QueryReader {
    /// A value in JSON, read as strictly as a body; nil when it is not there.
    mutating func json<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value? {
        guard let text = try value(key) else { return nil }
        guard let json = ConfigValue(json: text) else {
            throw HTTPError(.badRequest, message: "'\(key)' is to be JSON, percent-encoded")
        }
        do { return try json.decode(Value.self) } catch {
            throw HTTPError(.badRequest, message: "'\(key)': \(error.reason)")
        }
    }
}
