internal import MarqueeRuntime

/// Titles and names that could be real; not all are distinct, as in life.
struct TitleMaker {
    let seed: UInt64

    func title(_ item: Int) -> String {
        let stream = RandomStream(seed: seed, "world titles", item)
        func pick(_ words: [String], _ counter: UInt64) -> String {
            words[stream.integer(at: counter, below: words.count)]
        }
        let (adjective, noun, place) = (pick(Self.adjectives, 1), pick(Self.nouns, 2), pick(Self.places, 3))
        switch stream.integer(at: 0, below: 10) {
        case 0, 1: return "\(adjective) \(noun), The"
        case 2: return "\(adjective) \(noun)"
        case 3: return "\(noun) of \(place), The"
        case 4: return "\(noun) in \(place), A"
        case 5: return "\(pick(Self.given, 4))'s \(noun)"
        case 6: return "\(pick(Self.given, 4)) and \(pick(Self.given, 5))"
        case 7: return "\(noun) & \(pick(Self.nouns, 4))"
        case 8: return "\(adjective) \(noun): \(pick(Self.nouns, 4)) of \(place)"
        default: return "Last \(noun) to \(place)"
        }
    }

    func person(_ index: Int) -> String {
        let stream = RandomStream(seed: seed, "world people", index)
        let given = Self.given[stream.integer(at: 0, below: Self.given.count)]
        let family = Self.family[stream.integer(at: 1, below: Self.family.count)]
        return "\(given) \(family) \(index + 1)"
    }

    private static let adjectives = words(
        """
        Silent Crimson Hidden Broken Golden Endless Paper Midnight Hollow Northern Burning Quiet Second Distant Velvet \
        Frozen Wild Borrowed Invisible Electric Perfect Lonely Savage Gentle Bitter Painted Secret Final Scarlet Iron \
        Restless Emerald Forgotten Holy Crooked Blue Marble Stolen Weeping Bright Ordinary Fallen Clever Dusty Salted
        """)
    private static let nouns = words(
        """
        Garden River Letter Winter Promise Harbor Mirror Orchard Station Summer Shadow Detective Kingdom Voyage Clock \
        Stranger Daughter Soldier Window Bridge Carnival Violin Mountain Island Train Dancer Hunter Wedding Fortune \
        Machine Lighthouse Widow Circus Thief Colony Feast Tiger Painter Engine Hour Signal Boxer Monk Heiress Storm \
        Verdict Compass Lantern Rebel Empire Affair Diary Ransom Sparrow Planet Robot Ghost Cowboy Waltz Castle
        """)
    private static let places = words(
        """
        Marseille Kyoto Lisbon Havana Tangier Vienna Bombay Oslo Alaska Cairo Dakar Naples Texas Prague Shanghai Lima \
        Glasgow Odessa Saturn Delhi Bergen Toledo Manila Accra Lagos Cordoba Tallinn Quito Hanoi Savannah
        """)
    private static let given = words(
        """
        Anna Boris Clara David Elena Felix Greta Hugo Irene Jonas Karin Leo Maria Nadia Oscar Paula Quentin Rosa Simon \
        Teresa Ugo Vera Walter Xenia Yusuf Zoe Amara Kenji Lin Ravi Fatou Diego Ingrid Mehmet Sana Tomas
        """)
    private static let family = words(
        """
        Abbott Bergman Castillo Duarte Eklund Ferrara Goto Haddad Ivanov Jansen Kowalski Laurent Moreau Nakamura Okafor \
        Petrov Quist Rossi Schmidt Tanaka Ueda Varga Weiss Xu Yilmaz Zhang Adeyemi Banerjee Conti Dupont Horvat Lindqvist
        """)

    private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
}
