internal import Foundation
internal import MarqueeData
public import MarqueeLive
internal import MarqueeRuntime

/// The people of a `MediaWorld` at a running server: it ranks what the world offers them, they click as the world's truth
/// has it, and the server is told by events. A closed loop of the same visits that write a log offline.
///
///     let report = try await MediaSimulation(url: "http://127.0.0.1:8080", config: .small).run { print($1) }
///
/// Days pass as fast as the server answers, and it dates what happens by its own clock: what it knows of hours and of age
/// is the run's, not the world's.
public struct MediaSimulation: Sendable {
    public let url: String
    public let key: String?
    let world: MediaWorld
    /// Questions at once.
    public var concurrency = 16

    /// - Throws: ``LiveSimulationError/tooManyOffered(_:)`` when a request would offer more than a server ranks at once;
    ///   `ConfigurationError`.
    public init(url: String, key: String? = nil, config: MediaSimulation.Config) throws {
        try config.world.validate()
        self.url = url
        self.key = key
        world = MediaWorld(config.world)
        guard config.world.videos <= RankQuery.limit, config.world.news * 2 <= RankQuery.limit else {
            throw LiveSimulationError.tooManyOffered(RankQuery.limit)
        }
    }

    /// Of the world; YAML as in an experiment's `media-world`.
    public struct Config: Sendable {
        var world: MediaWorld.Config

        /// - Throws: `ConfigurationError`.
        public init(yaml: String?, people: Int?, seed: UInt64) throws {
            let small = MediaWorld.Config.small
            world = try yaml.map { try ConfigDocument(yaml: $0, file: "--config").decode(over: small) } ?? small
            if let people { world.people = people }
            world.seed = seed
            try world.validate()
        }
    }

    /// A day of the world.
    public struct Period: Sendable, Codable {
        public var requests = 0
        public var shown = 0
        public var clicks = 0
        /// The truth's expectation of clicks over items shown: of the slates that were served, of slates in any order, and of
        /// the best there could have been.
        public var expected = 0.0
        public var random = 0.0
        public var best = 0.0

        public var clickRate: Double { shown == 0 ? 0 : Double(clicks) / Double(shown) }
    }

    public struct Report: Sendable {
        public var periods: [Period]
        public var policy: String
    }

    /// What the server's catalog has to hold: everything that the world will offer.
    public var items: [CatalogItem] {
        let catalog = world.catalog
        return world.items.indices.map { index in
            let known = catalog.items[index]
            return CatalogItem(
                id: world.id(of: Int32(index)), title: known.title, domain: known.domain, categories: known.genres,
                text: known.text)
        }
    }

    /// Runs all days.
    /// - Parameter finished: told of each day, from 0.
    /// - Throws: ``LiveSimulationError``.
    public func run(_ finished: @Sendable (Int, Period) -> Void = { _, _ in }) async throws -> Report {
        try await LiveClient.open(url: url, key: key) { try await run($0, finished) }
    }

    private func run(_ client: LiveClient, _ finished: @Sendable (Int, Period) -> Void) async throws -> Report {
        let places = Dictionary(uniqueKeysWithValues: world.items.indices.map { (world.id(of: Int32($0)), Int32($0)) })
        var visits = world.visits()
        var report = Report(periods: [], policy: "")
        while let requests = visits.next() {
            try Interruption.check()
            let moments = requests.map { visits.moment($0) }
            let answers = try await ranked(requests, client)
            let slates = answers.map { answer in answer.items.compactMap { places[$0.id] } }
            let reactions = visits.answer(slates)
            var lines = ""
            for (place, moment) in moments.enumerated() {
                let day = Int((moment.request.time - MediaWorld.start) / 86_400_000)
                while report.periods.count <= day {
                    if let last = report.periods.last { finished(report.periods.count - 1, last) }
                    report.periods.append(Period())
                }
                report.policy = answers[place].policy
                report.periods[day].add(world, moment, slates[place], reactions[place])
                lines += events(moment.request, answers[place], slates[place], reactions[place])
            }
            try await client.events(lines)
        }
        if let last = report.periods.last { finished(report.periods.count - 1, last) }
        return report
    }

    /// The server's slates for requests, some at a time.
    private func ranked(_ requests: [MediaWorld.Request], _ client: LiveClient) async throws -> [LiveClient.Answer] {
        try await withThrowingTaskGroup(of: (Int, LiveClient.Answer).self) { group in
            var answers: [LiveClient.Answer?] = Array(repeating: nil, count: requests.count)
            for (place, request) in requests.enumerated() {
                if place >= concurrency, let (done, answer) = try await group.next() { answers[done] = answer }
                group.addTask { (place, try await client.rank(self.question(request))) }
            }
            for try await (done, answer) in group { answers[done] = answer }
            return answers.compactMap(\.self)
        }
    }

    private func question(_ request: MediaWorld.Request) -> LiveClient.Question {
        LiveClient.Question(
            user: user(request), candidates: request.candidates.map { world.id(of: $0) }, n: request.slate,
            domain: request.domain.name, device: MediaWorld.devices[request.device],
            region: MediaWorld.regions[request.region], page: request.layout.name)
    }

    private func user(_ request: MediaWorld.Request) -> String { "media-\(world.config.seed)-\(request.person)" }

    private func events(
        _ request: MediaWorld.Request, _ answer: LiveClient.Answer, _ slate: [Int32],
        _ reactions: [MediaVisits.Reaction]
    ) -> String {
        var lines = ""
        for (position, (item, reaction)) in zip(slate, reactions).enumerated() {
            func add(_ type: String, _ value: Double? = nil) {
                let event = SentEvent(
                    id: "\(answer.decision)/\(position)/\(type)", user: user(request),
                    session: "media-\(world.config.seed)-\(request.session)", item: world.id(of: item), type: type,
                    value: value, device: MediaWorld.devices[request.device], decision: answer.decision,
                    position: position)
                guard let line = try? JSONEncoder().encode(event) else { return }
                lines += String(decoding: line, as: UTF8.self) + "\n"
            }
            add("impression")
            guard reaction.isClicked else { continue }
            add("click")
            add("view", Double(reaction.dwell) / 1000)
        }
        return lines
    }

    private struct SentEvent: Encodable {
        var id, user, session, item, type: String
        var value: Double?
        var device, decision: String
        var position: Int
    }
}

extension MediaSimulation.Period {
    fileprivate mutating func add(
        _ world: MediaWorld, _ moment: MediaWorld.Moment, _ slate: [Int32], _ reactions: [MediaVisits.Reaction]
    ) {
        requests += 1
        shown += slate.count
        clicks += reactions.count(where: \.isClicked)
        let candidates = moment.request.candidates
        let size = Double(min(moment.request.slate, max(1, candidates.count)))
        expected += world.expectedClicks(slate, at: moment) / size
        best += world.expectedClicks(world.bestSlate(at: moment), at: moment) / size
        // Of any order: mean attraction at each position.
        let mean = candidates.reduce(0) { $0 + world.attraction(of: $1, at: moment) } / Double(max(1, candidates.count))
        let examined = (0..<Int(size)).reduce(0) { $0 + world.examination($1, in: moment.request.layout) }
        random += mean * examined / size
    }
}

extension LiveClient {
    struct Question: Encodable, Sendable {
        var user: String
        var candidates: [String]
        var n: Int
        var domain, device, region, page: String
    }

    /// Items in the server's order.
    func rank(_ question: Question) async throws -> Answer {
        let body = String(decoding: try JSONEncoder().encode(question), as: UTF8.self)
        return try JSONDecoder().decode(Answer.self, from: try await send("POST", "/api/rank", body))
    }
}
