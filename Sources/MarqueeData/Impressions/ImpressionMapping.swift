/// Which column of a delimited file means what, where each row is an item that was shown and rows of one impression
/// share an id.
///
///     columns: { impression: request, user: uid, item: ad, clicked: click, time: ts, propensity: p }
///
/// A column is named by the header or by its number, counted from 1. Rows of one impression may lie apart; its
/// candidates stand in the order of the rows. Separator and header are found as for a ``ColumnMapping``.
public struct ImpressionMapping: Sendable, Equatable, Codable {
    public typealias Column = ColumnMapping.Column
    public typealias TimeUnit = ColumnMapping.TimeUnit

    /// The file inside a folder or archive; may be nil where there is one file only.
    public var file: String?
    public var separator: String?
    public var header: Bool?
    /// Whether `"` quotes a field that holds separators; nil quotes everywhere but in tab-separated files.
    public var quotes: Bool?
    /// What rows of one impression share.
    public var impression: Column
    /// An empty field is nobody known.
    public var user: Column
    public var item: Column
    /// 0 or 1, `false` or `true`.
    public var clicked: Column
    /// A number in ``timeUnit``, or text as ISO 8601 writes it, UTC where no zone stands.
    public var time: Column?
    /// Seconds when nil.
    public var timeUnit: TimeUnit?
    /// Whole numbers, the first of a list being ``firstPosition``.
    public var position: Column?
    /// 0 when nil.
    public var firstPosition: Int?
    /// Above 0, at most 1; an empty field where it is not known.
    public var propensity: Column?
    /// How long an item was looked at after a click; an empty field where it is not known.
    public var dwell: Column?
    /// Milliseconds when nil.
    public var dwellUnit: TimeUnit?
    public var session: Column?
    public var device: Column?
    public var region: Column?
    public var page: Column?

    public init(
        file: String? = nil, separator: String? = nil, header: Bool? = nil, quotes: Bool? = nil, impression: Column,
        user: Column, item: Column, clicked: Column, time: Column? = nil, timeUnit: TimeUnit? = nil,
        position: Column? = nil, firstPosition: Int? = nil, propensity: Column? = nil, dwell: Column? = nil,
        dwellUnit: TimeUnit? = nil, session: Column? = nil, device: Column? = nil, region: Column? = nil,
        page: Column? = nil
    ) {
        self.file = file
        self.separator = separator
        self.header = header
        self.quotes = quotes
        self.impression = impression
        self.user = user
        self.item = item
        self.clicked = clicked
        self.time = time
        self.timeUnit = timeUnit
        self.position = position
        self.firstPosition = firstPosition
        self.propensity = propensity
        self.dwell = dwell
        self.dwellUnit = dwellUnit
        self.session = session
        self.device = device
        self.region = region
        self.page = page
    }

    /// Whether some column is given by a name, so that there is a header.
    var usesNames: Bool {
        [impression, user, item, clicked, time, position, propensity, dwell, session, device, region, page].contains {
            if case .name = $0 { true } else { false }
        }
    }
}
