/// Events about items that the catalog does not know yet, kept until it does.
///
/// At capacity further ones are counted and not kept: they are in the event log, which is applied from its
/// beginning at the next start once the catalog knows more items (``areMissed(by:)``).
struct EarlyEvents: Sendable {
    static let capacity = 50_000
    private var byItem: [String: [Event]] = [:]
    private var kept = 0
    private var others = 0
    /// How many items the catalog had when an event was first not kept.
    private var othersSince = 0

    /// How many events wait for their item.
    var count: Int { kept + others }

    /// - Parameter items: how many the catalog has.
    mutating func keep(_ event: Event, items: Int) {
        guard kept < Self.capacity else {
            if others == 0 { othersSince = items }
            others += 1
            return
        }
        byItem[event.item, default: []].append(event)
        kept += 1
    }

    /// Takes out an item's events, in their order.
    mutating func take(_ item: String) -> [Event] {
        guard kept > 0, let found = byItem.removeValue(forKey: item) else { return [] }
        // The dictionary takes Unicode's other spellings of a name for the same; they are other items.
        let events = found.filter { $0.item.hasSameBytes(as: item) }
        if events.count < found.count { byItem[item] = found.filter { !$0.item.hasSameBytes(as: item) } }
        kept -= events.count
        return events
    }

    /// Whether a catalog of so many items may know one whose events were not kept.
    func areMissed(by items: Int) -> Bool { others > 0 && items > othersSince }

    /// Forgets what somebody did.
    /// - Returns: how many events.
    mutating func forget(_ isOf: (Event) -> Bool) -> Int {
        let before = kept
        byItem = byItem.mapValues { $0.filter { !isOf($0) } }.filter { !$0.value.isEmpty }
        kept = byItem.values.reduce(0) { $0 + $1.count }
        return before - kept
    }

    func write(to writer: inout StatisticWriter) {
        writer.append(Int64(others))
        writer.append(Int64(othersSince))
        writer.append(byItem.values.flatMap { $0 }) { $0.append($1.json) }
    }

    init() {}

    init(from reader: inout StatisticReader) throws(StatisticReader.Damaged) {
        others = Int(clamping: try reader.number())
        othersSince = Int(clamping: try reader.number())
        let events = try reader.list(least: 2) { reader throws(StatisticReader.Damaged) in
            guard let event = Event(json: try reader.text()) else { throw StatisticReader.Damaged() }
            return event
        }
        for event in events { byItem[event.item, default: []].append(event) }
        kept = events.count
    }
}
