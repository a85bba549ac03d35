public import MarqueeData

/// A named part of the held-out users, to see for whom a model is right.
///
///     let slices = Slice.userActivity(train, of: holdout) + Slice.targetPopularity(train)
///     for part in try result.sliced(by: slices, of: holdout) { print(part.name, part.means["HR@10"] ?? 0) }
public struct Slice: Sendable {
    /// Such as `user-activity: active`.
    public let name: String
    /// Whether a held-out user with these targets belongs to it.
    public let includes: @Sendable (_ user: Int32, _ targets: ArraySlice<Int32>) -> Bool

    public init(_ name: String, includes: @escaping @Sendable (_ user: Int32, _ targets: ArraySlice<Int32>) -> Bool) {
        self.name = name
        self.includes = includes
    }
}

extension Slice {
    /// The share of all interactions that the head, and that the tail, of popularity holds.
    public static let popularityShare = 0.2

    /// The active and the less active users: those with more training interactions than the median of
    /// the held-out users, and the others.
    public static func userActivity(_ train: InteractionMatrix, of holdout: Holdout) -> [Slice] {
        let activity = holdout.users.map { train[$0].count }.sorted()
        let median = activity.isEmpty ? 0 : activity[(activity.count - 1) / 2]
        return [
            Slice("user-activity: active (> \(median) interactions)") { user, _ in train[user].count > median },
            Slice("user-activity: less active (≤ \(median) interactions)") { user, _ in train[user].count <= median },
        ]
    }

    /// The held-out users in `groups` of nearly equal size by training interactions, the least active
    /// first. Users of equal activity stay together, so groups may be uneven, and fewer.
    public static func userActivityQuantiles(
        _ groups: Int, _ train: InteractionMatrix, of holdout: Holdout
    ) -> [Slice] {
        precondition(groups > 0, "there is at least one group")
        let activity = holdout.users.map { train[$0].count }.sorted()
        guard !activity.isEmpty else { return [] }
        var slices: [Slice] = []
        var lower = activity[0]
        for group in 1...groups {
            let upper = activity[max(activity.count * group / groups - 1, 0)]
            guard upper >= lower else { continue }
            let range = lower...upper
            slices.append(
                Slice("user-activity: \(range.lowerBound)–\(range.upperBound) interactions") { user, _ in
                    range.contains(train[user].count)
                })
            lower = upper + 1
        }
        return slices
    }

    /// Users by how popular their targets are in training: `head`, the most popular items that
    /// together make up a share `head` of the interactions; `tail`, the least popular that make up
    /// `tail`; `mid`, the rest (Abdollahpouri et al., "User-centered evaluation of popularity bias",
    /// UMAP 2021, section 3). Of several targets the band of most counts, of equally many the more popular.
    ///
    ///     item-popularity: head (62 items of 1,204–3,428 interactions)
    public static func targetPopularity(
        _ train: InteractionMatrix, head: Double = popularityShare, tail: Double = popularityShare
    ) -> [Slice] {
        let counts = train.columnCounts()
        let bands = PopularityBand.bands(counts, head: head, tail: tail)
        return PopularityBand.allCases.map { band in
            let own = counts.indices.filter { bands[$0] == band }.map { counts[$0] }
            let range = own.min().flatMap { least in own.max().map { (least, $0) } } ?? (0, 0)
            let among = range.0 == range.1 ? range.0.grouped : "\(range.0.grouped)–\(range.1.grouped)"
            return Slice("item-popularity: \(band.rawValue) (\(own.count.grouped) items of \(among) interactions)") {
                _, targets in
                var counts: [PopularityBand: Int] = [:]
                for item in targets { counts[bands[Int(item)], default: 0] += 1 }
                let most = counts.values.max()
                return band == PopularityBand.allCases.first { counts[$0] == most }
            }
        }
    }
}

extension Slice {
    /// Users by the domain of their targets; of several the domain of most, of equally many the first.
    public static func targetDomain(_ domains: ItemDomains) -> [Slice] {
        domains.names.indices.map { domain in
            Slice("domain: \(domains.names[domain])") { _, targets in
                var counts = [Int](repeating: 0, count: domains.names.count)
                for item in targets { counts[Int(domains.indices[Int(item)])] += 1 }
                return counts.max().map { counts.firstIndex(of: $0) == domain } ?? false
            }
        }
    }
}

extension Slice {
    /// Users by how much is known of them in the domain of their targets: their training interactions there, in bands that
    /// end and begin at these edges. Of targets in several domains the domain of most counts, of equally many the first.
    public static func domainInteractions(
        edges: [Int], _ train: InteractionMatrix, _ domains: ItemDomains
    ) -> [Slice] {
        zip([0] + edges, edges.map { $0 - 1 } + [Int.max]).map { lower, upper in
            let range = lower...upper
            let among = upper == .max ? "from \(lower)" : lower == upper ? "\(lower)" : "\(lower)–\(upper)"
            return Slice("domain-interactions: \(among) in the domain of the targets") { user, targets in
                guard !domains.isEmpty else { return range.contains(train[user].count) }
                var counts = [Int](repeating: 0, count: domains.names.count)
                for item in targets { counts[Int(domains.indices[Int(item)])] += 1 }
                guard let domain = counts.max().flatMap({ counts.firstIndex(of: $0) }) else { return false }
                return range.contains(train[user].count { Int(domains.indices[Int($0)]) == domain })
            }
        }
    }
}

/// How popular an item is among all.
enum PopularityBand: String, CaseIterable, Sendable {
    case head, mid, tail

    /// The band of each item from its number of interactions. An item belongs to the head when those
    /// before it hold less than the head's share, to the tail when those after it hold less than the
    /// tail's; items of equal count are told apart by index.
    static func bands(_ counts: [Int], head: Double, tail: Double) -> [PopularityBand] {
        var bands = [PopularityBand](repeating: .mid, count: counts.count)
        let total = Double(counts.reduce(0, +))
        let order = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
        var rest = 0
        for item in order.reversed() {
            guard Double(rest) < tail * total || counts[item] == 0 else { break }
            bands[item] = .tail
            rest += counts[item]
        }
        var before = 0
        for item in order {
            guard Double(before) < head * total else { break }
            bands[item] = .head
            before += counts[item]
        }
        return bands
    }
}

/// The means of a part of the users.
public struct SliceResult: Sendable, Equatable, Codable {
    public let name: String
    public let users: Int
    /// By metric, `"HR@10"`; empty when no user belongs to it.
    public let means: [String: Double]

    package init(name: String, users: Int, means: [String: Double]) {
        self.name = name
        self.users = users
        self.means = means
    }
}

extension EvaluationResult {
    /// The means over each slice. `holdout` is the one that was evaluated.
    /// - Throws: ``EvaluationError/differentUsers`` when it is another.
    public func sliced(by slices: [Slice], of holdout: Holdout) throws(EvaluationError) -> [SliceResult] {
        guard holdout.users == users else { throw .differentUsers }
        return slices.map { slice in
            let members = users.indices.filter { slice.includes(users[$0], holdout[$0]) }
            var means: [String: Double] = [:]
            if !members.isEmpty {
                for (metric, values) in zip(metrics, values) {
                    means[metric.description] = mean(values, over: members)
                }
            }
            return SliceResult(name: slice.name, users: members.count, means: means)
        }
    }
}
