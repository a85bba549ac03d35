internal import MarqueeRuntime

/// What the settings say as text, and where each was set.
struct SettingTexts: Sendable {
    /// Of every key, as the environment would spell it.
    let texts: [String: String]
    /// Of keys that are not as they are by default.
    let origins: [String: Origin]

    struct Origin: Sendable {
        /// A file, a variable, or the command line.
        var place: String
        var line: Int?
    }

    /// The keys that say something else there, in the order of ``Setting/all``.
    func differences(from other: SettingTexts) -> [String] {
        Setting.all.map(\.key).filter { texts[$0] != other.texts[$0] }
    }

    /// What is wrong with a setting, and where it was set.
    func unusable(_ key: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(
            file: origins[key]?.place, line: origins[key]?.line,
            at: key.split(separator: ".").map { AnyCodingKey(String($0)) }, "\(key): \(reason)")
    }
}
