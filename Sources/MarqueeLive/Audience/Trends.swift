internal import Foundation
internal import Synchronization

/// What many people touch now: each person counts once an item, by 2^(-age / half-life) of their last touch of it, and
/// below zero where they rated it low.
///
/// Forward decay (Cormode, Shkapenyuk, Srivastava and Xu, ICDE 2009): a touch at t counts 2^((t - L)/h) for
/// a landmark L, so that nothing has to be aged, late touches count what they should, and the order of
/// events does not matter. Ages are by the time at which things happened, not at which they were told.
public final class Trends: Sendable {
    /// What one person makes of an item.
    public struct Opinion: Sendable, Equatable {
        /// When they last touched it, in milliseconds since 1970.
        public var time: Int64
        /// False where they rated it low.
        public var isLiked: Bool

        public init(time: Int64, isLiked: Bool = true) {
            self.time = time
            self.isLiked = isLiked
        }
    }

    private struct State {
        var landmark: Int64 = 0
        /// People, decayed.
        var people: [Double] = []
        /// Showings, decayed alike.
        var shows: [Double] = []
        var touched: [Int32] = []
        var isTouched: [Bool] = []

        /// Makes room for an item, and gives what a touch at `time` counts.
        mutating func grow(to item: Int32, at time: Int64, _ halfLife: Double) -> Double {
            if landmark == 0 { landmark = time }
            var exponent = Double(time - landmark) / halfLife
            if exponent > 500 {
                let shift = exp2(-exponent)
                for index in people.indices {
                    people[index] *= shift
                    shows[index] *= shift
                }
                landmark = time
                exponent = 0
            }
            if people.count <= Int(item) {
                let missing = Int(item) + 1 - people.count
                people.append(contentsOf: repeatElement(0, count: missing))
                shows.append(contentsOf: repeatElement(0, count: missing))
                isTouched.append(contentsOf: repeatElement(false, count: missing))
            }
            return exp2(max(exponent, -500))
        }
    }
    private let state = Mutex(State())
    private let changes = Atomic(0)
    private let halfLife: Double

    /// How often an item is touched when it is shown, as long as nothing is known of it, and how many showings this
    /// belief weighs.
    static let priorRate = 0.05, priorStrength = 20.0

    /// - Parameter halfLife: in milliseconds; six hours unless told.
    public init(halfLife: Double = 6 * 3_600_000) { self.halfLife = halfLife }

    /// Grows with everything that was revised.
    var version: Int { changes.load(ordering: .relaxed) }

    /// Lets somebody's opinion of `item` take the place of what they made of it before.
    public func revise(_ item: Int32, from old: Opinion? = nil, to new: Opinion?) {
        guard item >= 0, old != new else { return }
        state.withLock { state in
            // The newer one first: it may move the landmark.
            for (opinion, sign) in [(new, 1.0), (old, -1.0)] {
                guard let opinion else { continue }
                let amount = sign * state.grow(to: item, at: opinion.time, halfLife)
                state.people[Int(item)] += opinion.isLiked ? amount : -amount
            }
            if !state.isTouched[Int(item)] {
                state.isTouched[Int(item)] = true
                state.touched.append(item)
            }
        }
        changes.add(1, ordering: .relaxed)
    }

    /// Counts a showing of `item`.
    public func show(_ item: Int32, at time: Int64) {
        guard item >= 0 else { return }
        state.withLock { state in
            let amount = state.grow(to: item, at: time, halfLife)
            state.shows[Int(item)] += amount
        }
    }

    /// How often each of `items` is touched when it is shown, both decayed:
    /// (people + rate · strength) / (showings + strength) with ``priorRate`` and ``priorStrength``.
    func rates(of items: some Sequence<Int32>, at now: Int64) -> [Double] {
        state.withLock { state in
            let shift = exp2(-max(-500, min(500, Double(now - state.landmark) / halfLife)))
            return items.map { item in
                guard Int(item) < state.shows.count else { return Self.priorRate }
                return min(
                    1,
                    (max(0, state.people[Int(item)]) * shift + Self.priorRate * Self.priorStrength)
                        / (state.shows[Int(item)] * shift + Self.priorStrength))
            }
        }
    }

    /// How many people, decayed until `now`, touch each item that anybody touched, less those who rated it low; in no order.
    func people(at now: Int64) -> [(item: Int32, people: Float)] {
        let state = state.withLock { $0 }
        let shift = exp2(-max(-500, min(500, Double(now - state.landmark) / halfLife)))
        return state.touched.map { ($0, Float(state.people[Int($0)] * shift)) }
    }

    /// Writes everything that is known, for ``restore(from:items:)``.
    func write(to writer: inout StatisticWriter) {
        let state = state.withLock { $0 }
        writer.append(state.landmark)
        writer.append(state.people)
        writer.append(state.shows)
        writer.append(state.touched) { $0.append(Int64($1)) }
    }

    /// - Parameter items: how many items there are; indices are below.
    func restore(from reader: inout StatisticReader, items: Int) throws(StatisticReader.Damaged) {
        var restored = State()
        restored.landmark = try reader.number()
        restored.people = try reader.doubles()
        restored.shows = try reader.doubles()
        restored.touched = try reader.list(least: 1) { reader throws(StatisticReader.Damaged) in
            try reader.item(below: items)
        }
        guard restored.people.count == restored.shows.count, restored.people.count <= items else {
            throw StatisticReader.Damaged()
        }
        restored.isTouched = Array(repeating: false, count: restored.people.count)
        for item in restored.touched {
            guard Int(item) < restored.people.count else { throw StatisticReader.Damaged() }
            restored.isTouched[Int(item)] = true
        }
        state.withLock { $0 = restored }
        changes.add(1, ordering: .relaxed)
    }
}
