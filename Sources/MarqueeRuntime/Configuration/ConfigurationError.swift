/// A configuration does not say what one must: where, and what would be right.
///
///     quickstart.yaml:7: unknown key 'regularisation': did you mean 'regularization'? Valid are: behaviors, …
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was read: a file's name or an option, such as `--split`; nil where neither is known.
    public var file: String?
    /// Counted from 1.
    public var line: Int?
    /// The way to what is wrong, from the root.
    public var path: [AnyCodingKey]
    public var reason: String

    public init(file: String? = nil, line: Int? = nil, at path: [AnyCodingKey] = [], _ reason: String) {
        self.file = file
        self.line = line
        self.path = path
        self.reason = reason
    }

    public var description: String {
        guard let file else { return reason }
        return "\(file)\(line.map { ":\($0)" } ?? ""): \(reason)"
    }
}

extension ConfigurationError {
    /// An error of the value at `path`, which is said in front of the reason.
    static func of(_ path: [AnyCodingKey], _ reason: String) -> ConfigurationError {
        ConfigurationError(at: path, path.dotted.isEmpty ? reason : "\(path.dotted): \(reason)")
    }

    /// This error of a part, as one of the whole in which the part lies at `path`.
    func within(_ path: [AnyCodingKey]) -> ConfigurationError {
        var error = Self.of(path, reason)
        error.path += self.path
        return error
    }

    /// - Parameter path: of what was decoded.
    init(_ error: DecodingError, at path: [AnyCodingKey]) {
        switch error {
        case .keyNotFound(let key, _): self = .of(path, "'\(key.stringValue)' is missing")
        case .typeMismatch(let type, _), .valueNotFound(let type, _):
            self = .of(path, "expected \(Self.words(for: type))")
        case .dataCorrupted(let context): self = .of(path, context.debugDescription)
        @unknown default: self = .of(path, "it cannot be read")
        }
    }

    /// What is expected, in the words of whoever wrote it.
    private static func words(for type: any Any.Type) -> String {
        if let scalar = type as? any ConfigScalar.Type { return scalar.meaning }
        return "\(type)".hasPrefix("Array") ? "a list" : "keys and values"
    }
}

extension [AnyCodingKey] {
    /// `models.ease.regularization`: the keys without the indices of lists.
    var dotted: String { filter { $0.intValue == nil }.map(\.stringValue).joined(separator: ".") }
}
