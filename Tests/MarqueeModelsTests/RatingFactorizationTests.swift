import MarqueeModels
import Testing

@Suite("Factorization of weighted ratings")
struct RatingFactorizationTests {
    typealias Rating = RatingFactorization.Rating

    /// A rank-one table with biases, two cells left out.
    static let table: [Rating] = (0..<12).flatMap { user in
        (0..<9).compactMap { item in
            (user, item) == (3, 4) || (user, item) == (7, 1)
                ? nil
                : Rating(user: Int32(user), item: Int32(item), value: truth(user, item))
        }
    }

    static func truth(_ user: Int, _ item: Int) -> Double {
        3 + 0.1 * Double(user % 5) - 0.2 * Double(item % 3) + Double(user % 3 - 1) * Double(item % 4 - 2) * 0.5
    }

    @Test("cells that were left out are filled in")
    func fills() {
        let model = RatingFactorization(
            .init(factors: 2, regularization: 0.01, iterations: 60), to: Self.table, userCount: 12, itemCount: 9,
            seed: 1)
        for (user, item) in [(3, 4), (7, 1), (0, 0)] {
            #expect(abs(model.rating(user: Int32(user), item: Int32(item)) - Self.truth(user, item)) < 0.1)
        }
    }

    @Test("a weight of two is a rating given twice; the scale of all weights means nothing")
    func weights() {
        let config = RatingFactorization.Config(factors: 2, regularization: 1, iterations: 5)
        let twice = Self.table.map {
            Rating(user: $0.user, item: $0.item, value: $0.value, weight: $0.item == 2 ? 2 : 1)
        }
        let repeated = Self.table + Self.table.filter { $0.item == 2 }
        // λ is against weights whose mean is 1, so that it is as strong in both only if it is scaled with the count.
        let scaled = RatingFactorization.Config(
            factors: 2, regularization: Double(repeated.count) / Double(Self.table.count), iterations: 5)
        let one = RatingFactorization(config, to: twice, userCount: 12, itemCount: 9, seed: 4)
        let other = RatingFactorization(scaled, to: repeated, userCount: 12, itemCount: 9, seed: 4)
        let tenfold = RatingFactorization(
            config, to: twice.map { Rating(user: $0.user, item: $0.item, value: $0.value, weight: 10 * $0.weight) },
            userCount: 12,
            itemCount: 9, seed: 4)
        for user in 0..<12 as Range<Int32> {
            for item in 0..<9 as Range<Int32> {
                #expect(abs(one.rating(user: user, item: item) - other.rating(user: user, item: item)) < 1e-9)
                #expect(abs(one.rating(user: user, item: item) - tenfold.rating(user: user, item: item)) < 1e-9)
            }
        }
    }
}
