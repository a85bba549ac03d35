internal import Foundation
internal import Synchronization

/// What many touch now: each touch counts 2^(-age / half-life).
///
/// Forward decay (Cormode, Shkapenyuk, Srivastava and Xu, ICDE 2009): a touch at t adds 2^((t - L)/h) for
/// a landmark L, so that nothing has to be aged, late touches count what they should, and the order of
/// events does not matter.
public final class Trends: Sendable {
    private struct State {
        var landmark: Int64 = 0
        var weights: [Double] = []
        /// Showings, decayed alike.
        var shows: [Double] = []
        var touched: [Int32] = []

        /// Makes room for an item, and gives what a touch at `time` counts.
        mutating func grow(to item: Int32, at time: Int64, _ halfLife: Double) -> Double {
            if landmark == 0 { landmark = time }
            var exponent = Double(time - landmark) / halfLife
            if exponent > 500 {
                let shift = exp2(-exponent)
                for index in weights.indices {
                    weights[index] *= shift
                    shows[index] *= shift
                }
                landmark = time
                exponent = 0
            }
            if weights.count <= Int(item) {
                let missing = Int(item) + 1 - weights.count
                weights.append(contentsOf: repeatElement(0, count: missing))
                shows.append(contentsOf: repeatElement(0, count: missing))
            }
            return exp2(max(exponent, -500))
        }
    }
    private let state = Mutex(State())
    private let halfLife: Double

    /// How often an item is touched when it is shown, as long as nothing is known of it, and how many showings this
    /// belief weighs.
    static let priorRate = 0.05, priorStrength = 20.0

    /// - Parameter halfLife: in milliseconds; six hours unless told.
    public init(halfLife: Double = 6 * 3_600_000) { self.halfLife = halfLife }

    /// Counts a touch of `item` at `time` (milliseconds since 1970) as `weight` touches.
    public func add(_ item: Int32, at time: Int64, weight: Double = 1) {
        guard item >= 0, weight > 0 else { return }
        state.withLock { state in
            let amount = weight * state.grow(to: item, at: time, halfLife)
            if state.weights[Int(item)] == 0 { state.touched.append(item) }
            state.weights[Int(item)] += amount
        }
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
    /// (touches + rate · strength) / (showings + strength) with ``priorRate`` and ``priorStrength``.
    func rates(of items: some Sequence<Int32>, at now: Int64) -> [Double] {
        state.withLock { state in
            let shift = exp2(-max(-500, min(500, Double(now - state.landmark) / halfLife)))
            return items.map { item in
                guard Int(item) < state.shows.count else { return Self.priorRate }
                return min(
                    1,
                    (state.weights[Int(item)] * shift + Self.priorRate * Self.priorStrength)
                        / (state.shows[Int(item)] * shift + Self.priorStrength))
            }
        }
    }

    /// The weights at `now` of everything touched, in no order.
    func weights(at now: Int64) -> [(item: Int32, weight: Float)] {
        let state = state.withLock { $0 }
        let shift = exp2(-max(-500, min(500, Double(now - state.landmark) / halfLife)))
        return state.touched.map { ($0, Float(state.weights[Int($0)] * shift)) }
    }
}
