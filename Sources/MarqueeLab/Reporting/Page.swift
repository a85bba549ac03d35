/// A page of tables and charts, before it is HTML.
struct Page: Sendable {
    var title: String
    /// One sentence below the title: what is shown, in which protocol.
    var lead: String
    /// The figures to see first.
    var cards: [Card] = []
    var sections: [Section] = []
    var footer: String
    /// Whether the sections are listed above them, to jump to.
    var hasContents = false

    struct Card: Sendable {
        var value: String
        var label: String
    }

    struct Section: Sendable {
        var title: String
        var text: String = ""
        var blocks: [Block] = []
    }

    /// A table, a chart, a sentence, or a text to unfold.
    struct Block: Sendable {
        var table: Table?
        var chart: Chart?
        var fold: Fold?
        var note: String?

        static func note(_ text: String) -> Block { Block(note: text) }
        static func table(_ table: Table) -> Block { Block(table: table) }
        static func chart(_ chart: Chart) -> Block { Block(chart: chart) }
        static func fold(_ title: String, _ text: String) -> Block { Block(fold: Fold(title: title, text: text)) }
    }

    struct Table: Sendable {
        var caption: String
        var columns: [Column]
        var rows: [Row] = []
        /// Whether two of it stand side by side where there is room.
        var isHalf = false

        struct Column: Sendable {
            var title: String
            var isNumber: Bool
        }
        struct Row: Sendable { var cells: [Cell] }
        struct Cell: Sendable {
            var text: String
            var note = ""
            var isNumber: Bool
            var isBest = false
            var isHead = false
            /// How much of the accent color lies under it, in percent; nil for none.
            var shade: Int?
        }

        init(_ caption: String, columns: [(title: String, isNumber: Bool)]) {
            self.caption = caption
            self.columns = columns.map { Column(title: $0.title, isNumber: $0.isNumber) }
        }

        /// A row of texts; the first names it.
        mutating func append(_ cells: [(text: String, note: String, isBest: Bool)]) {
            rows.append(
                Row(
                    cells: zip(cells, columns).enumerated().map { index, pair in
                        Cell(
                            text: pair.0.text, note: pair.0.note, isNumber: pair.1.isNumber, isBest: pair.0.isBest,
                            isHead: index == 0)
                    }))
        }

        /// Colors a cell of a heat map; values below 0 stay white.
        mutating func shade(row: Int, column: Int, by value: Double) {
            // At most 60 %, on which the text can still be read.
            rows[row].cells[column].shade = value.isFinite ? Int((min(1, max(0, value)) * 60).rounded()) : 0
        }

        mutating func append(_ texts: [String]) { append(texts.map { ($0, "", false) }) }
    }

    struct Fold: Sendable {
        var title: String
        var text: String
    }

    /// What the page's script hands to Chart.js.
    struct Chart: Sendable, Encodable {
        enum Kind: String, Sendable, Encodable {
            case bar
            /// Bars that lie, for names that are long.
            case rows
            case line
        }
        struct Series: Sendable, Encodable {
            var name: String
            var values: [Double?]
        }

        var kind: Kind
        var title: String
        var labels: [String]
        var series: [Series]
        var xTitle = ""
        var yTitle = ""
        var startsAtZero = true
        var isPercent = false
        /// Whether bars need the whole width.
        var isWide = false

        enum CodingKeys: CodingKey { case kind, title, labels, series, xTitle, yTitle, startsAtZero, isPercent, bounds }

        /// From where to where the axis of values goes at least, where the values alone would make it collapse: a curve
        /// that does not move, or a single point, lies in the middle of a tenth of its value to either side.
        var bounds: [Double]? {
            let values = series.flatMap(\.values).compactMap { $0 }.filter(\.isFinite)
            guard !startsAtZero, let low = values.min(), let high = values.max() else { return nil }
            let size = max(abs(low), abs(high))
            guard high - low <= 0.001 * size else { return nil }
            let room = size > 0 ? 0.1 * size : 1
            return [low - room, high + room]
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(kind, forKey: .kind)
            try container.encode(title, forKey: .title)
            try container.encode(labels, forKey: .labels)
            try container.encode(series, forKey: .series)
            try container.encode(xTitle, forKey: .xTitle)
            try container.encode(yTitle, forKey: .yTitle)
            try container.encode(startsAtZero, forKey: .startsAtZero)
            try container.encode(isPercent, forKey: .isPercent)
            try container.encodeIfPresent(bounds, forKey: .bounds)
        }

        var isHalf: Bool { kind != .rows && !isWide }

        /// Pixels: rows need room each.
        var height: Int { kind == .rows ? 70 + labels.count * max(22, 14 * series.count + 8) : isWide ? 340 : 280 }
    }
}
