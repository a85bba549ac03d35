/// One of several named things in a configuration, bare (`binarize`) or with settings (`k-core: 5`,
/// `ratio: { train: 0.8 }`). Listing the choices is all that a type does to be read and written so:
///
///     enum Splitter { case ratio(RatioSplit), given }
///     extension Splitter: NamedChoice, Encodable {
///         static let what = "split"
///         static let choices: [Choice<Splitter>] = [
///             Choice("ratio", standard: RatioSplit(), Splitter.ratio) { if case .ratio(let it) = $0 { it } else { nil } },
///             Choice("given", .given) { $0 == .given },
///         ]
///     }
public protocol NamedChoice: Decodable, Sendable {
    /// What is being named, for errors: `preparation step`.
    static var what: String { get }
    static var choices: [Choice<Self>] { get }
}

/// A name that may be chosen, with what it makes of its settings.
public struct Choice<Whole: Sendable>: Sendable {
    public let name: String
    /// Makes the whole of the settings, nil for the bare name; the path is theirs, for errors.
    fileprivate let make: @Sendable (_ settings: ConfigValue?, _ path: [AnyCodingKey]) throws -> Whole
    /// The settings of a whole that is of this choice; nil of any other.
    fileprivate let settings: @Sendable (Whole) -> (any Encodable)?

    /// A choice with settings.
    /// - Parameters:
    ///   - standard: what the bare name stands for; nil where settings must be given.
    ///   - make: refuses settings by an error that says why.
    ///   - settings: the settings of a whole that is of this choice; nil of any other.
    public init<Settings: Codable & Sendable>(
        _ name: String, standard: Settings? = nil, _ make: @escaping @Sendable (Settings) throws -> Whole,
        _ settings: @escaping @Sendable (Whole) -> Settings?
    ) {
        self.init(name, standard, make) { settings($0) }
    }

    /// A choice without settings.
    public init(_ name: String, _ whole: Whole, _ isChosen: @escaping @Sendable (Whole) -> Bool) {
        self.name = name
        make = { value, path in
            guard value == nil else { throw ConfigurationError(at: path, "'\(name)' has no settings; leave them out") }
            return whole
        }
        settings = { isChosen($0) ? [String: Int]() : nil }
    }

    /// A choice that is read and never written.
    public init<Settings: Decodable & Sendable>(
        _ name: String, reading type: Settings.Type, standard: Settings?,
        _ make: @escaping @Sendable (Settings) throws -> Whole
    ) {
        self.init(name, standard, make) { _ in nil }
    }

    private init<Settings: Decodable & Sendable>(
        _ name: String, _ standard: Settings?, _ make: @escaping @Sendable (Settings) throws -> Whole,
        settings: @escaping @Sendable (Whole) -> (any Encodable)?
    ) {
        self.name = name
        self.settings = settings
        self.make = { value, path in
            guard let own = try value?.decode(Settings.self, at: path) ?? standard else {
                throw ConfigurationError(at: path, "'\(name)' needs its settings: write '\(name): …'")
            }
            return try Self.make(path) { try make(own) }
        }
    }

    private static func make(_ path: [AnyCodingKey], _ make: () throws -> Whole) throws -> Whole {
        do { return try make() } catch let error as ConfigurationError {
            throw error.within(path)
        } catch { throw ConfigurationError.of(path, "\(error)") }
    }
}

extension NamedChoice {
    /// - Throws: ``ConfigurationError`` that names the nearest valid name.
    public init(from decoder: any Decoder) throws {
        let path = decoder.codingPath.map { AnyCodingKey($0) }
        let name: String
        let settings: ConfigValue?
        switch try ConfigValue(from: decoder) {
        case .string(let bare): (name, settings) = (bare, nil)
        case .mapping(let fields) where fields.count == 1:
            let field = fields[fields.startIndex]
            // `name:` with nothing behind it is the bare name.
            (name, settings) = (field.key, field.value == .null ? nil : field.value)
        case let other:
            throw ConfigurationError.of(
                path,
                "a \(Self.what) is a name, or one name with its settings, such as 'name: { … }'; found \(other.text)")
        }
        let own = settings == nil ? path : path + [AnyCodingKey(name)]
        guard let choice = Self.choices.first(where: { $0.name == name }) else {
            throw ConfigurationError(
                at: own, Spelling.complaint(unknown: Self.what, name, valid: Self.choices.map(\.name)))
        }
        self = try choice.make(settings, own)
    }
}

extension NamedChoice where Self: Encodable {
    /// As a configuration spells it.
    public var name: String { Self.choices.first { $0.settings(self) != nil }?.name ?? "" }

    /// The bare name where there are no settings, else the name with all of them.
    public func encode(to encoder: any Encoder) throws {
        for choice in Self.choices {
            guard let settings = choice.settings(self) else { continue }
            if try ConfigValue(encoding: settings) == [:] {
                var container = encoder.singleValueContainer()
                return try container.encode(choice.name)
            }
            var container = encoder.container(keyedBy: AnyCodingKey.self)
            return try container.encode(settings, forKey: AnyCodingKey(choice.name))
        }
    }
}
