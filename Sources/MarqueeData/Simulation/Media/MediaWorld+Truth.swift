internal import MarqueeRuntime

extension MediaWorld {
    /// Where answers are shown, which decides how far down they are examined.
    public enum Layout: Int, Sendable, CaseIterable {
        /// News on a phone, one below the other; news in two columns; videos of which five are in view; ads at the side.
        case list, grid, shelf, rail

        public var name: String { ["news-list", "news-grid", "video-shelf", "ad-rail"][rawValue] }

        /// One look at an item in seconds is log-normal: its median, and the deviation of its logarithm. Fitted to
        /// 5,378 looks at news feeds in one and in several columns (Putkonen et al., ECIR 2023; 48 pixels).
        var gaze: (median: Double, deviation: Double) { self == .list ? (0.82, 1.18) : (0.49, 1.05) }

        init(_ domain: Domain, device: Int) {
            switch domain {
            case .news: self = device == 1 ? .grid : .list
            case .video: self = .shelf
            case .ad: self = .rail
            }
        }

        /// The probability that what stands at `position`, 0 being the first, is looked at.
        func examination(_ position: Int, fall: Double) -> Double {
            let k = Double(position)
            return switch self {
            case .list: 0.98 * (-0.14 * fall * k).exponential
            case .grid: 0.95 * (-0.2 * fall * (k / 2).rounded(.down)).exponential
            case .shelf: 0.95 * (-0.05 * fall * k - (position < 5 ? 0 : 0.7 * fall)).exponential
            case .rail: 0.6 * (-0.25 * fall * k).exponential
            }
        }
    }

    /// Somebody asks to be shown something: all that a ranker may know.
    public struct Request: Sendable, Equatable {
        public let person: Int
        /// Which visit of the person, and which request of it; from 0.
        public let visit, step: Int
        /// Milliseconds since 1970.
        public let time: Int64
        /// Distinct among all visits of the world.
        public let session: Int32
        /// The hour of the world in which the visit began: what is offered, what friends clicked and what is popular are as
        /// of its start.
        public let hour: Int
        public let domain: Domain
        public let device, region: Int
        /// What is offered, ascending; what the person has clicked on included.
        public let offered: [Int32]
        /// What the person has clicked on and is offered again: not to be shown.
        public let excluded: [Int32]
        /// How many items are to be shown.
        public let slate: Int

        public var layout: Layout { Layout(domain, device: device) }
        /// What can be shown, ascending.
        public var candidates: [Int32] { excluded.isEmpty ? offered : offered.filter { !excluded.contains($0) } }
        /// A number of its own, for what is drawn for it.
        var key: Int { person << 24 | visit << 6 | step }
    }

    /// A request with all that decides what will be clicked: what only the world knows.
    public struct Moment: Sendable {
        public let request: Request
        /// z_pd(t) and u_pd.
        public let taste: SIMD16<Float>
        public let style: SIMD4<Float>
        /// The topic that the person is after.
        public let intent: Int
        /// How often items were shown to the person before; 0 of those that are not named.
        public let shown: [Int32: Int32]
        /// Items that friends clicked on lately with exp(−Δ/τ).
        public let contagion: [Int32: Float]
    }

    /// The probability that position and layout let an item be examined.
    public func examination(_ position: Int, in layout: Layout) -> Double {
        layout.examination(position, fall: config.positions)
    }

    /// The true probability that an examined item is clicked on: σ(f).
    public func attraction(of item: Int32, at moment: Moment) -> Double {
        Double(Self.sigmoid(logit(of: item, at: moment)))
    }

    /// The part of f that is the person's own, and the item's: taste, style, quality, and what they are after.
    public func preference(for item: Int32, at moment: Moment) -> Float {
        wish(for: item, taste: moment.taste, style: moment.style, intent: moment.intent)
    }

    /// f, the log-odds of ``attraction(of:at:)``.
    public func logit(of item: Int32, at moment: Moment) -> Float {
        let known = facts(
            of: item, moment.request, shown: moment.shown[item] ?? 0, contagion: moment.contagion[item] ?? 0)
        return known + preference(for: item, at: moment)
    }

    /// The true probability that an item at a position is clicked on.
    public func clickProbability(of item: Int32, position: Int, at moment: Moment) -> Double {
        examination(position, in: moment.request.layout) * attraction(of: item, at: moment)
    }

    /// The clicks to be expected of a slate, best position first.
    public func expectedClicks(_ slate: some Collection<Int32>, at moment: Moment) -> Double {
        slate.enumerated().reduce(0) { $0 + clickProbability(of: $1.element, position: $1.offset, at: moment) }
    }

    /// The slate of most expected clicks: examination falls with the position, so it is in the order of attraction.
    public func bestSlate(at moment: Moment) -> [Int32] {
        moment.request.candidates.map { (logit(of: $0, at: moment), $0) }.sorted { ($1.0, $0.1) < ($0.0, $1.1) }
            .prefix(moment.request.slate).map(\.1)
    }

    /// The part of f that a log tells: base, context, age, what was shown, what friends clicked.
    func facts(of item: Int32, _ request: Request, shown: Int32, contagion: Float) -> Float {
        let entry = items[Int(item)]
        let part = Int((request.time - Self.start) / Self.hour % 24 / 6)
        var logit =
            config.base + entry.domain.offset + entry.match(effects.regions[request.region] + effects.dayParts[part])
        logit += effects.devices[request.device * Domain.allCases.count + entry.domain.rawValue]
        logit += config.contagion * contagion - config.fatigue * Float(shown)
        if entry.domain == .news {
            logit -= config.fading * Float(request.time - entry.published) / Float(6 * Self.hour)
        }
        return logit
    }

    /// The part of f that no log tells.
    @inline(__always)
    func wish(for item: Int32, taste: SIMD16<Float>, style: SIMD4<Float>, intent: Int) -> Float {
        let entry = items[Int(item)]
        return config.taste * entry.match(taste) + config.style * 0.5 * (style * entry.style).sum()
            + config.quality * entry.quality + config.intent * entry.weight(of: intent)
    }

    /// z_pd of a day for each domain: √correlation of what the person has in all domains, which in turn is √homophily
    /// of what their circle has.
    func tastes(of person: Int, day: Int, _ own: inout PersonalTastes) -> [SIMD16<Float>] {
        let (shared, circle) = (config.correlation.squareRoot(), config.homophily.squareRoot())
        let day = min(day, config.days - 1)
        let common =
            circle * circleTastes[people[person].circle * config.days + day]
            + (1 - config.homophily).squareRoot() * own.common.at(day)
        return own.privates.indices.map {
            shared * common + (1 - config.correlation).squareRoot() * own.privates[$0].at(day)
        }
    }

    /// A person's taste for each topic in a domain at a time.
    public func taste(of person: Int, in domain: Domain, at time: Int64) -> SIMD16<Float> {
        var own = PersonalTastes(person, config)
        return tastes(of: person, day: day(of: time), &own)[domain.rawValue]
    }

    func day(of time: Int64) -> Int { Int((time - Self.start) / Self.day) }

    @inline(__always) static func sigmoid(_ x: Float) -> Float { Float(1 / (1 + (-Double(x)).exponential)) }
}

/// What of a person's tastes is their own: in common to all domains, and in each.
struct PersonalTastes: Sendable {
    var common: DriftingTaste
    var privates: [DriftingTaste]

    init(_ person: Int, _ config: MediaWorld.Config) {
        func drifting(_ part: Int) -> DriftingTaste {
            DriftingTaste(
                RandomStream(seed: config.seed, "media taste", 4 * person + part), remaining: config.remaining)
        }
        common = drifting(0)
        privates = MediaWorld.Domain.allCases.map { drifting(1 + $0.rawValue) }
    }
}
