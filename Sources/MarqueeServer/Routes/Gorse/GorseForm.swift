internal import HTTPTypes
internal import Hummingbird
internal import MarqueeRuntime

/// When a request is one of gorse's, and is answered in gorse's form.
///
/// Paths that only gorse has (`/api/item/…`, `/api/user/…`, `/api/feedback…`, `/api/recommend/{user}/{category}`) always
/// answer in it. Where both have the path, a request is gorse's that
/// - has the header `X-API-Version`: 2 gives scores, 1 ids alone; or
/// - ends its path in a slash, as gorse's clients do where they leave out the category; or
/// - sends a body in gorse's names (`ItemId`, `UserId`), for a session a list of feedback; or
/// - lists items or users with `q`, with an empty `cursor`, or with the cursor of such an answer.
///
/// All other requests are answered in the server's own form.
enum GorseForm {
    /// The versions of gorse's lists.
    private enum Version: String {
        case ids = "1"
        case scores = "2"
    }

    /// What a request says beside its body.
    /// - Throws: 400 where the header names another version.
    static func isAsked(by request: Request) throws(HTTPError) -> Bool {
        if try version(request) != nil || request.uri.path.hasSuffix("/") { return true }
        let query = request.uri.queryParameters
        return query["q"] != nil || query["cursor"].map { $0.isEmpty || $0.hasPrefix(cursorMark) } ?? false
    }

    /// Whether a body, or the first of the entries that it has, is in gorse's names.
    static func isUsed(in body: ConfigValue) -> Bool {
        switch body {
        case .list(let entries): entries.first.map { isUsed(in: $0) } ?? false
        case .mapping(let fields): fields.keys.contains { ["itemid", "userid"].contains($0.lowercased()) }
        default: false
        }
    }

    /// Whether lists come with scores.
    /// - Throws: 400 where the header names another version.
    static func wantsScores(_ request: Request) throws(HTTPError) -> Bool { try version(request) == .scores }

    private static func version(_ request: Request) throws(HTTPError) -> Version? {
        guard let text = request.headers[.gorseVersion] else { return nil }
        guard let version = Version(rawValue: text) else {
            throw HTTPError(.badRequest, message: "'X-API-Version' is to be 2 for scores, or 1 for ids alone")
        }
        return version
    }

    // No name begins with a control character, so that no other cursor is like one of these.
    private static let cursorMark = "\u{1}"

    /// The cursor of a list that goes on after a name; empty after its end.
    static func cursor(after name: String?) -> String { name.map { cursorMark + $0 } ?? "" }

    /// The name after which a cursor goes on.
    static func name(of cursor: String) -> String { cursor.hasPrefix(cursorMark) ? String(cursor.dropFirst()) : cursor }
}

extension HTTPField.Name {
    /// `X-API-Version`; a constant that the library accepts.
    static let gorseVersion = HTTPField.Name("X-API-Version") ?? .accept
}

/// An item or a person with a score, as gorse lists them.
struct GorseScore: Encodable {
    var id: String
    var score: Double

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case score = "Score"
    }
}

/// What gorse answers to whatever changes something, and of rows that were refused each with its number.
struct GorseSuccess: Encodable {
    var rowAffected: Int
    var rejected: [GorseRejected]?

    init(_ rowAffected: Int, rejected: [GorseRejected] = []) {
        self.rowAffected = rowAffected
        self.rejected = rejected.isEmpty ? nil : rejected
    }

    enum CodingKeys: String, CodingKey {
        case rowAffected = "RowAffected"
        case rejected = "Rejected"
    }
}

struct GorseRejected: Encodable {
    /// Counted from 0.
    var index: Int
    var problem: String

    enum CodingKeys: String, CodingKey {
        case index = "Index"
        case problem = "Problem"
    }
}

/// The rows of a body, each read on its own: one that is wrong refuses itself alone.
struct GorseRows<Row> {
    private(set) var rows: [Row] = []
    private(set) var rejected: [GorseRejected] = []

    init(_ body: ConfigValue, _ read: (ConfigValue) throws -> Row) {
        let entries = if case .list(let entries) = body { entries } else { [body] }
        for (index, entry) in entries.enumerated() {
            do { rows.append(try read(entry)) } catch {
                rejected.append(GorseRejected(index: index, problem: "\(error)"))
            }
        }
    }

    /// What is answered once the rows are stored: an error when there was none among them that could be.
    func answer(_ affected: Int) throws -> Response {
        if rows.isEmpty, let first = rejected.first {
            throw HTTPError(
                .badRequest,
                message: "none of \(rejected.count) rows was taken; row \(first.index): \(first.problem)")
        }
        return try JSONText.response(encoding: GorseSuccess(affected, rejected: rejected))
    }
}
