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
        var touched: [Int32] = []
    }
    private let state = Mutex(State())
    private let halfLife: Double

    /// - Parameter halfLife: in milliseconds; six hours unless told.
    public init(halfLife: Double = 6 * 3_600_000) { self.halfLife = halfLife }

    /// Counts a touch of `item` at `time` (milliseconds since 1970) as `weight` touches.
    public func add(_ item: Int32, at time: Int64, weight: Double = 1) {
        guard item >= 0, weight > 0 else { return }
        state.withLock { state in
            if state.landmark == 0 { state.landmark = time }
            var exponent = Double(time - state.landmark) / halfLife
            if exponent > 500 {
                let shift = exp2(-exponent)
                for index in state.touched { state.weights[Int(index)] *= shift }
                state.landmark = time
                exponent = 0
            }
            while state.weights.count <= Int(item) { state.weights.append(0) }
            if state.weights[Int(item)] == 0 { state.touched.append(item) }
            state.weights[Int(item)] += weight * exp2(max(exponent, -500))
        }
    }

    /// The weights at `now` of everything touched, in no order.
    func weights(at now: Int64) -> [(item: Int32, weight: Float)] {
        let state = state.withLock { $0 }
        let shift = exp2(-max(-500, min(500, Double(now - state.landmark) / halfLife)))
        return state.touched.map { ($0, Float(state.weights[Int($0)] * shift)) }
    }
}
