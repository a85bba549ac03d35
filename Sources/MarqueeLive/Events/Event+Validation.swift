internal import MarqueeRuntime

extension Event {
    /// How far a sender's clock may run ahead, in milliseconds.
    public static let clockTolerance: Int64 = 60_000
    /// The longest name (of an event, user, session, item, domain, decision), in bytes of UTF-8.
    public static let longestName = 256
    public static let largestContext = 32
    public static let largestPosition = 99_999
    /// Sums of values stay exact up to here.
    public static let largestValue = 1e9

    private static let year2000: Int64 = 946_684_800_000
    private static let year2000InSeconds: Int64 = 946_684_800

    /// Why this event may not enter the log at `now` (milliseconds since 1970); nil when it may.
    public func problem(at now: Int64) -> EventProblem? {
        if let problem = Self.problem(of: id, "id") ?? aboutProblem() { return problem }
        if user == nil, session == nil { return .nobody }
        if let user, let problem = Self.problem(of: user, "user") { return problem }
        if let session, let problem = Self.problem(of: session, "session") { return problem }
        if let domain, let problem = Self.problem(of: domain, "domain") { return problem }
        if let decision, let problem = Self.problem(of: decision, "decision") { return problem }
        if let device, let problem = Self.problem(of: device, "device") { return problem }
        if let position, position < 0 || position > Self.largestPosition { return .positionOutOfRange(position) }
        if time < Self.year2000 {
            return time >= Self.year2000InSeconds ? .secondsForMilliseconds(time) : .tooOld(time: time)
        }
        if time > now, time - now > Self.clockTolerance { return .fromTheFuture(aheadBy: time - now) }
        return valueProblem() ?? contextProblem()
    }

    /// A search has a text, everything else an item.
    private func aboutProblem() -> EventProblem? {
        guard type == .search else {
            return Self.problem(of: item, "item") ?? (query == nil ? nil : .queryOfNoSearch(type))
        }
        guard item.isEmpty else { return .searchOfAnItem(item) }
        guard let query else { return .missing(field: "query") }
        return Self.problem(of: query, "query")
    }

    private func valueProblem() -> EventProblem? {
        guard let value else {
            return type == .rating || type == .scroll ? .missing(field: "value") : nil
        }
        let (allowed, words): (ClosedRange<Double>, String) =
            switch type {
            case .view, .gaze: (0...Self.largestValue, "seconds from 0 to 1e9")
            case .scroll: (0...1, "how far down, from 0 to 1")
            default: (-Self.largestValue...Self.largestValue, "from -1e9 to 1e9")
            }
        return allowed.contains(value) ? nil : .valueOutOfRange(value, type: type, allowed: words)
    }

    private func contextProblem() -> EventProblem? {
        if context.count > Self.largestContext {
            return .tooMuchContext(entries: context.count, limit: Self.largestContext)
        }
        for (name, text) in context {
            if let problem = Self.problem(of: name, "context") { return problem }
            if text.utf8.count > Self.longestName {
                return .tooLong(field: "context.\(name)", bytes: text.utf8.count, limit: Self.longestName)
            }
            for byte in text.utf8 where byte < 0x20 || byte == 0x7F {
                return .controlCharacter(field: "context.\(name)")
            }
        }
        if type == .scroll, context["speed"] != nil, number("context.speed").map({ $0 < 0 }) ?? true {
            return .wrongKind(field: "context.speed", expected: "screens a second, a number from 0 on")
        }
        return type == .gaze && gazePoint == nil ? .gazeWithoutPlace : nil
    }

    /// A number that it carries: `value`, or the `context.NAME` that is one as JSON spells it; nil where there is none.
    func number(_ field: String) -> Double? {
        if field == "value" { return value }
        guard case .context? = EventField(field), let text = EventField(field).flatMap({ self[$0] }) else { return nil }
        return JSONScanner.number(in: text).flatMap { $0.magnitude <= Self.largestValue ? $0 : nil }
    }

    /// Where the eyes rested; nil when this is no gaze, or `x` and `y` of the context are no JSON numbers within 0...1.
    public var gazePoint: (x: Double, y: Double)? {
        guard type == .gaze, let x = context["x"].flatMap({ JSONScanner.number(in: $0) }), (0...1).contains(x),
            let y = context["y"].flatMap({ JSONScanner.number(in: $0) }), (0...1).contains(y)
        else { return nil }
        return (x, y)
    }

    private static func problem(of name: String, _ field: @autoclosure () -> String) -> EventProblem? {
        let utf8 = name.utf8
        if utf8.isEmpty { return .empty(field: field()) }
        if utf8.count > longestName { return .tooLong(field: field(), bytes: utf8.count, limit: longestName) }
        for byte in utf8 where byte < 0x20 || byte == 0x7F { return .controlCharacter(field: field()) }
        return nil
    }
}

extension EventType {
    /// The type of that name.
    /// - Throws: ``EventProblem/unknownType(_:nearest:)``.
    public init(named name: String) throws(EventProblem) {
        guard let type = EventType(rawValue: name) else {
            throw .unknownType(
                String(name.prefix(64)),
                nearest: String(name.prefix(64)).nearest(in: EventType.allCases.map(\.rawValue)))
        }
        self = type
    }
}
