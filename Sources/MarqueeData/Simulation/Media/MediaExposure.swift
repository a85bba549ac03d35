internal import MarqueeRuntime

/// What was shown to whom and clicked, as far as it still counts; it follows from a log.
struct MediaExposure: Sendable {
    /// By person: how often each item was shown.
    private(set) var shown: [[Int32: Int32]]
    /// By person: what they clicked, in order of time.
    private(set) var clicks: [[(item: Int32, time: Int64)]]
    private let friends: [[Int32]]
    private let hours: Double

    init(_ world: MediaWorld) {
        shown = Array(repeating: [:], count: world.people.count)
        clicks = Array(repeating: [], count: world.people.count)
        friends = world.friends
        hours = world.config.contagionHours
    }

    mutating func add(person: Int, item: Int32, time: Int64, isClicked: Bool) {
        shown[person][item, default: 0] += 1
        if isClicked { clicks[person].append((item, time)) }
    }

    /// exp(−Δ/τ) of every item that a friend clicked before the hour of the visit, Δ up to four τ; the latest click counts.
    func contagion(of request: MediaWorld.Request) -> [(item: Int32, strength: Float)] {
        let (person, time) = (request.person, request.time)
        let seen = MediaWorld.start + Int64(request.hour) * MediaWorld.hour
        let oldest = time - Int64(4 * hours * Double(MediaWorld.hour))
        var found: [(item: Int32, strength: Float)] = []
        for friend in friends[person] {
            for click in clicks[Int(friend)].reversed() {
                guard click.time >= oldest else { break }
                guard click.time < seen else { continue }
                let age = Double(time - click.time) / Double(MediaWorld.hour)
                let strength = Float((-age / hours).exponential)
                if let known = found.firstIndex(where: { $0.item == click.item }) {
                    found[known].strength = max(found[known].strength, strength)
                } else {
                    found.append((click.item, strength))
                }
            }
        }
        return found
    }

    /// What the person has clicked on of what is offered, `offered` being ascending.
    func clicked(_ person: Int, of offered: [Int32]) -> [Int32] {
        guard let first = offered.first, let last = offered.last else { return [] }
        var found: [Int32] = []
        for click in clicks[person] where first <= click.item && click.item <= last {
            if offered.contains(sorted: click.item), !found.contains(click.item) { found.append(click.item) }
        }
        return found.sorted()
    }
}

extension [Int32] {
    /// Whether ascending elements hold one. O(log n).
    func contains(sorted element: Int32) -> Bool {
        var (lower, upper) = (0, count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if self[middle] < element { lower = middle + 1 } else { upper = middle }
        }
        return lower < count && self[lower] == element
    }
}
