internal import MarqueeRuntime

/// The second ceiling: what somebody who knows the world's numbers, but sees only the log, can know of a click.
///
/// It reads the log in order of time and keeps what it believes: of every person a normal distribution over tastes in all
/// domains and styles, and a distribution over the 16 topics that they may be after; of every item one over quality and
/// style. What happens is taken in by assumed-density filtering: of each item that was shown, a Newton step on the logarithm
/// of p(click) = e · σ(f), f linear in what is believed (of style, at the mean of the other side), the prior being what was
/// believed before; what is believed of people and of items is taken as independent. Between days tastes move as the
/// world's do. Base, context, age, fatigue, contagion and examination are known exactly, for the log tells them; where gaze
/// was seen, so is what was examined; dwell is a normal observation of taste.
///
/// It is an approximation of the posterior, not the posterior: what friends have in common is left out, and so is what
/// items say of each other through their styles' covariance. No ranking is tried on the moments it is judged at.
///
/// O(shown · d²) with d = 16 · 3 + 2 · 4 = 56.
struct InformedFilter {
    private let world: MediaWorld
    private let prior: NormalBelief
    private var people: [NormalBelief?]
    private var topics: [TopicBelief]
    private var items: [ItemBelief]
    private var exposure: MediaExposure

    /// What a person may be after: a probability by topic.
    private struct TopicBelief {
        var weights = SIMD16<Double>(repeating: 1.0 / 16)
        var session: Int32 = -1
        /// In which the visit began.
        var hour = 0
        var lastVisit: Int64 = 0
    }

    /// Of an item: quality, then four of style, each normal by itself.
    private struct ItemBelief {
        var quality: (mean: Float, variance: Float) = (0, 1)
        var style = SIMD4<Float>()
        var variance = SIMD4<Float>(repeating: 1)
    }

    init(_ world: MediaWorld) {
        self.world = world
        prior = NormalBelief(correlation: world.config.correlation)
        people = Array(repeating: nil, count: world.people.count)
        topics = Array(repeating: TopicBelief(), count: world.people.count)
        items = Array(repeating: ItemBelief(), count: world.items.count)
        exposure = MediaExposure(world)
    }

    /// The expected attraction of each candidate of each moment, as of then.
    mutating func attractions(_ log: MediaLog, at moments: [MediaLog.JudgedMoment]) throws -> [[Double]] {
        var result: [[Double]] = []
        var next = 0
        for impression in 0..<log.impressions.count {
            if impression % 1024 == 0 { try Interruption.check() }
            let request = Asked(log, impression, topics)
            begin(request)
            while next < moments.count, moments[next].impression == impression {
                let truth = moments[next].truth.request
                result.append(truth.candidates.map { attraction(of: $0, truth) })
                next += 1
            }
            learn(log, impression, request)
        }
        return result
    }

    /// What the log tells of a request.
    private struct Asked {
        let request: MediaWorld.Request

        /// - Parameter visit: what is believed of the person up to then.
        init(_ log: MediaLog, _ impression: Int, _ visits: [TopicBelief]) {
            let rows = log.impressions
            let visit = visits[Int(rows.users[impression])]
            let isNew = visit.session != rows.sessions[impression]
            let layout = MediaWorld.Layout(rawValue: Int(rows.pages.codes[impression])) ?? .list
            let domain: MediaWorld.Domain =
                switch layout {
                case .list, .grid: .news
                case .shelf: .video
                case .rail: .ad
                }
            request = MediaWorld.Request(
                person: Int(rows.users[impression]), visit: 0, step: 0, time: rows.timestamps[impression],
                session: rows.sessions[impression],
                hour: isNew
                    ? Int((rows.timestamps[impression] - MediaWorld.start) / MediaWorld.hour) : visit.hour,
                domain: domain, device: Int(rows.devices.codes[impression]),
                region: Int(rows.regions.codes[impression]), offered: [], excluded: [], slate: 0)
        }
    }

    // MARK: Belief before

    /// Moves what is believed of a person to the time of a request.
    private mutating func begin(_ asked: Asked) {
        let request = asked.request
        let day = world.day(of: request.time)
        var belief = people[request.person] ?? prior
        belief.advance(to: day, remaining: world.config.remaining, prior: prior)
        people[request.person] = belief
        guard topics[request.person].session != request.session else { return }
        let fresh = MediaWorld.intentWeights(MediaWorld.Domain.allCases.map { belief.taste($0) })
        let gap = Double(request.time - topics[request.person].lastVisit) / Double(MediaWorld.hour)
        let kept = topics[request.person].session < 0 ? 0 : (-gap / world.config.intentHours).exponential
        topics[request.person].weights =
            kept * topics[request.person].weights + (1 - kept) * (fresh / fresh.sum())
        topics[request.person].session = request.session
        topics[request.person].hour = request.hour
    }

    /// f of an item without what the person is after, and its variance.
    private func belief(of item: Int32, _ request: MediaWorld.Request, known: Float) -> (mean: Float, variance: Float) {
        guard let person = people[request.person] else { return (known, 0) }
        let (config, entry, own) = (world.config, world.items[Int(item)], items[Int(item)])
        let gradient = NormalBelief.Gradient(entry, taste: config.taste, style: config.style * 0.5 * own.style)
        let mean = known + person.mean(gradient) + config.quality * own.quality.mean
        var variance = person.variance(gradient) + config.quality * config.quality * own.quality.variance
        if entry.domain != .news {
            let style = person.style(entry.domain)
            let scale = config.style * config.style * 0.25
            variance += scale * (own.variance * (style.mean * style.mean + style.variance)).sum()
        }
        return (mean, variance)
    }

    private func known(_ item: Int32, _ request: MediaWorld.Request, _ friends: [(item: Int32, strength: Float)])
        -> Float
    {
        world.facts(
            of: item, request, shown: exposure.shown[request.person][item] ?? 0,
            contagion: friends.first { $0.item == item }?.strength ?? 0)
    }

    /// E σ(f) over what is believed: over what the person is after exactly, over the rest by MacKay's approximation
    /// σ(m / √(1 + π v/8)) (Neural Computation 1992).
    private func attraction(of item: Int32, _ request: MediaWorld.Request) -> Double {
        let friends = exposure.contagion(of: request)
        let (mean, variance) = belief(of: item, request, known: known(item, request, friends))
        let scale = 1 / (1 + Float.pi * variance / 8).squareRoot()
        let entry = world.items[Int(item)]
        let weights = topics[request.person].weights
        var (sum, rest) = (0.0, 1.0)
        for topic in [entry.first, entry.second] where topic >= 0 {
            let p = weights[Int(topic)]
            rest -= p
            sum += p * Double(MediaWorld.sigmoid(scale * (mean + world.config.intent * entry.weight(of: Int(topic)))))
        }
        return sum + max(0, rest) * Double(MediaWorld.sigmoid(scale * mean))
    }

    // MARK: Belief after

    private mutating func learn(_ log: MediaLog, _ impression: Int, _ asked: Asked) {
        let (request, config, rows) = (asked.request, world.config, log.impressions.candidates(of: impression))
        let friends = exposure.contagion(of: request)
        let seen = rows.map { row -> (item: Int32, examined: Float, isClicked: Bool, known: Float) in
            let item = log.impressions.items[row]
            let position = row - rows.lowerBound
            let examined =
                log.gaze[row] < 0 ? Float(world.examination(position, in: request.layout)) : log.gaze[row] > 0 ? 1 : 0
            return (item, examined, log.impressions.clicked[row], known(item, request, friends))
        }
        // What the person is after: the likelihood of the whole slate under each topic.
        var logs = SIMD16<Double>()
        for shown in seen where shown.examined > 0 {
            let (mean, variance) = belief(of: shown.item, request, known: shown.known)
            let scale = 1 / (1 + Float.pi * variance / 8).squareRoot()
            let entry = world.items[Int(shown.item)]
            func likelihood(_ logit: Float) -> Double {
                let p = Double(shown.examined * MediaWorld.sigmoid(scale * logit))
                return shown.isClicked ? p : 1 - p
            }
            let without = likelihood(mean)
            for topic in [entry.first, entry.second] where topic >= 0 {
                let with = likelihood(mean + config.intent * entry.weight(of: Int(topic)))
                logs[Int(topic)] += (max(with, 1e-9) / max(without, 1e-9)).logarithm
            }
        }
        var weights = topics[request.person].weights
        for topic in 0..<16 { weights[topic] *= logs[topic].exponential }
        topics[request.person].weights = weights / max(weights.sum(), 1e-300)
        topics[request.person].lastVisit = request.time
        for (place, row) in rows.enumerated() {
            update(seen[place], request, dwell: log.impressions.dwell[row], completion: log.completion[row])
        }
        for row in rows {
            exposure.add(
                person: request.person, item: log.impressions.items[row], time: request.time,
                isClicked: log.impressions.clicked[row])
        }
    }

    /// One Newton step for an item that was shown, then the dwell after a click.
    private mutating func update(
        _ shown: (item: Int32, examined: Float, isClicked: Bool, known: Float), _ request: MediaWorld.Request,
        dwell: Int32, completion: Float
    ) {
        guard shown.examined > 0, var person = people[request.person] else { return }
        let (config, entry) = (world.config, world.items[Int(shown.item)])
        var own = items[Int(shown.item)]
        let (mean, variance) = belief(of: shown.item, request, known: shown.known)
        let weights = topics[request.person].weights
        var after: Float = 0
        for topic in [entry.first, entry.second] where topic >= 0 {
            after += config.intent * entry.weight(of: Int(topic)) * Float(weights[Int(topic)])
        }
        // d log p / df and −d² log p / df² at the mean.
        let s = MediaWorld.sigmoid(mean + after)
        let (slope, curvature): (Float, Float)
        if shown.isClicked {
            (slope, curvature) = (1 - s, s * (1 - s))
        } else {
            let e = shown.examined
            let none = max(1 - e * s, 1e-4)
            slope = -e * s * (1 - s) / none
            curvature = max(1e-4, e * s * (1 - s) * ((1 - 2 * s) * none + e * s * (1 - s)) / (none * none))
        }
        let step = slope / (1 + curvature * variance)
        let shrink = curvature / (1 + curvature * variance)
        let gradient = NormalBelief.Gradient(entry, taste: config.taste, style: config.style * 0.5 * own.style)
        let style = person.style(entry.domain)
        person.update(gradient, step: step, shrink: shrink)
        let pull = config.quality * own.quality.variance
        own.quality.mean += pull * step
        own.quality.variance -= pull * pull * shrink
        if entry.domain != .news {
            let pulls = config.style * 0.5 * style.mean * own.variance
            own.style += pulls * step
            own.variance -= pulls * pulls * shrink
        }
        if shown.isClicked, dwell > 0, config.dwell > 0 {
            // log of dwell over its median, or the logit of completion: dwell · ⟨z, w⟩ and a standard normal number.
            let observed: Float =
                entry.domain == .video
                ? Self.logit(completion)
                : Float((Double(dwell) / (entry.domain == .news ? 25_000 : 8_000)).logarithm)
            let gradient = NormalBelief.Gradient(entry, taste: config.dwell, style: SIMD4())
            let variance = person.variance(gradient)
            person.update(
                gradient, step: (observed - person.mean(gradient)) / (1 + variance), shrink: 1 / (1 + variance))
        }
        people[request.person] = person
        items[Int(shown.item)] = own
    }

    private static func logit(_ p: Float) -> Float {
        let p = Double(min(max(p, 1e-6), 1 - 1e-6))
        return Float((p / (1 - p)).logarithm)
    }
}

/// A normal distribution over a person's tastes, 16 topics by 3 domains, and styles, 4 by 2 domains.
private struct NormalBelief {
    static let tastes = 48
    static let size = 56
    private(set) var mean: [Float]
    /// Row-major, symmetric.
    private(set) var covariance: [Float]
    private var day = 0

    init(correlation: Float) {
        mean = Array(repeating: 0, count: Self.size)
        covariance = Array(repeating: 0, count: Self.size * Self.size)
        for row in 0..<Self.size {
            covariance[row * Self.size + row] = 1
            guard row < Self.tastes else { continue }
            for domain in 0..<3 where domain != row / 16 {
                covariance[row * Self.size + domain * 16 + row % 16] = correlation
            }
        }
    }

    /// What an item reads of a person: at most two topics and four of style.
    struct Gradient {
        var places: [Int] = []
        var values: [Float] = []

        init(_ item: MediaWorld.Item, taste: Float, style: SIMD4<Float>) {
            let (first, second) = item.weights
            places.append(item.domain.rawValue * 16 + Int(item.first))
            values.append(taste * first)
            if item.second >= 0 {
                places.append(item.domain.rawValue * 16 + Int(item.second))
                values.append(taste * second)
            }
            guard item.domain != .news, style != SIMD4() else { return }
            for j in 0..<4 {
                places.append(NormalBelief.tastes + (item.domain.rawValue - 1) * 4 + j)
                values.append(style[j])
            }
        }
    }

    func taste(_ domain: MediaWorld.Domain) -> SIMD16<Float> {
        var vector = SIMD16<Float>()
        for topic in 0..<16 { vector[topic] = mean[domain.rawValue * 16 + topic] }
        return vector
    }

    func style(_ domain: MediaWorld.Domain) -> (mean: SIMD4<Float>, variance: SIMD4<Float>) {
        guard domain != .news else { return (SIMD4(), SIMD4()) }
        var (values, variances) = (SIMD4<Float>(), SIMD4<Float>())
        for j in 0..<4 {
            let place = Self.tastes + (domain.rawValue - 1) * 4 + j
            values[j] = mean[place]
            variances[j] = covariance[place * Self.size + place]
        }
        return (values, variances)
    }

    func mean(_ gradient: Gradient) -> Float {
        zip(gradient.places, gradient.values).reduce(0) { $0 + mean[$1.0] * $1.1 }
    }

    func variance(_ gradient: Gradient) -> Float {
        var sum: Float = 0
        for (a, x) in zip(gradient.places, gradient.values) {
            for (b, y) in zip(gradient.places, gradient.values) { sum += x * y * covariance[a * Self.size + b] }
        }
        return max(0, sum)
    }

    /// m + step · P g, and P − shrink · (P g)(P g)ᵀ.
    mutating func update(_ gradient: Gradient, step: Float, shrink: Float) {
        let size = Self.size
        withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { pull in
            pull.initialize(repeating: 0)
            covariance.withUnsafeMutableBufferPointer { covariance in
                for (place, value) in zip(gradient.places, gradient.values) {
                    for row in 0..<size { pull[row] += value * covariance[place * size + row] }
                }
                for row in 0..<size {
                    let factor = shrink * pull[row]
                    for column in 0..<size { covariance[row * size + column] -= factor * pull[column] }
                }
            }
            for row in 0..<size { mean[row] += step * pull[row] }
        }
    }

    /// To a later day: tastes keep a share of themselves, and what they lose is made up by what everybody starts with.
    mutating func advance(to day: Int, remaining: Float, prior: NormalBelief) {
        guard day > self.day else { return }
        var kept: Float = 1
        for _ in self.day..<day { kept *= remaining }
        self.day = day
        guard kept < 1 else { return }
        let size = Self.size
        for row in 0..<size {
            let ofRow: Float = row < Self.tastes ? kept : 1
            mean[row] *= ofRow
            for column in 0..<size {
                let both = ofRow * (column < Self.tastes ? kept : 1)
                let fresh = row < Self.tastes && column < Self.tastes ? 1 - kept * kept : 0
                covariance[row * size + column] =
                    both * covariance[row * size + column] + fresh * prior.covariance[row * size + column]
            }
        }
    }
}
