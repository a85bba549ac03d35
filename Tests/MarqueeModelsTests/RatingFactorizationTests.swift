import Testing

@testable import MarqueeModels

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

    static func config(_ regularization: Double, iterations: Int) -> BiasedMF.Config {
        BiasedMF.Config {
            ($0.factors, $0.regularization, $0.iterations) = (2, regularization, iterations)
        }
    }

    static func fit(_ config: BiasedMF.Config, _ ratings: [Rating], seed: UInt64 = 4) -> RatingFactorization {
        RatingFactorization(config, to: ratings, userCount: 12, itemCount: 9, seed: seed) { _ in }
    }

    /// r̂(u, i), of two factors.
    static func rating(_ model: RatingFactorization, _ user: Int, _ item: Int) -> Double {
        let (p, q) = (model.users[user * 3..<user * 3 + 3], model.items[item * 3..<item * 3 + 3])
        let product = zip(p.prefix(2), q.prefix(2)).reduce(0) { $0 + $1.0 * $1.1 }
        return model.mean + p[user * 3 + 2] + q[item * 3 + 2] + product
    }

    @Test("cells that were left out are filled in")
    func fills() {
        let model = Self.fit(Self.config(0.01, iterations: 60), Self.table, seed: 1)
        for (user, item) in [(3, 4), (7, 1), (0, 0)] {
            #expect(abs(Self.rating(model, user, item) - Self.truth(user, item)) < 0.1)
        }
    }

    @Test("a weight of two is a rating given twice; the scale of all weights means nothing")
    func weights() {
        let config = Self.config(1, iterations: 5)
        let twice = Self.table.map {
            Rating(user: $0.user, item: $0.item, value: $0.value, weight: $0.item == 2 ? 2 : 1)
        }
        let repeated = Self.table + Self.table.filter { $0.item == 2 }
        // λ is against weights whose mean is 1, so that it is as strong in both only if it is scaled with the count.
        let scaled = Self.config(Double(repeated.count) / Double(Self.table.count), iterations: 5)
        let one = Self.fit(config, twice)
        let other = Self.fit(scaled, repeated)
        let tenfold = Self.fit(
            config, twice.map { Rating(user: $0.user, item: $0.item, value: $0.value, weight: 10 * $0.weight) })
        for user in 0..<12 {
            for item in 0..<9 {
                #expect(abs(Self.rating(one, user, item) - Self.rating(other, user, item)) < 1e-9)
                #expect(abs(Self.rating(one, user, item) - Self.rating(tenfold, user, item)) < 1e-9)
            }
        }
    }

    @Test("whoever has no rating is answered by the mean and the item's bias")
    func cold() {
        let known = Self.table.filter { $0.user != 5 }
        let model = Self.fit(Self.config(1, iterations: 5), known)
        for item in 0..<9 { #expect(Self.rating(model, 5, item) == model.mean + model.items[item * 3 + 2]) }
    }
}
