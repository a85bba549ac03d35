public import Foundation
public import MarqueeData
internal import MarqueeRuntime

/// What people did at a server, as data to learn from: the server's folder or its `events.sqlite`, also while it runs, or
/// what `marquee events export` wrote.
///
/// Beside a log lies the server's `catalog.sqlite`, from which items have their titles; those that nobody touched are
/// there too. The behavior to predict is the one that earned the most reward.
public struct EventLogSource: DatasetSource {
    private let reward: RewardDefinition

    /// - Parameter reward: the server's.
    public init(reward: RewardDefinition = RewardDefinition()) { self.reward = reward }

    public func recognizes(_ url: URL) -> Bool { EventPlace(url) != nil }

    /// - Throws: ``EventLogError``; `ReadError` that names the line of an export that is no event; `FileError`.
    public func read(_ url: URL) throws -> (dataset: Dataset, report: ReadReport) {
        guard let place = EventPlace(url) else { throw FileError.notFound(url.path) }
        var interactions = EventInteractions()
        let file: ReadReport.File
        var (items, people): ([CatalogItem], [CatalogUser]) = ([], [])
        switch place {
        case .log(let log):
            let count = try EventLogReader(log).forEachEvent { interactions.add($0.event) }
            file = .init(name: log.lastPathComponent, role: "events", lines: count, encoding: "UTF-8")
            let catalog = log.deletingLastPathComponent().appendingPathComponent("catalog.sqlite")
            if FileManager.default.fileExists(atPath: catalog.path) {
                (items, people) = try CatalogStore.contents(of: catalog)
            }
        case .export(let export):
            let bytes = try Data(contentsOf: export, options: .alwaysMapped)
            // What was valid on arrival is valid for ever: clocks are not asked again.
            let sent = bytes.withUnsafeBytes { SentEvents(json: $0, received: .max) }
            if let first = sent.rejected.first {
                throw ReadError.line(
                    file: export.lastPathComponent, line: first.line,
                    expected: "an event, as marquee events export writes them",
                    found: "one of which \(first.problem)", remedy: "correct or delete the line")
            }
            for event in sent.events { interactions.add(event) }
            file = .init(name: export.lastPathComponent, role: "events", lines: sent.count, encoding: "UTF-8")
        }
        let skipped = interactions.skipped
        let name = place.url.deletingPathExtension().lastPathComponent
        let (dataset, anonymous) = interactions.dataset(
            named: name == "events" ? place.url.deletingLastPathComponent().lastPathComponent : name, catalog: items,
            people: people, reward: reward)
        let log = dataset.log
        var notes: [DataNote] = []
        if log.behaviorNames.count > 1 {
            var counts = [Int](repeating: 0, count: log.behaviorNames.count)
            for behavior in log.behaviors { counts[Int(behavior)] += 1 }
            let parts = zip(log.behaviorNames, counts).map { "\($0) \($1.grouped)" }
            notes.append(DataNote(.behaviors, "behaviors: \(parts.joined(separator: ", "))"))
        }
        notes.append(DataNote(.behaviors, "to predict: \(log.targetName)"))
        if !skipped.isEmpty {
            let parts = skipped.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                "\($0.key.rawValue) \($0.value.grouped)"
            }
            notes.append(DataNote(.unused, "no interactions: \(parts.joined(separator: ", "))"))
        }
        if anonymous > 0 {
            notes.append(
                DataNote(
                    .users, "\(anonymous.grouped) sessions in which nobody signed in are people of their own"))
        }
        if !items.isEmpty { notes.append(DataNote(.counts, "catalog: \(items.count.grouped) items")) }
        return (
            dataset,
            ReadReport(
                format: "events of a server", files: [file], interactions: log.count, users: log.userCount,
                items: log.itemCount, notes: notes)
        )
    }
}

/// Where events lie.
private enum EventPlace {
    case log(URL)
    case export(URL)

    var url: URL {
        switch self {
        case .log(let url), .export(let url): url
        }
    }

    /// Nil where there are none.
    init?(_ url: URL) {
        let url = url.standardizedFileURL
        let inside = url.appendingPathComponent("events.sqlite")
        if FileManager.default.fileExists(atPath: inside.path) {
            self = .log(inside)
            return
        }
        guard let file = try? FileHandle(forReadingFrom: url), let head = try? file.read(upToCount: 1 << 14) else {
            return nil
        }
        if head.starts(with: Data("SQLite format 3\0".utf8)) {
            self = .log(url)
            return
        }
        let line = head.prefix { $0 != UInt8(ascii: "\n") }
        guard head.first == UInt8(ascii: "{"), line.count < head.count || head.count < 1 << 14,
            line.withUnsafeBytes({ SentEvents(json: $0, received: .max) }).events.count == 1
        else { return nil }
        self = .export(url)
    }
}
