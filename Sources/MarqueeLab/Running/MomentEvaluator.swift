internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels
internal import MarqueeRuntime

/// Judges models at moments of the media world's test days: each ranks what is offered to a person then, knowing what was
/// logged before, and its first items are worth the clicks that the world's truth expects of them.
///
/// A person's figure is the mean over their moments. Slices are means over moments: by domain, by how much is known of the
/// person there, and of people who never came to a domain before the test.
struct MomentEvaluator: Sendable {
    let log: MediaLog
    let `protocol`: EvaluationProtocol
    /// Those who are asked for, ascending.
    private let people: [Int32]
    /// By moment: how often the person had clicked in its domain before.
    private let known: [Int]
    private static let metric = Metric(.clickThrough)

    init(_ log: MediaLog) {
        self.log = log
        people = Set(log.test.map { Int32($0.truth.request.person) }).sorted()
        let (impressions, items) = (log.impressions, log.world.items)
        known = log.test.map { moment in
            let domain = moment.truth.request.domain
            return impressions.history(of: moment.impression).items.count { items[Int($0)].domain == domain }
        }
        var digest = Digest()
        for moment in log.test {
            digest.add(UInt64(moment.impression))
            for item in moment.truth.request.candidates { digest.add(UInt64(item)) }
        }
        `protocol` = EvaluationProtocol(
            candidates: "offered", moments: log.test.count, users: people.count, digest: digest.text)
    }

    /// - Throws: `Interrupted`.
    func evaluate(
        _ model: any Recommender, pool: WorkerPool, progress: any ProgressObserver
    ) throws -> FitRecord.ProtocolResult {
        let rates = try rates(model, pool: pool)
        var sums: [Int32: (sum: Double, count: Double)] = [:]
        for (moment, rate) in zip(log.test, rates) {
            let person = Int32(moment.truth.request.person)
            let before = sums[person] ?? (0, 0)
            sums[person] = (before.sum + rate, before.count + 1)
        }
        let result = EvaluationResult(
            protocol: `protocol`, metrics: [Self.metric], users: people,
            values: [people.map { person in sums[person].map { $0.sum / $0.count } ?? 0 }])
        return .init(result: result, slices: slices(rates))
    }

    private func rates(_ model: any Recommender, pool: WorkerPool) throws -> [Double] {
        func asked(_ scorer: some HistoryScorer) throws -> ClickThrough {
            try log.clickThrough(at: log.test, on: pool) { scorer.scores(query($0)) }
        }
        if let scorer = model.historyScorer { return try asked(scorer).rates }
        return try log.clickThrough(at: log.test, on: pool) { moment in
            let request = moment.truth.request
            return model.scores(user: Int32(request.person), candidates: request.candidates)
        }.rates
    }

    /// What is known at a moment, and what is offered.
    private func query(_ moment: MediaLog.JudgedMoment) -> Query {
        Query(
            user: Int32(moment.truth.request.person), history: log.impressions.history(of: moment.impression),
            context: log.impressions.context(of: moment.impression), candidates: moment.truth.request.candidates)
    }

    private func slices(_ rates: [Double]) -> [SliceResult] {
        func slice(_ name: String, _ isIncluded: (Int) -> Bool) -> SliceResult {
            let own = rates.indices.filter(isIncluded)
            let mean = own.reduce(0) { $0 + rates[$1] } / Double(max(1, own.count))
            return SliceResult(
                name: name, users: Set(own.map { log.test[$0].truth.request.person }).count,
                means: own.isEmpty ? [:] : [Self.metric.description: mean])
        }
        let requests = log.test.map(\.truth.request)
        let domains = MediaWorld.Domain.allCases.map { domain in
            slice("domain: \(domain.name)") { requests[$0].domain == domain }
        }
        let cold = slice("cold-start: never there before the test") {
            log.world.people[requests[$0].person].coldDomain == requests[$0].domain
        }
        let edges = [0, 1, 5, 20]
        let bands = edges.enumerated().map { index, lower in
            let upper = index + 1 < edges.count ? edges[index + 1] - 1 : Int.max
            let among = upper == .max ? "from \(lower)" : lower == upper ? "\(lower)" : "\(lower)–\(upper)"
            return slice("domain-interactions: \(among) clicks in the domain before") {
                (lower...upper).contains(known[$0])
            }
        }
        return domains + [cold] + bands
    }
}
