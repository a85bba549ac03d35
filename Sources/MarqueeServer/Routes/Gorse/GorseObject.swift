internal import MarqueeRuntime

/// One of gorse's JSON objects, read field by field. Names are taken in any case, as gorse takes them; what is null was
/// not said.
struct GorseObject {
    private var fields: [String: ConfigValue] = [:]

    /// What is wrong with it.
    struct Problem: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }

    /// - Parameter known: the names of all fields that it may have.
    init(_ value: ConfigValue, known: [String]) throws(Problem) {
        guard case .mapping(let given) = value else {
            throw Problem("expected an object such as {\"\(known[0])\": …}")
        }
        for (name, value) in given {
            guard known.contains(where: { $0.lowercased() == name.lowercased() }) else {
                throw Problem(Spelling.complaint(unknown: "field", name, valid: known))
            }
            if value != .null { fields[name.lowercased()] = value }
        }
    }

    subscript(name: String) -> ConfigValue? { fields[name.lowercased()] }

    /// A field that has to be there.
    func required(_ name: String) throws(Problem) -> String {
        guard let text = try text(name) else { throw Problem("'\(name)' is missing") }
        return text
    }

    /// Text, or a whole number as text.
    func text(_ name: String) throws(Problem) -> String? {
        switch self[name] {
        case nil: return nil
        case .string(let text): return text
        case .integer(let number): return String(number)
        default: throw Problem("'\(name)' is to be text")
        }
    }

    func flag(_ name: String) throws(Problem) -> Bool? {
        switch self[name] {
        case nil: return nil
        case .bool(let flag): return flag
        default: throw Problem("'\(name)' is to be true or false")
        }
    }

    func number(_ name: String) throws(Problem) -> Double? {
        switch self[name] {
        case nil: return nil
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: throw Problem("'\(name)' is to be a number")
        }
    }

    func texts(_ name: String) throws(Problem) -> [String]? {
        guard let value = self[name] else { return nil }
        guard case .list(let values) = value else { throw Problem("'\(name)' is to be a list of texts") }
        var texts: [String] = []
        for value in values {
            guard case .string(let text) = value else { throw Problem("'\(name)' is to be a list of texts") }
            texts.append(text)
        }
        return texts
    }

    /// In milliseconds since 1970; nil where it is empty or gorse's word for unknown.
    func time(_ name: String) throws(Problem) -> Int64? {
        switch self[name] {
        case nil, .string(""), .string(GorseTime.unknown): return nil
        case .integer(let number): return GorseTime.milliseconds(sinceEpoch: Int64(number))
        case .number(let seconds) where seconds.magnitude < 1e11: return Int64((seconds * 1_000).rounded())
        case .string(let text):
            if let time = GorseTime.milliseconds(text) { return time }
            throw Problem("'\(name)' is '\(text.prefix(64))'; give a time such as 2024-05-01T12:00:00Z or 2024-05-01")
        default: throw Problem("'\(name)' is to be a time such as 2024-05-01T12:00:00Z")
        }
    }
}
