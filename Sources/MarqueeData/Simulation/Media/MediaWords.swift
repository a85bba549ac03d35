/// The topics, and what is written about them.
enum MediaWords {
    static let topics: [(name: String, words: [String])] = [
        (
            "politics",
            words("parliament minister ballot coalition reform senate vote treaty campaign cabinet mayor petition")
        ),
        (
            "economy",
            words("market inflation budget trade wages bank exports tariff merger startup pension factory")
        ),
        (
            "football",
            words("striker derby penalty league keeper transfer stadium coach cup defender title midfield")
        ),
        (
            "cycling",
            words("peloton sprint climb stage jersey breakaway velodrome gravel rider classics descent team")
        ),
        (
            "music",
            words("album festival guitar concert orchestra singer vinyl chorus tour remix opera drummer")
        ),
        (
            "film",
            words("premiere director thriller screenplay actress festival sequel studio documentary trailer scene cast")
        ),
        (
            "travel",
            words("island hotel railway border passport beach village guide harbor ferry trail luggage")
        ),
        (
            "food",
            words("recipe bakery vineyard chef kitchen harvest spices market dessert bread tasting garden")
        ),
        (
            "health",
            words("clinic vaccine sleep nurse therapy hospital diet heart surgery virus exercise doctor")
        ),
        (
            "science",
            words("telescope genome fossil laboratory physics orbit climate reactor particle glacier neuron probe")
        ),
        (
            "technology",
            words("chip robot software battery browser network drone privacy server phone algorithm cloud")
        ),
        (
            "games",
            words("console arcade quest tournament pixel controller strategy speedrun puzzle dungeon update studio")
        ),
        (
            "fashion",
            words("runway fabric designer collection vintage sneakers tailor silk atelier model boutique season")
        ),
        (
            "nature",
            words("forest river wolf storm garden migration reef volcano meadow birds drought national")
        ),
        (
            "crime",
            words("detective verdict robbery witness trial fraud heist jury evidence smuggler inspector alibi")
        ),
        (
            "family",
            words("school holiday children wedding playground teacher parents twins baby homework museum picnic")
        ),
    ]

    /// What any title may have beside its topics' words.
    static let fillers = words("new first old last great small secret open late early long two night summer city day")

    private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
}
