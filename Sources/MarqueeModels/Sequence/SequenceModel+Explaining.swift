internal import Foundation
internal import MarqueeData
public import MarqueeEvaluation

/// Which events carried weight: what an item loses when an event is left out of the history,
///
///     ln p(i | h) − ln p(i | h without j),   p(· | h) = softmax over all items of what the model scores.
///
/// Unlike attention, which is the same for every item that is recommended, it tells them apart, and it means the same in
/// a recurrent network, in a Transformer and in what was counted.
extension SequenceModel: Explaining {
    /// Items of a history that are asked about, the newest: one forward pass each.
    private static var explained: Int { 32 }

    public func contributions(_ query: Query, items: [Int32], history: [Int32]) -> [[Float]] {
        let events = read(query.history)
        // The newest of the items that were read and are asked about.
        var left: [Int32] = []
        let asked = Set(history)
        for event in events.reversed() where asked.contains(event.item) && !left.contains(event.item) {
            left.append(event.item)
            if left.count == Self.explained { break }
        }
        let logarithms = logarithms(
            of: items, after: [events] + left.map { item in History(events.filter { $0.item != item }) })
        return items.indices.map { k in
            var lost: [Int32: Float] = [:]
            for (j, item) in left.enumerated() { lost[item] = logarithms[0][k] - logarithms[j + 1][k] }
            return history.map { lost[$0] ?? 0 }
        }
    }

    /// ln p of `items` after each history.
    private func logarithms(of items: [Int32], after histories: [History]) -> [[Float]] {
        var scores = [Float](repeating: 0, count: histories.count * itemCount)
        var span = scores.mutableSpan
        score(histories.map { Query(history: $0) }, items: 0..<itemCount, into: &span)
        return histories.indices.map { k in
            var row = Array(scores[k * itemCount..<(k + 1) * itemCount])
            // Without a history scores are shares.
            if histories[k].isEmpty { row = row.map { log(max($0, 1e-9)) } }
            let peak = row.max() ?? 0
            let total = peak + log(row.reduce(0) { $0 + exp($1 - peak) })
            return items.map { row[Int($0)] - total }
        }
    }
}
