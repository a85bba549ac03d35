internal import Foundation
internal import MarqueeRuntime

/// Made-up people whose tastes are known: who clicks on what, and how likely.
///
/// A person p clicks on item i in slot k with probability
///
///     (1 / (1 + 0.1 k)) · σ(-3 + 2 · mean of t_pc over i's categories c + 0.7 q_i),
///
/// tastes t and qualities q standard normal, each a function of the seed and a name.
struct SimulatedPeople: Sendable {
    struct Item: Sendable {
        var id: String
        var categories: [String]
    }

    let items: [Item]
    let count: Int
    private let places: [String: Int]
    private let quality: [Double]
    private let itemCategories: [[Int]]
    private let categoryCount: Int
    private let seed: UInt64

    init(count: Int, items: [Item], seed: UInt64) {
        self.count = count
        self.items = items
        self.seed = seed
        places = Dictionary(items.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var codes: [String: Int] = [:]
        itemCategories = items.map { item in
            item.categories.map { name in
                let code = codes[name] ?? codes.count
                codes[name] = code
                return code
            }
        }
        categoryCount = max(codes.count, 1)
        quality = items.indices.map { place in
            var stream = RandomStream(seed: seed, "simulated quality", place)
            return stream.normalPair().0
        }
    }

    /// The person's id on the server.
    func id(_ person: Int) -> String { "simulated-\(seed)-\(person)" }

    func tastes(_ person: Int) -> [Double] {
        var stream = RandomStream(seed: seed, "simulated taste", person)
        return (0..<categoryCount).map { _ in stream.normalPair().0 }
    }

    /// The probability of a click in the first slot, of every item.
    func probabilities(_ tastes: [Double]) -> [Double] {
        items.indices.map { place in
            let categories = itemCategories[place]
            let match = categories.isEmpty ? 0 : categories.reduce(0) { $0 + tastes[$1] } / Double(categories.count)
            return 1 / (1 + exp(3 - 2 * match - 0.7 * quality[place]))
        }
    }

    func place(_ id: String) -> Int? { places[id] }

    /// How much of its probability an item keeps in a slot.
    static func attention(_ slot: Int) -> Double { 1 / (1 + 0.1 * Double(slot)) }
}
