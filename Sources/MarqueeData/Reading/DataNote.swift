/// What somebody should know of how data was read: what was taken for granted, changed or left out.
public struct DataNote: Sendable, Equatable, Codable, CustomStringConvertible {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// What columns were taken for.
        case columns
        /// What times count, where they do not count seconds.
        case times
        /// A column or file that could have been used and was not.
        case unused
        /// Ids with blanks around them, read without.
        case trimmed
        /// Lines without anything.
        case blank
        /// Bad lines that were left out, as asked.
        case skipped
        /// Ratings that count as likes although they hardly are.
        case values
        /// Users without an interaction of the target behavior.
        case users
        /// Which behaviors there are and which is predicted.
        case behaviors
        /// What was counted beside interactions, such as impressions.
        case counts
        /// How ids, ties or domains of several files were brought together.
        case joining
    }

    public var kind: Kind
    public var text: String

    public init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    public var description: String { text }
}

extension DataNote {
    /// Lines of `file` that were left out, with the first three in full.
    static func skipped(_ count: Int, of file: String, first: [ReadError]) -> DataNote {
        DataNote(
            .skipped,
            "\(file): \(count.grouped) bad line\(count == 1 ? "" : "s") left out, as `on-bad-line: skip` says: "
                + first.prefix(3).map { "\($0)" }.joined(separator: " | ") + (count > 3 ? " | …" : ""))
    }
}
