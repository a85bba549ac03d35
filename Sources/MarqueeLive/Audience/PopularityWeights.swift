internal import Foundation

/// How training and present weigh in what is popular.
///
/// With n_i people who touched item i in training, N of all items together, and s_i who touch it now (``Trends``), S of
/// all items together,
///
///     popularity   p_i = n_i / max n + w s_i / (max s + κ)
///     trend        z_i = (s_i - e_i) / √(e_i + κ),  e_i = S n_i / N
///
/// so that each of a few people moves an item by at most w / κ, and once many more than κ come, what is touched most now
/// is ahead of what was touched most in training. An item trends from z_i = 1 on: where more people touch it than usual,
/// by more than chance would have it; of an item that nobody touched in training √κ have to, five of κ = 20.
public struct PopularityWeights: Sendable, Equatable {
    /// κ: how many people the belief weighs that an item is touched as usual.
    public var prior: Double
    /// w: what the item touched most now counts, beside 1 for the one touched most in training.
    public var live: Double

    public init(prior: Double = 20, live: Double = 2) {
        self.prior = prior
        self.live = live
    }

    /// p without its present part, by item.
    static func base(_ training: [Float]) -> [Float] {
        let most = training.max() ?? 0
        return most > 0 ? training.map { $0 / most } : training
    }

    /// What is added to p for items that are touched now, and their z, in the order of `people`.
    /// - Parameter usual: n / N by item; 0 for those past its end.
    func now(_ people: [(item: Int32, people: Float)], usual: (Int32) -> Double) -> [(added: Float, trend: Double)] {
        let most = people.reduce(0) { max($0, Double($1.people)) }
        let all = people.reduce(0) { $0 + max(0, Double($1.people)) }
        return people.map { entry in
            let (count, expected) = (Double(entry.people), all * usual(entry.item))
            return (Float(live * count / (most + prior)), (count - expected) / (expected + prior).squareRoot())
        }
    }
}
