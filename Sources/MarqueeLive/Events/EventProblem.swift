internal import MarqueeRuntime

/// Why an event may not enter the log, and what to do about it.
public enum EventProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text is not JSON; `byte` counts from the start of what was sent.
    case notJSON(reason: String, byte: Int)
    case notText(byte: Int)
    case missing(field: String)
    case unknownKey(String)
    case wrongKind(field: String, expected: String)
    case empty(field: String)
    case tooLong(field: String, bytes: Int, limit: Int)
    case controlCharacter(field: String)
    case nobody
    case unknownType(String, nearest: String?)
    case valueOutOfRange(Double, type: EventType, allowed: String)
    case gazeWithoutPlace
    case searchOfAnItem(String)
    case queryOfNoSearch(EventType)
    case secondsForMilliseconds(Int64)
    case tooOld(time: Int64)
    case fromTheFuture(aheadBy: Int64)
    case tooMuchContext(entries: Int, limit: Int)
    case positionOutOfRange(Int)

    public var description: String {
        switch self {
        case .notJSON(let reason, let byte): "not JSON at byte \(byte): \(reason)"
        case .notText(let byte): "not UTF-8 at byte \(byte); send text as UTF-8"
        case .missing(let field): "no '\(field)'; \(Self.remedy[field] ?? "every event has one")"
        case .unknownKey(let key):
            Spelling.complaint(unknown: "key", key, valid: Event.keys.map { "\($0)" })
        case .wrongKind(let field, let expected): "'\(field)' is to be \(expected)"
        case .empty(let field): "'\(field)' is empty; leave it out or give it"
        case .tooLong(let field, let bytes, let limit): "'\(field)' has \(bytes) bytes; at most \(limit) are kept"
        case .controlCharacter(let field): "'\(field)' has a control character; names are plain text"
        case .nobody: "neither 'user' nor 'session'; say who it was, by one of them at least"
        case .unknownType(let name, let nearest):
            if let nearest {
                "unknown type '\(name)'; did you mean '\(nearest)'?"
            } else {
                "unknown type '\(name)'; it is one of \(EventType.allCases.map(\.rawValue).joined(separator: ", "))"
            }
        case .valueOutOfRange(let value, let type, let allowed):
            "value \(value) of a \(type.rawValue); it is to be \(allowed)"
        case .gazeWithoutPlace: "a gaze without its place; give context 'x' and 'y' within 0...1, from the top left"
        case .searchOfAnItem: "a search is about no item; leave 'item' out, and send a click for what was chosen"
        case .queryOfNoSearch(let type): "'query' of a \(type.rawValue); only a search has one"
        case .secondsForMilliseconds(let time): "time \(time) looks like seconds; send milliseconds since 1970"
        case .tooOld(let time): "time \(time) is before 2000; send milliseconds since 1970"
        case .fromTheFuture(let ahead): "time is \(ahead) ms ahead of the server's; set the sender's clock"
        case .tooMuchContext(let entries, let limit): "context has \(entries) entries; at most \(limit) are kept"
        case .positionOutOfRange(let position):
            "position \(position); slots are counted from 0 to \(Event.largestPosition)"
        }
    }

    private static let remedy = [
        "id": "choose one and send the same when sending again; a UUID will do",
        "item": "say what was shown or chosen",
        "query": "say what was searched for",
        "value": "a rating has its stars, and a scroll how far down it went, from 0 to 1",
        "type": "it is one of \(EventType.allCases.map(\.rawValue).joined(separator: ", "))",
    ]
}
