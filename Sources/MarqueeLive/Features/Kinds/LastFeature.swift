public import MarqueeRuntime

/// The items of the latest events, newest first.
///
/// `user-recent: { entity: user, last: { of: click, keep: 20 } }`
public struct LastFeature: StoredFeatureKind {
    public static let name = "last"
    public static let statistic: any MergeableStatistic.Type = LatestItems.self

    public let eventTypes: Set<EventType>
    /// How many items.
    public let keep: Int

    public init(of eventTypes: Set<EventType>, keep: Int) {
        self.eventTypes = eventTypes
        self.keep = keep
    }

    public init(_ settings: FeatureSettings) throws(ConfigurationError) {
        let settings = try settings.keyed(by: ["of", "keep"])
        eventTypes = try settings.types("of")
        keep = try settings.whole("keep", in: 1...1000)
    }

    public var storedSettings: [StoredSetting] {
        [StoredSetting("of", .types(eventTypes)), StoredSetting("keep", .whole(Int64(keep)))]
    }
    public var rule: StatisticRule { .latest(keep: keep) }

    public func observation(of event: Event) -> Observation? { Observation(time: event.time, item: event.item) }

    public func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        .items(statistic?.as(LatestItems.self)?.items ?? [])
    }
}

/// The latest items, each once with its latest time: newest first, items of one time in the order of their bytes.
public struct LatestItems: MergeableStatistic {
    public static let code: UInt8 = 3
    public static let name = "latest"

    public struct Entry: Sendable, Equatable {
        /// Milliseconds since 1970.
        public var time: Int64
        public var item: String

        public init(time: Int64, item: String) {
            self.time = time
            self.item = item
        }

        public static func == (a: Self, b: Self) -> Bool { a.time == b.time && a.item.hasSameBytes(as: b.item) }

        fileprivate func precedes(_ other: Self) -> Bool {
            time != other.time ? time > other.time : item.utf8.lexicographicallyPrecedes(other.item.utf8)
        }
    }

    public private(set) var items: [Entry] = []

    public init() {}
    public init(_ items: [Entry]) { self.items = items }

    public mutating func add(_ observation: Observation, by rule: StatisticRule) {
        insert(Entry(time: observation.time, item: observation.item), keep: Int(rule.keep))
    }

    public mutating func merge(_ other: Self, by rule: StatisticRule) {
        for entry in other.items { insert(entry, keep: Int(rule.keep)) }
    }

    mutating func insert(_ new: Entry, keep: Int) {
        // What is older than all that is kept, where no more is kept, changes nothing.
        if items.count >= keep, let last = items.last, !new.precedes(last) { return }
        if let same = items.firstIndex(where: { $0.item.hasSameBytes(as: new.item) }) {
            guard items[same].time < new.time else { return }
            items.remove(at: same)
        }
        items.insert(new, at: items.firstIndex { new.precedes($0) } ?? items.count)
        if items.count > keep { items.removeLast() }
    }

    public func write(to writer: inout StatisticWriter) {
        writer.append(items) { writer, entry in
            writer.append(entry.time)
            writer.append(entry.item)
        }
    }

    public init(from reader: inout StatisticReader) throws(StatisticReader.Damaged) {
        items = try reader.list(least: 2) { reader throws(StatisticReader.Damaged) in
            Entry(time: try reader.number(), item: try reader.text())
        }
    }
}

extension StatisticRule {
    /// The latest `keep` items.
    public static func latest(keep: Int) -> Self { StatisticRule(LatestItems.self, keep: Int64(keep)) }
}
