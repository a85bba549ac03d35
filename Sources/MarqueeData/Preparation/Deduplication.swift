public import MarqueeRuntime

/// One interaction for each user, item and behavior: `deduplicate` keeps the newest,
/// `{ deduplicate: { keep: oldest } }` the oldest. Among equal times, and without times, the row
/// that comes later in the source is the newer. Rows that stay keep their order.
public struct Deduplication: Configuration, Hashable, Encodable {
    public enum Keep: String, Sendable, Codable, CaseIterable { case newest, oldest }
    public var keep: Keep

    public init(keep: Keep = .newest) { self.keep = keep }

    func apply(to dataset: Dataset) -> (Dataset, String) {
        let log = dataset.log
        var stays = [Bool](repeating: false, count: log.count)
        let byUser = RowIndex(log.users, keyCount: log.userCount)
        var best: [UInt64: Int] = [:]
        for user in 0..<log.userCount {
            best.removeAll(keepingCapacity: true)
            for row in byUser[user].lazy.map({ Int($0) }) {
                let behavior = log.behaviors.isEmpty ? 0 : log.behaviors[row]
                let key = UInt64(UInt32(bitPattern: log.items[row])) << 8 | UInt64(behavior)
                guard let other = best[key] else {
                    best[key] = row
                    continue
                }
                let newer = log.timestamps.isEmpty || log.timestamps[row] >= log.timestamps[other]
                if newer == (keep == .newest) { best[key] = row }
            }
            for row in best.values { stays[row] = true }
        }
        let result = dataset.restricted(rows: stays)
        return (
            result,
            "dropped \((log.count - result.log.count).grouped) repeated interactions, kept the \(keep.rawValue) of each"
        )
    }

    public static let defaults = Deduplication()
}
