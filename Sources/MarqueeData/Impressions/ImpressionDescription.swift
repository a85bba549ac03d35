internal import MarqueeRuntime

/// What logged impressions look like: their counts, how often what was shown was clicked, when and where. O(candidates).
public struct ImpressionDescription: Sendable, Equatable, Codable {
    /// A context and how many impressions were in it.
    public struct Context: Sendable, Equatable, Codable {
        public let name: String
        public let impressions: Int
    }

    public let name: String
    public let impressions: Int
    /// Those with an impression, and items that were shown.
    public let users, items: Int
    /// Items shown, each as often as it was, and how many of them were clicked.
    public let shown, clicks: Int
    /// Clicks over items shown; 0 where nothing was.
    public let clickRate: Double
    /// Impressions without a click.
    public let withoutClick: Int
    /// Candidates of the median impression, the lower of two, and of the longest.
    public let medianCandidates, mostCandidates: Int
    /// UTC dates, `2019-11-09`; nil without times.
    public let oldestDate, newestDate: String?
    /// Most impressions first; empty where none is known.
    public let devices: [Context]
    /// The clicks of histories beside the impressions, and of how many users; 0 without histories.
    public let historyClicks, historyUsers: Int
    /// Candidates whose propensity is known.
    public let withPropensity: Int

    public init(_ data: ImpressionData) {
        let log = data.log
        name = data.name
        impressions = log.count
        users = Set(log.users.lazy.filter { $0 >= 0 }).count
        items = Set(log.items).count
        shown = log.candidateCount
        clicks = log.clicked.count { $0 }
        clickRate = Double(clicks) / Double(max(1, shown))
        withoutClick = (0..<log.count).count { !log.candidates(of: $0).contains { log.clicked[$0] } }
        let sizes = (0..<log.count).map { log.candidates(of: $0).count }.sorted()
        medianCandidates = sizes.isEmpty ? 0 : sizes[(sizes.count - 1) / 2]
        mostCandidates = sizes.last ?? 0
        oldestDate = log.timestamps.min().map { CivilDate(milliseconds: $0).description }
        newestDate = log.timestamps.max().map { CivilDate(milliseconds: $0).description }
        var counts = [Int](repeating: 0, count: log.devices.vocabulary.count)
        for code in log.devices.codes where code >= 0 { counts[Int(code)] += 1 }
        devices = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
            .map { Context(name: log.devices.vocabulary[Int32($0)], impressions: counts[$0]) }
        historyClicks = log.histories?.eventCount ?? 0
        historyUsers =
            log.histories.map { histories in
                (0..<Int32(histories.userCount)).count { !histories[$0].isEmpty }
            } ?? 0
        withPropensity = log.propensities.count { !$0.isNaN }
    }
}
