/// Events about items that the catalog does not know yet, kept until it does.
///
/// At capacity further ones are counted and not kept: they are in the event log, which is applied from its
/// beginning at the next start.
struct EarlyEvents: Sendable {
    static let capacity = 50_000
    private var byItem: [String: [Event]] = [:]
    private var kept = 0
    private var others = 0

    /// How many events wait for their item.
    var count: Int { kept + others }

    mutating func keep(_ event: Event) {
        guard kept < Self.capacity else {
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
}
