internal import MarqueeRuntime

/// Makes the items: rank, year, genres, director, title, direction of taste.
struct ItemMaker {
    let config: MovieWorld.Config
    /// By item: 0 for the most popular.
    let rank: [Int]
    let years: [Int32]
    let directions: [SIMD16<Float>]
    private let genreSets: [[Int]]
    private let directors: [Int]

    /// MovieLens 20M's genres, with the number of movies of each.
    private static let genres: [(name: String, movies: Double)] = [
        ("Drama", 13344), ("Comedy", 8374), ("Thriller", 4178), ("Romance", 4127), ("Action", 3520), ("Crime", 2939),
        ("Horror", 2611), ("Documentary", 2471), ("Adventure", 2329), ("Sci-Fi", 1743), ("Mystery", 1514),
        ("Fantasy", 1412), ("War", 1194), ("Children", 1139), ("Musical", 1036), ("Animation", 1027), ("Western", 676),
        ("Film-Noir", 330),
    ]

    init(_ config: MovieWorld.Config) {
        self.config = config
        let items = config.items
        let order = RandomPermutation(count: items, stream: RandomStream(seed: config.seed, "world ranks"))
        rank = (0..<items).map { order[$0] }

        let yearStream = RandomStream(seed: config.seed, "world years")
        years = rank.enumerated().map { item, rank in
            // What most people have seen had time to be seen; the rest may be recent.
            let fraction = Double(rank) / Double(items)
            let newest = fraction < 0.01 ? 1999.0 : fraction < 0.1 ? 2007 : 2014
            let age = -28 * (1 - yearStream.unit(at: UInt64(item))).logarithm
            return Int32(max(1915, newest - age.truncatingRemainder(dividingBy: newest - 1915)))
        }

        let genreTable = AliasTable(weights: Self.genres.map(\.movies))
        let genreStream = RandomStream(seed: config.seed, "world genres")
        genreSets = (0..<items).map { item in
            let stream = RandomStream(key: genreStream[UInt64(item)])
            let draw = stream.unit(at: 0)
            let size = draw < 0.009 ? 0 : draw < 0.40 ? 1 : draw < 0.74 ? 2 : draw < 0.92 ? 3 : 4
            var set: [Int] = []
            var counter: UInt64 = 1
            while set.count < size {
                let genre = genreTable.draw(stream[counter])
                counter += 1
                if !set.contains(genre) { set.append(genre) }
            }
            return set.sorted { Self.genres[$0].name < Self.genres[$1].name }
        }

        // A few direct much, most direct one: the square of a uniform number crowds the first.
        let directorStream = RandomStream(seed: config.seed, "world directors")
        let directorCount = max(1, items / 3)
        directors = (0..<items).map { item in
            let unit = directorStream.unit(at: UInt64(item))
            return min(directorCount - 1, Int(unit * unit * Double(directorCount)))
        }

        func vector(_ stream: RandomStream, _ index: Int) -> SIMD16<Float> {
            var vector = SIMD16<Float>()
            for d in 0..<16 { vector[d] = stream.normal(at: UInt64(16 * index + d)) }
            return vector
        }
        let genreTastes = RandomStream(seed: config.seed, "world genre tastes")
        let directorTastes = RandomStream(seed: config.seed, "world director tastes")
        let itemTastes = RandomStream(seed: config.seed, "world item tastes")
        let ofGenre = Self.genres.indices.map { vector(genreTastes, $0) }
        let ofDirector = (0..<directorCount).map { vector(directorTastes, $0) }
        directions = (0..<items).map { [genreSets, directors] item in
            var sum = 0.6 * ofDirector[directors[item]] + 0.7 * vector(itemTastes, item)
            let genres = genreSets[item]
            for genre in genres { sum += ofGenre[genre] / Float(genres.count).squareRoot() }
            return sum / max(1e-6, (sum * sum).sum().squareRoot())
        }
    }

    /// The interactions that each item shall have, by rank fraction x: exp(-(350 x)^0.36 - 3.6 x) and a few
    /// for everybody, fitted to MovieLens 20M (67,310 at the top, about a third in the first hundredth,
    /// 18 in the middle).
    func expectedCounts(interactions: Int) -> [Double] {
        let shape = (0..<config.items).map { rank in
            let x = (Double(rank) + 0.5) / Double(config.items)
            return (-(350 * x).power(0.36) - 3.6 * x).exponential
        }
        let total = shape.reduce(0, +)
        let mean = Double(interactions) / Double(config.items)
        return rank.map { (shape[$0] / total * Double(config.items) * 0.999 + 0.001) * mean }
    }

    func catalog() -> Catalog {
        let titles = TitleMaker(seed: config.seed)
        return Catalog(
            items: (0..<config.items).map { item in
                let title = titles.title(item)
                return Catalog.Item(
                    title: "\(title) (\(years[item]))", year: Int(years[item]),
                    genres: genreSets[item].map { Self.genres[$0].name },
                    text: "directed by \(titles.person(directors[item]))")
            })
    }
}
