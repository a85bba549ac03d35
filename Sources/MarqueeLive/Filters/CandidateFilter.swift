internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels

/// What is not shown. A filter removes items; the order of the others stays.
protocol CandidateFilter: Sendable {
    /// Removes what may not be shown.
    func apply(_ items: inout [Int32], _ context: DecisionContext)
}

/// Nothing unpublished, deleted, not yet out, or other than wanted.
struct Unwanted: CandidateFilter {
    func apply(_ items: inout [Int32], _ context: DecisionContext) {
        context.snapshot.removeUnoffered(from: &items, at: context.time)
        if context.isRestricted { items.removeAll { !context.isWanted($0) } }
    }
}

/// What somebody is not shown, whichever source has it: marked before candidates are gathered, so that it uses up no source's
/// share.
protocol Exclusion: Sendable {
    func mark(_ context: DecisionContext, _ marks: inout ItemMarks)
}

/// Nothing that the question itself says was touched.
struct Touched: Exclusion {
    func mark(_ context: DecisionContext, _ marks: inout ItemMarks) {
        marks.insert(contentsOf: context.touched, below: Int32(context.snapshot.count))
    }
}

/// Nothing that was consumed: in the model's training history, or since, here or elsewhere.
struct Consumed: Exclusion {
    func mark(_ context: DecisionContext, _ marks: inout ItemMarks) {
        let count = Int32(context.snapshot.count)
        marks.insert(contentsOf: context.state.consumed, below: count)
        marks.insert(contentsOf: context.touchedElsewhere, below: count)
        guard let model = context.model, let user = context.query?.user else { return }
        // Looked up before they are marked, so that the memory is asked for all at once.
        let items = model.items
        let retracted = context.state.retractions
        let trained = model.saved.history[user].map { items[Int($0)] }
        marks.insert(
            contentsOf: retracted.isEmpty
                ? trained : trained.filter { item in !retracted.contains { $0.item == item } },
            below: count)
    }
}

/// Nothing that they hid.
struct Hidden: Exclusion {
    func mark(_ context: DecisionContext, _ marks: inout ItemMarks) {
        marks.insert(contentsOf: context.state.hidden, below: Int32(context.snapshot.count))
    }
}

/// How often something may be shown in vain.
public struct Fatigue: Exclusion, Sendable, Equatable {
    /// Shown this often without a touch, an item rests.
    public var limit: Int
    /// How long it rests, in milliseconds.
    public var rest: Int64
    /// What each showing in vain takes from an item's standardized score; it halves every ``rest``.
    public var penalty: Double

    public init(limit: Int = 8, rest: Int64 = 24 * 3_600_000, penalty: Double = 0.25) {
        self.limit = limit
        self.rest = rest
        self.penalty = penalty
    }

    func mark(_ context: DecisionContext, _ marks: inout ItemMarks) {
        guard limit > 0, !context.state.exposures.isEmpty else { return }
        let resting = context.state.exposures.filter { Int($0.count) >= limit && context.time - $0.time < rest }
        marks.insert(contentsOf: resting.map(\.item), below: Int32(context.snapshot.count))
    }
}

/// At most so many of one category; items in the order of their scores.
struct CategoryCap: CandidateFilter {
    let limit: Int
    func apply(_ items: inout [Int32], _ context: DecisionContext) {
        guard limit > 0, context.category == nil else { return }
        var counts: [UInt16: Int] = [:]
        items.removeAll { item in
            let categories = context.snapshot.categories[Int(item)]
            if categories.contains(where: { counts[$0, default: 0] >= limit }) { return true }
            for category in categories { counts[category, default: 0] += 1 }
            return false
        }
    }
}
