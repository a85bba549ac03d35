internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime

/// In which order items came into the catalog, where their ids tell: numbers given out one after the other, as shops
/// and preparations that number items by first appearance do.
///
/// An item's arrival is r / (items − 1), r its rank by number: 0 for the oldest, 1 for the newest. It is a
/// fact about the item, as a release date is, known when it is recommended; nothing is read from interactions.
struct ArrivalOrder: Sendable {
    /// By item, in 0...1.
    let arrivals: [Float]

    init(arrivals: [Float]) { self.arrivals = arrivals }

    /// - Throws: ``ModelError/unfit(model:reason:)`` where ids are not numbers.
    init(of vocabulary: Vocabulary, for model: String) throws {
        guard let numbers = vocabulary.integers else {
            throw ModelError.unfit(
                model: model,
                reason: "its items' ids are not numbers, so they tell no order; leave 'numbered-by-arrival' out")
        }
        let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
        var arrivals = [Float](repeating: 0, count: numbers.count)
        for (rank, item) in order.enumerated() { arrivals[item] = Float(rank) / Float(max(1, numbers.count - 1)) }
        self.arrivals = arrivals
    }

    subscript(item: Int32) -> Float { arrivals[Int(item)] }

    /// Of each row at most `count` entries, half of them (rounded up) the newest, the others drawn at random.
    ///
    /// What is asked for is a user's last interaction, and which of those known was the last nobody knows: the newest
    /// item is the likeliest, but a learner that sees the newest alone takes it for a law that older items are never next.
    func mostlyNewest(_ count: Int, of matrix: InteractionMatrix, stream: RandomStream) -> InteractionMatrix {
        var stream = stream
        return matrix.choosing { _, row in
            var entries = row.sorted { self[$0] > self[$1] }
            let newest = Array(entries.prefix((count + 1) / 2))
            entries.removeFirst(newest.count)
            let others = min(count - newest.count, entries.count)
            entries.shuffleFront(others, &stream)
            return newest + entries.prefix(others)
        }
    }
}

extension ArrivalOrder {
    /// Items that a user did the same to, by arrival: what tells whether another item is news to that user.
    struct Touches: Sendable {
        /// Ascending.
        private let arrivals: [Float]

        init(_ items: some Sequence<Int32>, in order: ArrivalOrder) {
            arrivals = items.map { order[$0] }.sorted()
        }

        /// How much later an item came than the newest of these, and log(1 + how many of these came after it).
        func position(of arrival: Float) -> (lead: Float, newer: Float) {
            let newer = arrivals.count - arrivals.partitionPoint { $0 > arrival }
            return (arrival - (arrivals.last ?? 0), log1p(Float(newer)))
        }
    }
}
