public import MarqueeRuntime

/// A made-up world of people and movies whose truth is known: who likes what, by how much, and why.
///
///     let world = MovieWorld(.movieLens20M)
///     let dataset = world.dataset()              // the log, with titles, years and genres
///     try world.write(to: folder)                // the same as ratings.csv and movies.csv
///     world.utility(user: 3, item: 7, year: 2001)
///
/// A user's interactions are drawn without replacement with weights
///
///     w(u, i, t) = p_i · exp(a(u, i, t)),    a = clip(strength · ⟨z_u(t), v_i⟩, ±2),
///
/// over the items released by then: p_i is the item's popularity, v_i (unit length) mixes the taste
/// directions of its genres, of its director and of itself, and z_u (normal) turns slowly with the
/// years. log w is the true utility, by which no ranking is better. Ratings rise with affinity and
/// the item's quality, and are noisy.
///
/// Marginals are MovieLens 20M's: everybody has at least 20 interactions with a log-normal tail,
/// item popularity falls as exp(-(350 x)^0.36 - 3.6 x) in the rank fraction x, solved for so that counts
/// come out so in spite of nobody watching twice; sessions are bursts, stars are whole before 2003.
///
/// Every number is a function of the seed and what it is for, so the world is the same whatever the
/// number of workers.
public struct MovieWorld: Sendable {
    public struct Config: Configuration, Hashable, Encodable {
        public var users: Int
        public var items: Int
        public var interactions: Int
        public var seed: UInt64
        /// The standard deviation of affinity in log-odds; 0 makes a world of popularity alone.
        public var strength: Float
        /// How far tastes turn in a year, in radians.
        public var drift: Float

        public init(
            users: Int, items: Int, interactions: Int, seed: UInt64 = 1, strength: Float = 1, drift: Float = 0.15
        ) {
            self.users = users
            self.items = items
            self.interactions = interactions
            self.seed = seed
            self.strength = strength
            self.drift = drift
        }

        /// 138,493 users, 27,278 items, 20,000,263 interactions.
        public static let movieLens20M = Config(users: 138_493, items: 27_278, interactions: 20_000_263)

        /// MovieLens 20M with this share of its users and all of its items.
        public static func movieLens20M(users share: Double, seed: UInt64 = 1) -> Config {
            let whole = movieLens20M
            return Config(
                users: max(1, Int(Double(whole.users) * share)), items: whole.items,
                interactions: Int(Double(whole.interactions) * share), seed: seed)
        }

        public static let defaults = Config(users: 0, items: 0, interactions: 0)
        public static let required = ["users", "items", "interactions"]
    }

    public let config: Config
    /// What is known of each item: title, year, genres, and its director as text.
    public let catalog: Catalog
    /// User u's interactions are rows `offsets[u]..<offsets[u + 1]` of the log.
    public let offsets: [Int]

    /// By item: the direction of taste that it answers, of unit length.
    let directions: [SIMD16<Float>]
    /// By item: log p_i.
    let logPopularity: [Float]
    /// By item: what it adds to every rating.
    let quality: [Float]
    /// By item: the first year in which it can be watched.
    let years: [Int32]
    let popularity: AliasTable

    /// Makes the items and everybody's number of interactions; the interactions themselves come with
    /// ``dataset(on:)`` and ``write(to:on:progress:)``. O(users + items).
    /// - Precondition: at least one user and one item. Where `interactions` asks for more than a user
    ///   can have (half of the items), they have less.
    public init(_ config: Config) {
        precondition(config.users > 0 && config.items > 0)
        self.config = config
        let activity = ActivityCurve(config)
        var offsets = [0]
        offsets.reserveCapacity(config.users + 1)
        for user in 0..<config.users { offsets.append(offsets[user] + activity[user]) }
        self.offsets = offsets

        let items = ItemMaker(config)
        years = items.years
        directions = items.directions
        catalog = items.catalog()
        let curve = PopularityCurve(
            counts: items.expectedCounts(interactions: offsets[config.users]),
            reach: items.years.map(RatingYears.reach),
            activity: activity, strength: config.strength)
        logPopularity = curve.logWeights
        popularity = AliasTable(weights: curve.logWeights.map { Double($0).exponential })
        // The well-known are somewhat better, and the rest scatters.
        let stream = RandomStream(seed: config.seed, "world quality")
        quality = (0..<config.items).map { item in
            let fame = 1 - 2 * Float(items.rank[item]) / Float(config.items)
            return 0.25 * fame + 0.35 * stream.normal(at: UInt64(item))
        }
    }

    public var userCount: Int { config.users }
    public var itemCount: Int { config.items }
    /// The number of interactions, `config.interactions` wherever users can have so many.
    public var interactionCount: Int { offsets[config.users] }

    /// The true utility log w(u, i, t) of an item to a user in a year: popularity and affinity. Minus
    /// infinity before the item's release.
    public func utility(user: Int32, item: Int32, year: Int) -> Float {
        guard Int(years[Int(item)]) <= year else { return -.infinity }
        return logPopularity[Int(item)] + affinity(taste(of: user, year: year), item)
    }

    /// The personal part of ``utility(user:item:year:)``, in -2...2.
    public func affinity(user: Int32, item: Int32, year: Int) -> Float { affinity(taste(of: user, year: year), item) }

    @inline(__always) func affinity(_ taste: SIMD16<Float>, _ item: Int32) -> Float {
        min(2, max(-2, (taste * directions[Int(item)]).sum()))
    }

    /// z_u(t), times the strength: two fixed normal vectors between which the taste turns.
    func taste(of user: Int32, year: Int) -> SIMD16<Float> {
        let stream = RandomStream(seed: config.seed, "world taste", Int(user))
        let angle = Double(config.drift) * Double(year - RatingYears.firstYear)
        var taste = SIMD16<Float>()
        for d in 0..<16 {
            taste[d] =
                stream.normal(at: UInt64(d)) * Float(angle.cosine) + stream.normal(at: UInt64(16 + d))
                * Float(angle.sine)
        }
        return taste * config.strength
    }
}

extension RandomStream {
    /// A standard normal number at `counter`, by Box and Muller (1958); it uses two counters' worth.
    func normal(at counter: UInt64) -> Float {
        let radius = (-2 * (1 - unit(at: 2 * counter)).logarithm).squareRoot()
        return Float(radius * (2 * Double.pi * unit(at: 2 * counter + 1)).cosine)
    }
}
