public import MarqueeRuntime

extension MediaWorld {
    /// The people of the world in their days, ready to be shown something.
    public func visits(on pool: WorkerPool = .shared) -> MediaVisits { MediaVisits(self, pool: pool) }
}

/// Everybody's visits, hour by hour: who comes, what they ask for, and what they do with what they are shown. A logging
/// policy, a ranker, or a server stands on the other side.
///
///     var visits = world.visits()
///     while let requests = visits.next() {
///         let slates = requests.map { request in … }      // at once, or one after the other
///         let feedback = visits.answer(slates)
///     }
///
/// When people come and what they ask for is the same whatever they are shown; equal slates get equal feedback. A friend
/// sees a click, and a policy may count it, from the next full hour on, so that requests of one call need no order.
public struct MediaVisits: Sendable {
    public let world: MediaWorld
    private let pool: WorkerPool
    private var people: [Visitor]
    private var exposure: MediaExposure
    /// By hour of the world: who comes.
    private var comers: [[Int32]]
    private var hour = -1
    /// By domain: what is offered in this hour.
    private var offered: [[Int32]] = []
    /// Those who are here with requests left.
    private var present: [Int32] = []
    /// What was handed out and not answered yet.
    private var asked: [MediaWorld.Request] = []

    /// What came of an item that was shown.
    public struct Reaction: Sendable, Equatable {
        public var isClicked = false
        /// Milliseconds spent with it after a click; -1 without one.
        public var dwell: Int32 = -1
        /// The share of a video that was watched after a click; NaN of anything else.
        public var completion: Float = .nan
        /// Milliseconds that it was looked at in the list, 0 when it was not; -1 where no gaze was seen.
        public var gaze: Int32 = -1
    }

    /// Somebody with what changes of them.
    private struct Visitor: Sendable {
        var tastes: PersonalTastes
        var random: RandomStream
        /// Days of activity since the start; see ``time(of:)``.
        var clock: Double
        var visit = -1
        var session: Int32 = -1
        var step = 0
        var steps = 0
        var time: Int64 = 0
        var lastVisit: Int64 = 0
        var device = 0
        var intent = -1
        var domain: MediaWorld.Domain?
        /// Of this visit, by domain.
        var taste: [SIMD16<Float>] = []
    }

    fileprivate init(_ world: MediaWorld, pool: WorkerPool) {
        self.world = world
        self.pool = pool
        exposure = MediaExposure(world)
        comers = Array(repeating: [], count: world.config.days * 24)
        people = world.people.indices.map { person in
            var random = RandomStream(seed: world.config.seed, "media visits", person)
            let first = world.people[person].meanGap * random.nextUnit()
            return Visitor(
                tastes: PersonalTastes(person, world.config), random: random, clock: min(first, first.squareRoot() * 3))
        }
        for person in people.indices { enqueue(Int32(person)) }
    }

    /// The requests of people who wait now, one of each, ascending by person; nil when all days are over.
    /// - Precondition: those before were answered.
    public mutating func next() -> [MediaWorld.Request]? {
        precondition(asked.isEmpty, "answer what was asked first")
        while present.isEmpty {
            hour += 1
            guard hour < comers.count else { return nil }
            offered = world.offered(hour: hour)
            present = comers[hour].sorted()
            comers[hour] = []
            for person in present { begin(Int(person)) }
        }
        asked = requests()
        for (place, person) in present.enumerated() { people[Int(person)].domain = asked[place].domain }
        return asked
    }

    /// What people do with the slates that they are shown, in the order of the requests: an item's reaction each. What is
    /// not offered, or is excluded, is passed over.
    /// - Precondition: as many slates as requests.
    @discardableResult
    public mutating func answer(_ slates: [[Int32]]) -> [[Reaction]] {
        precondition(slates.count == asked.count, "every request has a slate")
        let reactions = reactions(to: slates)
        for (place, request) in asked.enumerated() {
            for (position, item) in slates[place].enumerated() {
                exposure.add(
                    person: request.person, item: item, time: request.time,
                    isClicked: reactions[place][position].isClicked)
            }
        }
        asked = []
        var staying: [Int32] = []
        for person in present {
            let index = Int(person)
            people[index].step += 1
            if people[index].step < people[index].steps {
                people[index].time += Int64(1000 * (25 + 60 * people[index].random.exponential()))
                staying.append(person)
            } else {
                leave(index)
            }
        }
        present = staying
        return reactions
    }

    /// A request that waits for its answer, with the truth of its moment.
    public func moment(_ request: MediaWorld.Request) -> MediaWorld.Moment {
        let visitor = people[request.person]
        var shown: [Int32: Int32] = [:]
        let items = world.items(of: request.domain)
        for (item, count) in exposure.shown[request.person] where items.contains(Int(item)) { shown[item] = count }
        let friends = exposure.contagion(of: request)
        return MediaWorld.Moment(
            request: request, taste: visitor.taste[request.domain.rawValue],
            style: world.people[request.person].style(request.domain), intent: visitor.intent, shown: shown,
            contagion: Dictionary(friends.map { ($0.item, $0.strength) }) { first, _ in first })
    }

    // MARK: Coming and going

    /// Puts the person's next visit into its hour, if the world lasts so long.
    private mutating func enqueue(_ person: Int32) {
        let time = Self.time(of: people[Int(person)].clock)
        let hour = Int((time - MediaWorld.start) / MediaWorld.hour)
        if hour < comers.count { comers[hour].append(person) }
    }

    /// Days of activity as time: within a day the clock runs fast where many are awake. Nights are quiet.
    static func time(of clock: Double) -> Int64 {
        let day = clock.rounded(.down)
        var rest = clock - day
        for (hour, share) in hours.enumerated() {
            if rest < share || hour == 23 {
                let within = min(rest / share, 0.999)
                return MediaWorld.start + Int64((day * 24 + Double(hour) + within) * Double(MediaWorld.hour))
            }
            rest -= share
        }
        return MediaWorld.start
    }

    private static let hours: [Double] = {
        let weights: [Double] = [
            1.2, 0.6, 0.3, 0.2, 0.2, 0.4, 1.2, 2.5, 3.5, 3.5, 3.2, 3.2, 4, 3.8, 3, 3, 3.2, 3.8, 4.5, 5.2, 5.8, 5.5, 4.2,
            2.4,
        ]
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }()

    private mutating func begin(_ person: Int) {
        var visitor = people[person]
        visitor.visit += 1
        visitor.session = Int32(truncatingIfNeeded: person * 512 + visitor.visit)
        visitor.time = Self.time(of: visitor.clock)
        visitor.step = 0
        visitor.domain = nil
        // Geometric with mean 2.8, at most sixteen.
        visitor.steps = 1
        while visitor.steps < 16, visitor.random.nextUnit() < 1.8 / 2.8 { visitor.steps += 1 }
        let known = world.people[person]
        visitor.device =
            visitor.random.nextUnit() < 0.8
            ? known.device : Int(visitor.random.nextUnit() * Double(MediaWorld.devices.count))
        visitor.taste = world.tastes(of: person, day: world.day(of: visitor.time), &visitor.tastes)
        let gap = Double(visitor.time - visitor.lastVisit) / Double(MediaWorld.hour)
        let keeps = visitor.random.nextUnit() < (-gap / world.config.intentHours).exponential
        let draw = visitor.random.nextUnit()
        if visitor.intent < 0 || !keeps { visitor.intent = world.intent(visitor.taste, draw) }
        people[person] = visitor
    }

    private mutating func leave(_ person: Int) {
        people[person].lastVisit = people[person].time
        // A log-normal gap with a heavy tail: half are below 0.4 of the mean.
        let spread = 1.35
        let normal = people[person].random.normalPair().0
        people[person].clock +=
            max(0.05, world.people[person].meanGap * (spread * normal - spread * spread / 2).exponential)
        enqueue(Int32(person))
    }

    private func requests() -> [MediaWorld.Request] { pool.mapChunks(present.count) { request(of: Int(present[$0])) } }

    private func request(of person: Int) -> MediaWorld.Request {
        let visitor = people[person]
        let stream = RandomStream(
            seed: world.config.seed, "media domain", person << 24 | visitor.visit << 6 | visitor.step)
        let known = world.people[person]
        var domain = visitor.domain ?? .news
        if visitor.domain == nil || stream.unit(at: 0) >= 0.5 {
            let closed = visitor.time < world.testStart ? known.coldDomain : nil
            let shares = MediaWorld.Domain.allCases.map { $0 == closed ? 0 : $0.share }
            var rest = stream.unit(at: 1) * shares.reduce(0, +)
            domain = MediaWorld.Domain.allCases.last { $0 != closed } ?? .ad
            for (index, share) in shares.enumerated() {
                if rest < share {
                    domain = MediaWorld.Domain.allCases[index]
                    break
                }
                rest -= share
            }
        }
        let offered = offered[domain.rawValue]
        return MediaWorld.Request(
            person: person, visit: visitor.visit, step: visitor.step, time: visitor.time, session: visitor.session,
            hour: hour, domain: domain, device: visitor.device, region: known.region, offered: offered,
            excluded: exposure.clicked(person, of: offered),
            slate: domain == .ad ? min(4, world.config.slate) : world.config.slate)
    }

    // MARK: Reacting

    private func reactions(to slates: [[Int32]]) -> [[Reaction]] {
        pool.mapChunks(asked.count) { react(to: slates[$0], asked[$0]) }
    }

    private func react(to slate: [Int32], _ request: MediaWorld.Request) -> [Reaction] {
        let config = world.config
        let visitor = people[request.person]
        let (taste, style) = (
            visitor.taste[request.domain.rawValue], world.people[request.person].style(request.domain)
        )
        let friends = exposure.contagion(of: request)
        let stream = RandomStream(seed: config.seed, "media reactions", request.key)
        let isTracked = stream.unit(at: 0) < config.gaze
        let gaze = request.layout.gaze
        // Of normal pairs with correlation r, 1/2 + asin(r)/π are in the same order.
        let agreement = (Double.pi * (config.gazeAgreement - 0.5)).sine
        return slate.enumerated().map { position, item in
            let draws = RandomStream(key: stream[UInt64(1 + position)])
            var reaction = Reaction()
            guard request.offered.contains(sorted: item), !request.excluded.contains(item) else { return reaction }
            let isExamined = draws.unit(at: 0) < world.examination(position, in: request.layout)
            let wish = world.wish(for: item, taste: taste, style: style, intent: visitor.intent)
            let logit =
                wish
                + world.facts(
                    of: item, request, shown: exposure.shown[request.person][item] ?? 0,
                    contagion: friends.first { $0.item == item }?.strength ?? 0)
            let entry = world.items[Int(item)]
            if isTracked {
                let liking = Double(wish / MediaWorld.preferenceDeviation)
                let look = agreement * liking + (1 - agreement * agreement).squareRoot() * Double(draws.normal(at: 1))
                let seconds = gaze.median * (gaze.deviation * look).exponential
                reaction.gaze = isExamined ? Int32(max(60, min(60_000, 1000 * seconds))) : 0
            }
            guard isExamined, draws.unit(at: 4) < Double(MediaWorld.sigmoid(logit)) else { return reaction }
            reaction.isClicked = true
            let normal = Double(draws.normal(at: 3))
            let stay = Double(config.dwell * entry.match(taste)) + normal
            if entry.domain == .video {
                reaction.completion = MediaWorld.sigmoid(Float(stay))
                reaction.dwell = Int32(reaction.completion * Float(entry.length))
            } else {
                let median = entry.domain == .news ? 25_000.0 : 8_000
                reaction.dwell = Int32(min(3.6e6, median * stay.exponential))
            }
            return reaction
        }
    }
}

extension MediaWorld {
    /// About the deviation of ``preference(for:at:)`` over what is offered, at the standard numbers.
    static let preferenceDeviation: Float = 1.35

    /// What is offered in an hour, by domain, ascending: what was published before it and does not expire in it.
    func offered(hour: Int) -> [[Int32]] {
        let begin = Self.start + Int64(hour) * Self.hour
        return Domain.allCases.map { domain in
            items(of: domain).filter { items[$0].published <= begin && items[$0].expires >= begin + Self.hour }.map {
                Int32($0)
            }
        }
    }

    /// A topic to be after: likelier the more it is liked over all domains.
    func intent(_ tastes: [SIMD16<Float>], _ unit: Double) -> Int {
        let weights = Self.intentWeights(tastes)
        var rest = unit * weights.sum()
        for topic in 0..<15 {
            if rest < weights[topic] { return topic }
            rest -= weights[topic]
        }
        return 15
    }

    /// exp of the mean taste for each topic.
    static func intentWeights(_ tastes: [SIMD16<Float>]) -> SIMD16<Double> {
        let mean = tastes.reduce(SIMD16()) { $0 + $1 } / Float(tastes.count)
        var weights = SIMD16<Double>()
        for topic in 0..<16 { weights[topic] = Double(mean[topic]).exponential }
        return weights
    }
}

extension WorkerPool {
    /// The values of 0..<count in order, some at a time.
    func mapChunks<Value: Sendable>(_ count: Int, _ value: @Sendable (Int) -> Value) -> [Value] {
        let chunk = 32
        return Array(
            map((count + chunk - 1) / chunk) { part in
                (part * chunk..<min(count, (part + 1) * chunk)).map(value)
            }.joined())
    }
}
