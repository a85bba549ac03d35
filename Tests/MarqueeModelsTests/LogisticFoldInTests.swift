import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@testable import MarqueeModels

@Suite struct LogisticFoldInTests {
    static let factors: FactorScorer = {
        var random = RandomStream(seed: 8, "fold-in test")
        func normal(_ count: Int, _ scale: Double) -> [Float] {
            (0..<count).map { _ in Float(scale * random.normalPair().0) }
        }
        return FactorScorer(
            rank: 6, userFactors: normal(12, 1), itemFactors: normal(30 * 6, 0.7), itemBias: normal(30, 0.5))
    }()

    /// The documentation's function of (p, β), spelled out in double precision.
    static func loss(_ theta: [Double], _ own: Set<Int>, negatives: Int, regularization: Double) -> Double {
        var loss = 0.0
        for item in 0..<30 {
            var z = Double(factors.itemBias?[item] ?? 0) + theta[6]
            for k in 0..<6 { z += Double(factors.itemFactors[item * 6 + k]) * theta[k] }
            loss +=
                own.contains(item)
                ? log1p(exp(-z)) : Double(negatives * own.count) / Double(30 - own.count) * log1p(exp(z))
        }
        let norm = theta.reduce(0) { $0 + $1 * $1 }
        return loss + 0.5 * regularization * Double(own.count * (1 + negatives)) * norm
    }

    /// β is not told of: it is found again, p being fixed, by bisection of the derivative.
    static func bias(_ p: [Double], _ own: Set<Int>, negatives: Int, regularization: Double) -> Double {
        var (lower, upper) = (-50.0, 50.0)
        func slope(_ beta: Double) -> Double {
            let h = 1e-5
            return
                (loss(p + [beta + h], own, negatives: negatives, regularization: regularization)
                - loss(p + [beta - h], own, negatives: negatives, regularization: regularization)) / (2 * h)
        }
        for _ in 0..<80 {
            let middle = (lower + upper) / 2
            if slope(middle) > 0 { upper = middle } else { lower = middle }
        }
        return (lower + upper) / 2
    }

    @Test(arguments: [[3], [0, 1, 2, 3, 4], Array(0..<30), [29, 7, 11]] as [[Int]], [0.001, 0.05])
    func theGradientVanishes(_ items: [Int], _ regularization: Double) {
        let scorer = LogisticFoldIn(
            Self.factors, behaviors: .single, negatives: 4, regularization: Float(regularization))
        let p = scorer.userFactors(of: Query(history: History(items: items.map(Int32.init)))).map(Double.init)
        let own = Set(items)
        let beta = Self.bias(p, own, negatives: 4, regularization: regularization)
        for k in 0..<6 {
            let h = 1e-4
            var (up, down) = (p + [beta], p + [beta])
            up[k] += h
            down[k] -= h
            let slope =
                (Self.loss(up, own, negatives: 4, regularization: regularization)
                    - Self.loss(down, own, negatives: 4, regularization: regularization)) / (2 * h)
            #expect(abs(slope) < 2e-3 * Double(items.count + 1), "factor \(k): \(slope)")
        }
    }

    @Test func nothingIsKnownOfSomebodyWithoutHistory() {
        let scorer = LogisticFoldIn(Self.factors, behaviors: .single, negatives: 4, regularization: 0.01)
        #expect(scorer.scores(Query()) == Self.factors.itemBias)
    }
}
