/// One line of the server's configuration: `server.port` in the YAML file, `MARQUEE_SERVER_PORT` in the
/// environment, `--set server.port=…` on the command line.
public struct Setting: Sendable {
    public let key: String
    /// As the environment would spell it; lists are separated by commas.
    public let standard: String
    public let meaning: String

    init(_ key: String, _ standard: String, _ meaning: String) {
        self.key = key
        self.standard = standard
        self.meaning = meaning
    }

    /// `SERVER_MAX_BODY`; the prefix is ``environmentPrefix``.
    var environmentName: String {
        String(key.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }

    static let environmentPrefix = "MARQUEE_"
    /// Variables with the prefix that are not the server's.
    static let otherVariables = ["DATA", "THREADS"]

    /// Whose value is YAML; in the file it may be a mapping or a list.
    static let nested: Set<String> = ["policy", "experiments", "ranker"]

    static let keys = Set(all.map(\.key))

    /// What SIGHUP puts in force while the server runs; the others want a restart.
    static let changeable: Set<String> = [
        "server.log-level", "keys.read", "keys.write", "keys.admin", "limits.rate", "limits.burst",
    ]

    /// Whether SIGHUP puts it in force while the server runs.
    public var isChangeable: Bool { Self.changeable.contains(key) }

    /// Everything that can be set. A key that is not here is an error wherever it is written.
    public static let all: [Setting] = [
        Setting("server.host", "127.0.0.1", "the address to listen at"),
        Setting("server.port", "8080", "the port to listen at; 0 takes a free one"),
        Setting("server.max-body", "8388608", "the largest request body, in bytes"),
        Setting("server.max-header", "16384", "the most bytes that a request's header fields may have together"),
        Setting("server.idle-timeout", "30", "seconds until a connection that says nothing is closed"),
        Setting(
            "server.drain-notice", "1",
            "seconds after SIGTERM in which /api/health/ready says 503 and everything is still answered"),
        Setting("server.drain", "10", "seconds that requests in flight have to finish then"),
        Setting("server.log-level", "info", "trace, debug, info, notice, warning, error or critical"),
        Setting("server.log-format", "text", "text, or json for one object a line"),
        Setting("tls.certificate", "", "PEM file of the certificate chain; with tls.key it turns TLS on"),
        Setting("tls.key", "", "PEM file of the private key"),
        Setting("keys.read", "", "API keys that may ask for recommendations and read the catalog"),
        Setting("keys.write", "", "API keys that may also send events and feedback"),
        Setting("keys.admin", "", "API keys that may also change the catalog and the model"),
        Setting("metrics.access", "open", "who may read /metrics: open, or a key's scope: read, write or admin"),
        Setting(
            "cors.origins", "", "origins whose pages may ask from a browser, such as https://shop.example; * is all"),
        Setting(
            "limits.rate", "0",
            "requests a second that one API key may make, or without keys all together; 0 is no limit"),
        Setting("limits.burst", "0", "requests that may come at once; 0 is one second's worth"),
        Setting("server.max-connections", "4096", "connections open at once; more have to wait"),
        Setting("data.folder", "live", "the folder of events, decisions and catalog"),
        Setting(
            "memory.people", "1000000",
            "people remembered at most, about 1 kB each, 7 kB of who does most; who was quiet longest is forgotten and begins anew"
        ),
        Setting(
            "memory.features", "4000000",
            "statistics of the embedded feature store at most, about 0.3 kB each; likewise"),
        Setting(
            "memory.decisions", "50000",
            "decisions whose outcomes are joined from memory, about 0.5 kB each; older ones are read from the log"),
        Setting("retention.events", "365", "days that events stay in the log, and their ids known; 0 is for ever"),
        Setting("retention.decisions", "90", "days that decisions stay in the log; 0 is for ever"),
        Setting("model.path", "", "the folder of the model to deploy; empty for none"),
        Setting("model.watch", "2", "seconds between looks whether the model's folder has changed; 0 is never"),
        Setting("recommend.deadline", "50", "milliseconds until an answer has to be there"),
        Setting("recommend.count", "10", "items of an answer unless the request says how many"),
        Setting("recommend.max-count", "100", "items of an answer at most"),
        Setting("recommend.choices", "50", "candidates that the policy chooses among"),
        Setting("recommend.unknown-choices", "10", "of these, at most so many that the model does not know"),
        Setting(
            "recommend.sources",
            "model:150,item-to-item:60,trending:30,popular:30,fresh:20,social:20,content:60,other-domains:20",
            "candidate sources, and how many candidates each may give"),
        Setting(
            "ranker", "model",
            "what scores the candidates: model: { neighbor-weight: 1 }, neighbors, linear: { weights: { FEATURE: 0.1 } }, or several as combined"
        ),
        Setting("recommend.category-cap", "0", "items of one category in an answer at most; 0 is no cap"),
        Setting("recommend.probabilities", "false", "give policies scores as probabilities instead of standardized"),
        Setting(
            "recommend.consuming", "click,view,favorite,cart,purchase,rating,share",
            "events after which an item is not recommended again"),
        Setting("fatigue.limit", "8", "showings in vain after which an item rests; 0 is never"),
        Setting("fatigue.rest", "24", "hours that it rests"),
        Setting("fatigue.penalty", "0.25", "what each showing in vain takes from a standardized score"),
        Setting(
            "popularity.prior", "20",
            "people's worth of belief that an item is touched as usual; fewer hardly move trending and popular items"),
        Setting(
            "popularity.live", "2",
            "what the item touched most now counts among popular ones, beside 1 for the one touched most in training"),
        Setting("popularity.liked-rating", "3", "a rating below this one is a dislike"),
        Setting(
            "gorse.feedback", "",
            "what events gorse's types of feedback are, such as thumbs-up:favorite; read, star, like and the names of events are known"
        ),
        Setting("gorse.other-feedback", "click", "the event that feedback of any other type is"),
        Setting(
            "gorse.auto-insert-item", "true",
            "whether feedback adds the item that the catalog does not know; else it counts once somebody adds it"),
        Setting("gorse.auto-insert-user", "true", "whether feedback adds the user whom the catalog does not know"),
        Setting("policy", "epsilon-greedy: { epsilon: 0.1 }", "the policy with its settings, as YAML"),
        Setting(
            "experiments", "[]",
            "A/B experiments as YAML: a list of name, layer, share, effect and arms of name, share and policy"),
        Setting("features.file", "", "YAML definitions of live features; empty for the standard ones"),
        Setting("features.recent", "user-recent", "the feature of kind 'last' that says what a user touched"),
        Setting("features.store", "embedded", "where features live: embedded, or redis"),
        Setting("features.redis", "127.0.0.1:6379", "host and port of Redis"),
        Setting("reward.click", "1", "what a click earns"),
        Setting("reward.dwell", "0", "what a view of reward.dwell-seconds or more earns; a shorter one its share"),
        Setting("reward.dwell-seconds", "30", "the length of a view that earns reward.dwell"),
        Setting("reward.completion", "0", "what a view to the end earns, by 'completion' (0…1) of its context"),
        Setting("reward.favorite", "0", "what a favorite earns"),
        Setting("reward.cart", "0", "what putting into the cart earns"),
        Setting("reward.purchase", "0", "what a purchase earns"),
        Setting("reward.share", "0", "what sharing earns"),
        Setting("reward.hide", "0", "what hiding earns; usually below 0"),
        Setting("reward.limit", "1", "the most that one slot earns"),
    ]
}
