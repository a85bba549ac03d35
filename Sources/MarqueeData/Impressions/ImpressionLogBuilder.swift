/// Gathers impressions by outside ids into an ``ImpressionLog``.
///
///     var builder = ImpressionLogBuilder()
///     builder.append(.init(user: "u1", time: now, page: "home"), candidates: [
///         .init(item: "a", isClicked: false), .init(item: "b", isClicked: true, dwell: 5_000),
///     ])
///     let log = builder.log()
///
/// Ids are numbered by first appearance.
public struct ImpressionLogBuilder: Sendable {
    /// Who was shown something, when and where.
    public struct Impression: Sendable, Equatable {
        /// Nil for nobody known.
        public var user: String?
        /// Milliseconds since 1970-01-01 UTC.
        public var time: Int64?
        public var session: String?
        /// Empty where it is not known, as are the next two.
        public var device, region, page: String

        public init(
            user: String?, time: Int64? = nil, session: String? = nil, device: String = "", region: String = "",
            page: String = ""
        ) {
            self.user = user
            self.time = time
            self.session = session
            self.device = device
            self.region = region
            self.page = page
        }
    }

    /// One item that was shown.
    public struct Candidate: Sendable, Equatable {
        public var item: String
        public var isClicked: Bool
        /// 0 being the first; nil for where it stands among the candidates.
        public var position: Int32?
        /// The probability with which it was shown, in (0, 1].
        public var propensity: Float?
        /// Milliseconds spent with it after a click.
        public var dwell: Int32?
        /// Milliseconds that it lasts.
        public var length: Int32?
        /// How far down it was scrolled after a click, and how much of it was seen: 0...1.
        public var scroll, seen: Float?
        /// Whether it was said to be liked, or not to be.
        public var isLiked: Bool?

        public init(
            item: String, isClicked: Bool, position: Int32? = nil, propensity: Float? = nil, dwell: Int32? = nil,
            length: Int32? = nil, scroll: Float? = nil, seen: Float? = nil, isLiked: Bool? = nil
        ) {
            self.length = length
            self.scroll = scroll
            self.seen = seen
            self.isLiked = isLiked
            self.item = item
            self.isClicked = isClicked
            self.position = position
            self.propensity = propensity
            self.dwell = dwell
        }
    }

    private var building = ImpressionLog()
    private var sessionIds = Vocabulary()
    private var lacksTime = false
    private var knowsPosition = false
    private var knowsPropensity = false
    private var knowsDwell = false
    private var knowsLength = false
    private var knowsScroll = false
    private var knowsSeen = false
    private var knowsLiked = false

    public init() {}

    /// The number of impressions so far.
    public var count: Int { building.count }

    /// Adds one impression. O(candidates).
    public mutating func append(_ impression: Impression, candidates: some Sequence<Candidate>) {
        building.users.append(impression.user.map { building.userVocabulary.insert($0) } ?? -1)
        building.timestamps.append(impression.time ?? 0)
        if impression.time == nil { lacksTime = true }
        building.sessions.append(impression.session.map { sessionIds.insert($0) } ?? -1)
        building.devices.append(impression.device)
        building.regions.append(impression.region)
        building.pages.append(impression.page)
        var place: Int32 = 0
        for candidate in candidates {
            building.items.append(building.itemVocabulary.insert(candidate.item))
            building.clicked.append(candidate.isClicked)
            building.positions.append(candidate.position ?? place)
            building.propensities.append(candidate.propensity ?? .nan)
            building.dwell.append(candidate.dwell ?? -1)
            building.lengths.append(candidate.length ?? 0)
            building.scrolls.append(candidate.scroll ?? .nan)
            building.seen.append(candidate.seen ?? .nan)
            building.liked.append(candidate.isLiked.map { $0 ? 1 : 0 } ?? -1)
            knowsPosition = knowsPosition || candidate.position.map { $0 != place } ?? false
            knowsPropensity = knowsPropensity || candidate.propensity != nil
            knowsDwell = knowsDwell || candidate.dwell != nil
            knowsLength = knowsLength || candidate.length != nil
            knowsScroll = knowsScroll || candidate.scroll != nil
            knowsSeen = knowsSeen || candidate.seen != nil
            knowsLiked = knowsLiked || candidate.isLiked != nil
            place += 1
        }
        building.offsets.append(building.items.count)
    }

    /// The index of an item, numbered now where it was not shown yet; for items that only histories hold.
    mutating func item(_ id: String) -> Int32 { building.itemVocabulary.insert(id) }

    /// The index of a user, numbered now where nothing was shown to them yet.
    mutating func user(_ id: String) -> Int32 { building.userVocabulary.insert(id) }

    /// What was gathered. Columns of which nothing is known are empty; so are times unless every impression has one.
    public func log() -> ImpressionLog {
        var log = building
        if lacksTime { log.timestamps = [] }
        if sessionIds.count == 0 { log.sessions = [] }
        for column in [\ImpressionLog.devices, \.regions, \.pages] where log[keyPath: column].vocabulary.count == 0 {
            log[keyPath: column].codes = []
        }
        if !knowsPosition { log.positions = [] }
        if !knowsPropensity { log.propensities = [] }
        if !knowsDwell { log.dwell = [] }
        if !knowsLength { log.lengths = [] }
        if !knowsScroll { log.scrolls = [] }
        if !knowsSeen { log.seen = [] }
        if !knowsLiked { log.liked = [] }
        return log
    }
}

extension CategoryColumn {
    /// Adds a row; an empty text is unknown.
    fileprivate mutating func append(_ text: String) { codes.append(text.isEmpty ? -1 : vocabulary.insert(text)) }
}
