internal import MarqueeRuntime

/// A made-up world of news, video and ads whose truth is known: who looks at what, clicks on it, stays, and why.
///
///     let world = MediaWorld(.init(people: 400, visits: 12))
///     let log = world.simulate()                     // what a policy showed, and what came of it
///     var visits = world.visits()                    // or answer the same people oneself
///     while let requests = visits.next() { visits.answer(requests.map(slate)) }
///
/// In a request at time t, person p examines what stands at position k with a probability that position and layout
/// give, and clicks on an examined item i with probability σ(f),
///
///     f = base + offset_d + taste·⟨z_pd(t), w_i⟩ + style·⟨u_pd, s_i⟩/2 + quality·q_i + intent·w_i[g] + context
///         + contagion·exp(−Δ/τ) − fatigue·n − fading·age
///
/// - z_pd: the person's taste for 16 topics in domain d, standard normal, drifting from day to day; between two domains
///   it correlates by ``Config/correlation``, and the rest is private. w_i, of unit length, are the item's one or two
///   topics, which its tags name.
/// - u_pd, s_i: what tags do not tell; news have no style, so that there only the content is known of a new item.
/// - g: what the person is after now, a topic kept within a session and lost over days.
/// - context: topics by region and part of the day, domains by device.
/// - Δ: since a friend clicked on it, as of the last full hour. n: how often it was shown to the person before. age: of
///   news, in hours, counted in half-lives.
///
/// Setting a mechanism's number to 0 takes it out of the world. Documentation/MediaWorld.md lists all of them.
///
/// Every number is a function of the seed and what it is for, so the world is the same whatever the number of workers.
public struct MediaWorld: Sendable {
    public let config: Config
    /// News, then videos, then ads, each in the order in which they are published.
    public let items: [Item]
    public let people: [Person]
    /// By person: friends, ascending; mutual.
    public let friends: [[Int32]]
    /// By circle, then day: what its people have in common of their tastes.
    let circleTastes: [SIMD16<Float>]
    let effects: ContextEffects

    /// Makes people and items; what they do comes with ``simulate(on:progress:)`` and ``visits(on:)``.
    /// O(people + items).
    public init(_ config: Config) {
        self.config = config
        items = MediaItemMaker(config).items()
        let circles = Circles(people: config.people, seed: config.seed)
        friends = circles.friends
        people = (0..<config.people).map { Person($0, circle: circles.circle[$0], config) }
        circleTastes = circles.tastes(days: config.days, remaining: config.remaining)
        effects = ContextEffects(seed: config.seed, strength: config.context)
    }

    /// When the world begins: Monday, 2 March 2026, 0:00 UTC.
    public static let start = CivilDate(year: 2026, month: 3, day: 2).milliseconds
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 24 * hour
    public var end: Int64 { Self.start + Int64(config.days) * Self.day }
    /// What lies before is to learn from, what lies from it to ``testStart`` to choose by.
    public var validationStart: Int64 { testStart - Int64(config.validationDays) * Self.day }
    public var testStart: Int64 { end - Int64(config.testDays) * Self.day }

    /// What is offered: news, videos, ads.
    public enum Domain: Int, Sendable, CaseIterable, Codable {
        case news, video, ad

        public var name: String { ["news", "video", "ad"][rawValue] }
        /// What its log-odds of a click have beside ``Config/base``.
        var offset: Float { [0, -0.2, -1.2][rawValue] }
        /// How often a request is for it.
        var share: Double { [0.5, 0.35, 0.15][rawValue] }
    }

    /// The 16 topics that all domains share.
    public static let topics = MediaWords.topics.map(\.name)
    public static let devices = ["mobile", "desktop", "tablet"]
    public static let regions = ["north", "south", "east", "west", "center", "islands"]

    /// What is offered, with what only the world knows of it.
    public struct Item: Sendable, Equatable {
        public let domain: Domain
        /// Its topic, and a second one that counts less; -1 where there is none.
        public let first, second: Int8
        /// The appeal that everybody sees, and what no tag tells; standard normal. Styles of news are 0.
        public let quality: Float
        public let style: SIMD4<Float>
        /// Offered from … until before; milliseconds since 1970.
        public let published, expires: Int64
        /// Of a video, in milliseconds; else 0.
        public let length: Int32

        /// What the topics count: w_i.
        @inline(__always) var weights: (Float, Float) { second < 0 ? (1, 0) : (0.8, 0.6) }

        /// ⟨v, w_i⟩
        @inline(__always) func match(_ vector: SIMD16<Float>) -> Float {
            second < 0 ? vector[Int(first)] : 0.8 * vector[Int(first)] + 0.6 * vector[Int(second)]
        }

        /// w_i[topic]
        @inline(__always) func weight(of topic: Int) -> Float {
            topic == Int(first) ? (second < 0 ? 1 : 0.8) : topic == Int(second) ? 0.6 : 0
        }
    }

    /// Somebody, as far as they stay the same.
    public struct Person: Sendable, Equatable {
        public let circle: Int
        public let region: Int
        /// Used four times of five.
        public let device: Int
        /// A domain that they do not come to before the test begins.
        public let coldDomain: Domain?
        /// Between visits, in days.
        public let meanGap: Double
        /// u_pd of videos and of ads.
        public let videoStyle, adStyle: SIMD4<Float>

        func style(_ domain: Domain) -> SIMD4<Float> {
            switch domain {
            case .news: SIMD4()
            case .video: videoStyle
            case .ad: adStyle
            }
        }

        init(_ person: Int, circle: Int, _ config: Config) {
            self.circle = circle
            var random = RandomStream(seed: config.seed, "media person", person)
            region = Int(random.nextUnit() * Double(MediaWorld.regions.count))
            let unit = random.nextUnit()
            device = unit < 0.6 ? 0 : unit < 0.9 ? 1 : 2
            let cold = random.nextUnit()
            coldDomain = cold < config.cold / 2 ? .news : cold < config.cold ? .video : nil
            // Log-normal over people, so that few come often; its mean of visits is what was asked for.
            let spread = 0.7
            let rate =
                config.visits / Double(config.days) * (spread * random.normalPair().0 - spread * spread / 2).exponential
            meanGap = 1 / min(8, max(rate, 0.02))
            videoStyle = random.nextNormals()
            adStyle = random.nextNormals()
        }
    }
}

extension RandomStream {
    fileprivate mutating func nextNormals() -> SIMD4<Float> {
        let (a, b) = (normalPair(), normalPair())
        return SIMD4(Float(a.0), Float(a.1), Float(b.0), Float(b.1))
    }
}
