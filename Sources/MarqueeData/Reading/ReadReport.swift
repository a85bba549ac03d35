/// What a read found, for the first lines a newcomer sees.
public struct ReadReport: Sendable, Equatable, Codable {
    /// One file that was read.
    public struct File: Sendable, Equatable, Codable {
        public var name: String
        /// What it was taken for: `ratings`, `movie titles`.
        public var role: String
        /// Lines that held something.
        public var lines: Int
        /// `UTF-8`, `latin-1` or, of numbers alone, `ASCII`.
        public var encoding: String

        public init(name: String, role: String, lines: Int, encoding: String) {
            self.name = name
            self.role = role
            self.lines = lines
            self.encoding = encoding
        }
    }

    /// The family of formats: `MovieLens 1M/10M (::)`.
    public var format: String
    public var files: [File]
    public var interactions: Int
    public var users: Int
    public var items: Int
    /// What was taken for granted, changed or left out.
    public var notes: [DataNote]
    /// Whether the columns came from the binary cache.
    public var isFromCache = false

    public init(format: String, files: [File], interactions: Int, users: Int, items: Int, notes: [DataNote] = []) {
        self.format = format
        self.files = files
        self.interactions = interactions
        self.users = users
        self.items = items
        self.notes = notes
    }
}

extension ReadReport: CustomStringConvertible {
    public var description: String {
        var lines = ["\(format): \(interactions) interactions, \(users) users, \(items) items"]
        if isFromCache { lines[0] += " (from the cache)" }
        let width = files.map(\.name.count).max() ?? 0
        for file in files {
            let name = file.name + String(repeating: " ", count: width - file.name.count)
            lines.append("  \(name)  \(file.role), \(file.lines) lines, \(file.encoding)")
        }
        return (lines + notes.map { "  \($0)" }).joined(separator: "\n")
    }
}
