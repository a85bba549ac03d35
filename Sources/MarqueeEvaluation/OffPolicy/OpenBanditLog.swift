public import Foundation

/// A log in the form of the Open Bandit Dataset (Saito, Aihara, Matsutani and Narita 2021): one CSV row a slot
/// shown, with at least the columns `timestamp`, `item_id`, `position` and `click`; `propensity_score` where it
/// was logged. Rows are sorted by time; rows of one time keep their order.
public struct OpenBanditLog: Sendable {
    /// Distinct items, so that `items[action]` is how the file spells an action: numbers in numeric order.
    public let items: [String]
    /// [rows], indices into ``items``.
    public private(set) var actions: [Int]
    /// From 0. [rows]
    public private(set) var positions: [Int]
    public private(set) var clicks: [Double]
    /// nil where the file has no such column.
    public private(set) var propensities: [Double]?
    /// The columns `user_feature_…`, spelled as in the file. [rows][features]
    public private(set) var userFeatures: [[Substring]]

    public var count: Int { actions.count }
    public var positionCount: Int { (positions.max() ?? -1) + 1 }

    /// Reads a campaign's folder, such as `random/men`, by the CSV named like it, or a CSV itself.
    /// - Throws: ``OpenBanditError`` with file and line.
    public init(contentsOf url: URL) throws {
        var file = url
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw OpenBanditError(place: url.path, reason: "no such file or folder")
        }
        if isFolder.boolValue {
            file = url.appendingPathComponent(url.standardizedFileURL.lastPathComponent + ".csv")
            guard FileManager.default.fileExists(atPath: file.path) else {
                throw OpenBanditError(
                    place: url.path,
                    reason: "no \(file.lastPathComponent) in it; name a campaign's folder, such as random/men")
            }
        }
        guard let text = String(data: try Data(contentsOf: file), encoding: .utf8) else {
            throw OpenBanditError(place: file.lastPathComponent, reason: "not UTF-8 text")
        }
        try self.init(text, name: file.lastPathComponent)
    }

    init(_ text: String, name: String) throws {
        func problem(_ line: Int, _ reason: String) -> OpenBanditError {
            OpenBanditError(place: "\(name):\(line)", reason: reason)
        }
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        let header = (lines.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
        func column(_ title: String) throws -> Int {
            guard let place = header.firstIndex(of: title[...]) else { throw problem(1, "no column '\(title)'") }
            return place
        }
        let (time, item, position, click) =
            try (column("timestamp"), column("item_id"), column("position"), column("click"))
        let propensity = header.firstIndex(of: "propensity_score")
        let features = header.indices.filter { header[$0].hasPrefix("user_feature_") }

        struct Row {
            var time, item: Substring
            var position: Int
            var click: Double
            var propensity: Double?
            var features: [Substring]
        }
        var rows: [Row] = []
        let needed = (features + [time, item, position, click, propensity ?? 0]).max() ?? 0
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            let fields = line.split(separator: ",", maxSplits: needed + 1, omittingEmptySubsequences: false)
            guard fields.count > needed else {
                throw problem(index + 1, "expected \(header.count) fields, found \(fields.count)")
            }
            guard let place = Int(fields[position]), place >= 1, place <= 1000 else {
                throw problem(index + 1, "position '\(fields[position])' is not a number from 1 to 1000")
            }
            guard let reward = Double(fields[click]), reward.isFinite else {
                throw problem(index + 1, "click '\(fields[click])' is not a number")
            }
            var score: Double?
            if let propensity {
                guard let value = Double(fields[propensity]), value > 0, value <= 1 else {
                    throw problem(index + 1, "propensity_score '\(fields[propensity])' is not above 0 and at most 1")
                }
                score = value
            }
            rows.append(
                Row(
                    time: fields[time], item: fields[item], position: place - 1, click: reward, propensity: score,
                    features: features.map { fields[$0] }))
        }
        guard rows.count > 1 else { throw problem(lines.count, "no decisions") }
        // Times are ISO 8601 in one zone, which sort as text; the sort is stable.
        rows.sort { $0.time < $1.time }
        let spelled = Set(rows.map(\.item)).sorted {
            if let a = Int($0), let b = Int($1) { a < b } else { $0 < $1 }
        }
        // Numbers are taken as indices into all of 0 … largest, as obp does.
        let numbers = spelled.compactMap { Int($0) }
        if numbers.count == spelled.count, let least = numbers.first, let most = numbers.last, least >= 0,
            most < 1_000_000
        {
            items = (0...most).map(String.init)
        } else {
            items = spelled.map(String.init)
        }
        let places = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1, $0) })
        // Every spelling is in the table; "07" and "7" would not be, and stay an error.
        actions = try rows.map { row in
            guard let action = places[String(row.item)] else {
                throw OpenBanditError(place: name, reason: "item_id '\(row.item)' is spelled in two ways")
            }
            return action
        }
        positions = rows.map(\.position)
        clicks = rows.map(\.click)
        propensities = propensity == nil ? nil : rows.compactMap(\.propensity)
        userFeatures = rows.map(\.features)
    }

    /// The log without its first `rows`, of which a policy may have learned.
    public func dropping(first rows: Int) -> OpenBanditLog {
        var log = self
        log.actions.removeFirst(rows)
        log.positions.removeFirst(rows)
        log.clicks.removeFirst(rows)
        log.propensities?.removeFirst(rows)
        log.userFeatures.removeFirst(rows)
        return log
    }

    /// The log as if no propensities had been written.
    public mutating func forgetPropensities() { propensities = nil }

    /// The log beside a target that chooses by position alone, whatever the person.
    /// - Parameters:
    ///   - table: π_e(a | position). [positions][actions]
    ///   - rewards: q̂(a, position), by position and action, for the estimators that want it.
    ///   - propensities: used where the file has none.
    public func decisions(
        under table: [[Double]], rewards: [[Double]]? = nil, propensities estimated: [Double]? = nil
    ) throws(OffPolicyError) -> LoggedDecisions {
        guard let propensities = propensities ?? estimated else {
            throw .badSetting("the log has no propensities; estimate them first")
        }
        let model = rewards.map { q in
            let expected = zip(table, q).map { pair in zip(pair.0, pair.1).reduce(0) { $0 + $1.0 * $1.1 } }
            return LoggedDecisions.ModeledRewards(
                shown: actions.indices.map { q[positions[$0]][actions[$0]] }, expected: positions.map { expected[$0] })
        }
        return try LoggedDecisions(
            rewards: clicks, propensities: propensities,
            targets: actions.indices.map { table[positions[$0]][actions[$0]] },
            model: model)
    }
}

/// A file of logged decisions that cannot be read.
public struct OpenBanditError: Error, Equatable, CustomStringConvertible {
    public let place: String
    public let reason: String
    public var description: String { "\(place): \(reason)" }
}
