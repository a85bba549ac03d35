internal import MarqueeData
internal import MarqueeModels

/// What is not shown. A filter removes items; the order of the others stays.
protocol CandidateFilter: Sendable {
    var name: String { get }

    /// Removes what may not be shown. `marks` is scratch.
    func apply(_ items: inout [Int32], _ situation: Situation, _ marks: inout ItemMarks)
}

/// Nothing unpublished, deleted, not yet out, or of another domain or category than wanted.
struct Unwanted: CandidateFilter {
    let name = "unpublished"
    func apply(_ items: inout [Int32], _ situation: Situation, _ marks: inout ItemMarks) {
        situation.shelf.removeUnoffered(from: &items, at: situation.now)
        if situation.domain != nil || situation.category != nil { items.removeAll { !situation.isWanted($0) } }
    }
}

/// Nothing that was consumed: in the model's training history, or since.
struct Consumed: CandidateFilter {
    let name = "consumed"
    func apply(_ items: inout [Int32], _ situation: Situation, _ marks: inout ItemMarks) {
        marks.reset(situation.shelf.count)
        Self.mark(situation, &marks)
        items.removeAll { marks.contains($0) }
    }

    static func mark(_ situation: Situation, _ marks: inout ItemMarks) {
        let count = Int32(situation.shelf.count)
        marks.insert(contentsOf: situation.person.consumed, below: count)
        guard let model = situation.model, let user = situation.modelUser else { return }
        // Looked up before they are marked, so that the memory is asked for all at once.
        let items = model.items
        marks.insert(contentsOf: model.saved.history[user].map { items[Int($0)] }, below: count)
    }
}

/// Nothing that the person hid.
struct Hidden: CandidateFilter {
    let name = "hidden"
    func apply(_ items: inout [Int32], _ situation: Situation, _ marks: inout ItemMarks) {
        let hidden = situation.person.hidden
        guard !hidden.isEmpty else { return }
        marks.reset(situation.shelf.count)
        marks.insert(contentsOf: hidden, below: Int32(situation.shelf.count))
        items.removeAll { marks.contains($0) }
    }
}

/// How often something may be shown in vain.
public struct Fatigue: CandidateFilter, Sendable, Equatable {
    /// Shown this often without a touch, an item rests.
    public var limit: Int
    /// How long it rests, in milliseconds.
    public var rest: Int64
    /// What each showing in vain takes from an item's standardised score; it halves every ``rest``.
    public var penalty: Double

    let name = "fatigue"

    public init(limit: Int = 8, rest: Int64 = 24 * 3_600_000, penalty: Double = 0.25) {
        self.limit = limit
        self.rest = rest
        self.penalty = penalty
    }

    func apply(_ items: inout [Int32], _ situation: Situation, _ marks: inout ItemMarks) {
        let resting = resting(situation)
        guard !resting.isEmpty else { return }
        marks.reset(situation.shelf.count)
        marks.insert(contentsOf: resting, below: Int32(situation.shelf.count))
        items.removeAll { marks.contains($0) }
    }

    /// What was shown in vain too often to be shown again now.
    func resting(_ situation: Situation) -> [Int32] {
        guard limit > 0, !situation.person.exposures.isEmpty else { return [] }
        return situation.person.exposures.filter { Int($0.count) >= limit && situation.now - $0.time < rest }.map(\.item)
    }
}

/// At most so many of one category; items in the order of their scores.
struct CategoryCap: CandidateFilter {
    let limit: Int
    let name = "category-cap"
    func apply(_ items: inout [Int32], _ situation: Situation, _ marks: inout ItemMarks) {
        guard limit > 0, situation.category == nil else { return }
        var counts: [UInt16: Int] = [:]
        items.removeAll { item in
            let categories = situation.shelf.categories[Int(item)]
            if categories.contains(where: { counts[$0, default: 0] >= limit }) { return true }
            for category in categories { counts[category, default: 0] += 1 }
            return false
        }
    }
}
