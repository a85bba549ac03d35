internal import Foundation
public import MarqueeRuntime

/// Multinomial logistic regression on features that are there or not: P(class c | active features) ∝
/// exp(b_c + Σ_{f active} W_fc), fitted to least Σ −log P + λ/2 Σ W², intercepts free.
///
/// This is how propensities are estimated where none were logged, P(action | context), and what is seen at all,
/// P(observed | person, item). Fitted by limited-memory BFGS (Liu and Nocedal 1989) with memory 10 and Armijo's
/// rule; a step costs O(rows × active × classes).
public struct CategoricalRegression: Sendable, Codable, Equatable {
    public let features: Int
    public let classes: Int
    /// Row-major [features + 1, classes]; the last row is the intercepts.
    public let weights: [Double]

    /// - Parameters:
    ///   - active: each row's active features, in 0..<features.
    ///   - labels: each row's class, in 0..<classes.
    ///   - regularization: λ.
    public init(
        active: [[Int32]], labels: [Int], features: Int, classes: Int, regularization: Double, iterations: Int = 300,
        tolerance: Double = 1e-7, pool: WorkerPool = .shared
    ) {
        precondition(active.count == labels.count && classes > 1 && regularization >= 0)
        self.features = features
        self.classes = classes
        let penalized = features * classes
        func loss(_ weights: [Double]) -> (value: Double, gradient: [Double]) {
            let parts = pool.map(pool.workerCount) { worker in
                var value = 0.0
                var gradient = [Double](repeating: 0, count: weights.count)
                var scores = [Double](repeating: 0, count: classes)
                for row in pool.shard(worker, of: active.count) {
                    Self.probabilities(active[row], weights, features, &scores)
                    value -= log(max(scores[labels[row]], 1e-300))
                    scores[labels[row]] -= 1
                    for feature in active[row] {
                        for c in 0..<classes { gradient[Int(feature) * classes + c] += scores[c] }
                    }
                    for c in 0..<classes { gradient[features * classes + c] += scores[c] }
                }
                return (value, gradient)
            }
            var value = 0.0
            var gradient = [Double](repeating: 0, count: weights.count)
            for part in parts {
                value += part.0
                for index in gradient.indices { gradient[index] += part.1[index] }
            }
            for index in 0..<penalized {
                value += regularization / 2 * weights[index] * weights[index]
                gradient[index] += regularization * weights[index]
            }
            return (value, gradient)
        }
        weights = Self.minimize(
            loss, from: [Double](repeating: 0, count: (features + 1) * classes), iterations: iterations,
            tolerance: tolerance * Double(max(1, active.count)))
    }

    /// P(class | active features). [classes]
    public func probabilities(_ active: [Int32]) -> [Double] {
        var scores = [Double](repeating: 0, count: classes)
        Self.probabilities(active, weights, features, &scores)
        return scores
    }

    private static func probabilities(_ active: [Int32], _ weights: [Double], _ features: Int, _ scores: inout [Double])
    {
        let classes = scores.count
        for c in 0..<classes { scores[c] = weights[features * classes + c] }
        for feature in active {
            for c in 0..<classes { scores[c] += weights[Int(feature) * classes + c] }
        }
        let largest = scores.max() ?? 0
        var sum = 0.0
        for c in 0..<classes {
            scores[c] = exp(scores[c] - largest)
            sum += scores[c]
        }
        for c in 0..<classes { scores[c] /= sum }
    }

    private static func minimize(
        _ loss: ([Double]) -> (value: Double, gradient: [Double]), from start: [Double], iterations: Int,
        tolerance: Double
    ) -> [Double] {
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        var point = start
        var (value, gradient) = loss(point)
        var memory: [(step: [Double], change: [Double], curvature: Double)] = []
        for _ in 0..<iterations where (gradient.lazy.map(abs).max() ?? 0) > tolerance {
            // Two loops over the remembered steps give −H g.
            var direction = gradient.map { -$0 }
            var shares: [Double] = []
            for pair in memory.reversed() {
                let share = dot(pair.step, direction) / pair.curvature
                shares.append(share)
                for index in direction.indices { direction[index] -= share * pair.change[index] }
            }
            let scale =
                memory.last.map { $0.curvature / dot($0.change, $0.change) } ?? 1
                / max(1, dot(gradient, gradient).squareRoot())
            for index in direction.indices { direction[index] *= scale }
            for (pair, share) in zip(memory, shares.reversed()) {
                let back = dot(pair.change, direction) / pair.curvature
                for index in direction.indices { direction[index] += (share - back) * pair.step[index] }
            }
            let slope = dot(gradient, direction)
            guard slope < 0 else { break }
            var length = 1.0
            var next = point
            var reached = (value: value, gradient: gradient)
            repeat {
                for index in next.indices { next[index] = point[index] + length * direction[index] }
                reached = loss(next)
                length /= 2
            } while !(reached.value <= value + 1e-4 * 2 * length * slope) && length > 1e-12
            let step = zip(next, point).map { $0 - $1 }
            let change = zip(reached.gradient, gradient).map { $0 - $1 }
            let curvature = dot(step, change)
            if curvature > 1e-12 {
                memory.append((step, change, curvature))
                if memory.count > 10 { memory.removeFirst() }
            }
            guard length > 1e-12 else { break }
            (point, value, gradient) = (next, reached.value, reached.gradient)
        }
        return point
    }
}
