extension Event {
    /// What one object says, valid or not.
    enum Reading {
        case event(Event)
        case problem(EventProblem, id: String?)
    }

    /// Reads one object. What is wrong with the event is in the reading; the scanner then stands after
    /// the object, so that the next can be read.
    /// - Throws: when the text is no JSON, and nothing says where the next object would begin.
    static func read(_ scanner: inout JSONScanner, received: Int64) throws(EventProblem) -> Reading {
        var fields = Fields()
        guard scanner.peek() == UInt8(ascii: "{") else {
            try scanner.skip()
            return .problem(.wrongKind(field: "event", expected: "an object such as {\"id\": …}"), id: nil)
        }
        try scanner.expect(UInt8(ascii: "{"))
        if !scanner.take(UInt8(ascii: "}")) {
            repeat {
                if let key = try scanner.plainKey() {
                    try scanner.expect(UInt8(ascii: ":"))
                    try fields.read(key, &scanner)
                } else {
                    let key = Array(try scanner.string().utf8)
                    try scanner.expect(UInt8(ascii: ":"))
                    try key.withUnsafeBufferPointer { key throws(EventProblem) in try fields.read(key, &scanner) }
                }
            } while scanner.take(UInt8(ascii: ","))
            try scanner.expect(UInt8(ascii: "}"))
        }
        do throws(EventProblem) {
            let event = try fields.event(received: received)
            if let problem = event.problem(at: received) { throw problem }
            return .event(event)
        } catch {
            return .problem(error, id: fields.id.map { String($0.prefix(longestName)) })
        }
    }

    /// What an event may say of itself.
    static let keys: [StaticString] = [
        "id", "user", "session", "item", "domain", "type", "value", "context", "time", "decision", "position",
        "query", "device",
    ]

    /// An event on its way from text. The first problem is kept, and the reading goes on.
    private struct Fields {
        var id, user, session, item, domain, decision, query, device: String?
        var type: EventType?
        var value: Double?
        var context: [String: String] = [:]
        var time: Int64?
        var position: Int?
        var problem: EventProblem?

        mutating func event(received: Int64) throws(EventProblem) -> Event {
            if let problem { throw problem }
            guard let id else { throw .missing(field: "id") }
            guard let type else { throw .missing(field: item == nil ? "item" : "type") }
            guard item != nil || type == .search else { throw .missing(field: "item") }
            if let item, type == .search { throw .searchOfAnItem(item) }
            return Event(
                id: id, user: user, session: session, item: item ?? "", domain: domain, type: type, value: value,
                context: context, time: time ?? received, decision: decision, position: position, query: query,
                device: device)
        }

        mutating func read(_ key: UnsafeBufferPointer<UInt8>, _ scanner: inout JSONScanner) throws(EventProblem) {
            if try scanner.takeNull() {
                if !Event.keys.contains(where: { key.spells($0) }) { noteUnknown(key) }
            } else if key.spells("id") {
                id = try text("id", &scanner)
            } else if key.spells("user") {
                user = try text("user", &scanner)
            } else if key.spells("session") {
                session = try text("session", &scanner)
            } else if key.spells("item") {
                item = try text("item", &scanner)
            } else if key.spells("domain") {
                domain = try text("domain", &scanner)
            } else if key.spells("decision") {
                decision = try text("decision", &scanner)
            } else if key.spells("query") {
                query = try text("query", &scanner)
            } else if key.spells("device") {
                device = try text("device", &scanner)
            } else if key.spells("type") {
                guard let name = try text("type", &scanner) else { return }
                do throws(EventProblem) { type = try EventType(named: name) } catch { note(error) }
            } else if key.spells("value") {
                value = try number("value", &scanner)
            } else if key.spells("time") {
                try readTime(&scanner)
            } else if key.spells("position") {
                guard let number = try number("position", &scanner) else { return }
                position = Int(exactly: number)
                if position == nil { note(.wrongKind(field: "position", expected: "a whole number")) }
            } else if key.spells("context") {
                try readContext(&scanner)
            } else {
                try scanner.skip()
                noteUnknown(key)
            }
        }

        private mutating func noteUnknown(_ key: UnsafeBufferPointer<UInt8>) {
            note(.unknownKey(String(decoding: key.prefix(Event.longestName), as: UTF8.self)))
        }

        private mutating func note(_ problem: EventProblem) {
            if self.problem == nil { self.problem = problem }
        }

        private mutating func text(_ field: String, _ scanner: inout JSONScanner) throws(EventProblem) -> String? {
            guard scanner.peek() == UInt8(ascii: "\"") else {
                try scanner.skip()
                note(.wrongKind(field: field, expected: "text in quotes"))
                return nil
            }
            return try scanner.string()
        }

        private mutating func number(_ field: String, _ scanner: inout JSONScanner) throws(EventProblem) -> Double? {
            switch scanner.peek() {
            case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try scanner.number()
            default:
                try scanner.skip()
                note(.wrongKind(field: field, expected: "a number"))
                return nil
            }
        }

        private mutating func readTime(_ scanner: inout JSONScanner) throws(EventProblem) {
            let expected = "milliseconds since 1970, or text such as 2026-07-01T12:00:00Z"
            if scanner.peek() == UInt8(ascii: "\"") {
                time = Timestamp.milliseconds(try scanner.string())
            } else {
                time = try number("time", &scanner).flatMap { Int64(exactly: $0.rounded()) }
            }
            if time == nil { note(.wrongKind(field: "time", expected: expected)) }
        }

        private mutating func readContext(_ scanner: inout JSONScanner) throws(EventProblem) {
            guard scanner.peek() == UInt8(ascii: "{") else {
                try scanner.skip()
                return note(.wrongKind(field: "context", expected: "an object of text"))
            }
            try scanner.expect(UInt8(ascii: "{"))
            if scanner.take(UInt8(ascii: "}")) { return }
            repeat {
                let name = try scanner.string()
                try scanner.expect(UInt8(ascii: ":"))
                switch scanner.peek() {
                case UInt8(ascii: "\""): context[name] = try scanner.string()
                case UInt8(ascii: "n"): try scanner.literal("null")
                case UInt8(ascii: "t"):
                    try scanner.literal("true")
                    context[name] = "true"
                case UInt8(ascii: "f"):
                    try scanner.literal("false")
                    context[name] = "false"
                case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
                    context[name] = String(decoding: try scanner.numeral(), as: UTF8.self)
                default:
                    try scanner.skip()
                    note(.wrongKind(field: "context.\(name.prefix(64))", expected: "text, a number, true or false"))
                }
            } while scanner.take(UInt8(ascii: ","))
            try scanner.expect(UInt8(ascii: "}"))
        }
    }
}

extension Event {
    /// An event as ``json`` spelled it. What was valid on arrival is valid for ever: clocks are not asked again.
    init?(json: UnsafeRawBufferPointer) {
        var scanner = JSONScanner(json.assumingMemoryBound(to: UInt8.self))
        guard case .event(let event)? = try? Self.read(&scanner, received: .max) else { return nil }
        self = event
    }

    init?(json: String) {
        guard let event = Array(json.utf8).withUnsafeBytes({ Event(json: $0) }) else { return nil }
        self = event
    }
}

// MARK: Writing

extension Event {
    /// As one line of JSON, absent fields left out, keys in a fixed order: equal events give equal text.
    public var json: String {
        var bytes: [UInt8] = []
        appendJSON(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends ``json`` and returns how many bytes of it, from the brace to the quote that closes the id,
    /// say which event this is.
    @discardableResult
    func appendJSON(to bytes: inout [UInt8]) -> Int {
        let start = bytes.count
        bytes.append(contentsOf: #"{"id":"#.utf8)
        JSONText.append(id, to: &bytes)
        let identity = bytes.count - start
        func append(_ key: StaticString, _ text: String?) {
            guard let text else { return }
            JSONText.append(key: key, to: &bytes)
            JSONText.append(text, to: &bytes)
        }
        append(#","user":"#, user)
        append(#","session":"#, session)
        append(#","item":"#, type == .search ? nil : item)
        append(#","domain":"#, domain)
        append(#","type":"#, type.rawValue)
        if let value {
            JSONText.append(key: #","value":"#, to: &bytes)
            if let whole = Int64(exactly: value) {
                JSONText.append(whole, to: &bytes)
            } else {
                bytes.append(contentsOf: value.description.utf8)
            }
        }
        if !context.isEmpty {
            JSONText.append(key: #","context":"#, to: &bytes)
            var separator = UInt8(ascii: "{")
            for (name, text) in context.sorted(by: { $0.key < $1.key }) {
                bytes.append(separator)
                JSONText.append(name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                JSONText.append(text, to: &bytes)
                separator = UInt8(ascii: ",")
            }
            bytes.append(UInt8(ascii: "}"))
        }
        JSONText.append(key: #","time":"#, to: &bytes)
        JSONText.append(time, to: &bytes)
        append(#","decision":"#, decision)
        if let position {
            JSONText.append(key: #","position":"#, to: &bytes)
            JSONText.append(Int64(position), to: &bytes)
        }
        append(#","query":"#, query)
        append(#","device":"#, device)
        bytes.append(UInt8(ascii: "}"))
        return identity
    }
}

/// Pieces of JSON text.
enum JSONText {
    static func append(key: StaticString, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    }

    static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            if utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
                bytes.append(contentsOf: utf8)
                return
            }
            for byte in utf8 {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
                case 0..<0x20:
                    let digits = Array("0123456789abcdef".utf8)
                    bytes.append(contentsOf: "\\u00".utf8)
                    bytes.append(contentsOf: [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
                default: bytes.append(byte)
                }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    static func append(_ integer: Int64, to bytes: inout [UInt8]) {
        if integer < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = integer.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
}
