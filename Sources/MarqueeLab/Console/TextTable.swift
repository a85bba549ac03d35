internal import Foundation

/// A table in aligned columns, for terminals and logs.
///
///     model       HR@10   NDCG@10
///     popularity  0.453     0.254
///     ease        0.719     0.449
public struct TextTable: Sendable {
    public struct Cell: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        public var text: String
        /// Bold where the terminal can: the best of its column.
        public var isEmphasized: Bool

        public init(_ text: String, isEmphasized: Bool = false) {
            self.text = text
            self.isEmphasized = isEmphasized
        }
        public init(stringLiteral text: String) { self.init(text) }
    }

    public enum Alignment: Sendable { case left, right }

    /// Says what the table shows and in which protocol; printed above it.
    public var caption: String?
    public var columns: [(title: String, alignment: Alignment)]
    public var rows: [[Cell]] = []
    /// Lines below the table, of single rows.
    public var notes: [String] = []

    public init(caption: String? = nil, columns: [(title: String, alignment: Alignment)]) {
        self.caption = caption
        self.columns = columns
    }

    public mutating func append(_ cells: [Cell]) { rows.append(cells) }

    /// The lines of the table, without an end of line.
    /// - Parameter styled: whether to use the terminal's bold and faint.
    public func lines(styled: Bool = false) -> [String] {
        let widths = columns.indices.map { column in
            ([columns[column].title] + rows.map { $0[column].text }).map(\.displayWidth).max() ?? 0
        }
        func line(_ cells: [Cell]) -> String {
            let padded = cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.text.displayWidth)
                let isLast = column == columns.count - 1
                let text = styled && cell.isEmphasized ? "\u{1B}[1m\(cell.text)\u{1B}[0m" : cell.text
                return columns[column].alignment == .right ? space + text : isLast ? text : text + space
            }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
        var lines = caption?.split(separator: "\n").map(String.init) ?? []
        let header = line(columns.map { Cell($0.title) })
        lines.append(styled ? "\u{1B}[2m\(header)\u{1B}[0m" : header)
        return lines + rows.map(line) + notes
    }
}

extension String {
    /// How many columns of a terminal the text takes: two for wide East Asian characters, none for
    /// combining marks.
    var displayWidth: Int {
        reduce(0) { width, character in
            guard let scalar = character.unicodeScalars.first else { return width }
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                return width + 2
            default: return width + 1
            }
        }
    }

    /// The front of the text in at most `width` columns, with an ellipsis where something was cut.
    package func fitted(to width: Int) -> String {
        guard displayWidth > width else { return self }
        var text = ""
        for character in self {
            guard text.displayWidth + String(character).displayWidth < width else { break }
            text.append(character)
        }
        return text + "…"
    }
}
