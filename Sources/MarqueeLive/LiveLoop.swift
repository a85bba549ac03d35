public import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
public import MarqueeModels
internal import MarqueeRuntime
internal import Synchronization

/// The loop: events in, decisions out, and what came of them back into the policies.
///
///     let loop = try await LiveLoop(folder: url)
///     try await loop.deploy(model)                       // a folder that `marquee train` wrote
///     async let following: Void = loop.follow()          // applies the log until cancelled
///     _ = try await loop.append(events)                  // durable on return
///     let decision = try await loop.decide(DecisionQuery(who: .user("42")))
///
/// Everything that is not in the event log, the decision log and the catalog is computed from them, in
/// the order of the log, so that a restart finds the same audience, trends and policies.
public final class LiveLoop: Sendable {
    /// How the loop runs.
    public struct Configuration: Sendable {
        public var decisions = DecisionConfiguration()
        public var reward = RewardDefinition()
        /// What is not recommended again once it has happened.
        public var consuming = Audience.standardConsuming
        /// The policies at work by name: first the one that decides where no experiment does, without a name, then
        /// those of ``experiments``.
        public var arms: [PolicyArm] = []
        public var experiments = Experiments()
        /// People remembered at most; see ``Audience``.
        public var people = 1_000_000
        /// Decisions whose outcomes are joined from memory; those of older ones are looked up in the log.
        public var openDecisions = 50_000
        /// How long events and decisions stay in their logs, in milliseconds; nil for ever. See ``LiveLoop/dropOld()``.
        public var eventRetention: Int64?
        public var decisionRetention: Int64?
        /// Milliseconds since 1970.
        public var clock: @Sendable () -> Int64 = EventLog.now
        /// Makes ids and seeds differ from run to run; nil draws one.
        public var nonce: UInt64?

        public init() {}
    }

    public let configuration: Configuration
    public let catalog: CatalogStore
    public let events: EventLog
    public let decisions: DecisionLog
    public let audience: Audience
    public let trends = Trends()
    public let learner: Learner
    private let arms: [String: PolicyArm]
    private let standardArm: PolicyArm
    /// As configured, by arm.
    private let freshPolicies: [String: any Policy]
    private let pipeline: DecisionPipeline
    private let deployed = Mutex<DeployedModel?>(nil)
    private let progress: Mutex<Progress>
    /// The last event that was applied.
    private let mark = Watermark(0)
    public let features: (any LiveFeatures)?

    private struct Progress {
        /// The last event whose outcomes are learned.
        var learned: Int64
        /// Events about items that the catalog does not know yet.
        var early = EarlyEvents()
    }

    /// Opens the logs and the catalog of a folder, or begins them, and restores the policies.
    /// - Throws: ``EventLogError``, ``DecisionLogError``, GRDB's `DatabaseError`.
    public init(folder: URL, configuration: Configuration = Configuration(), features: (any LiveFeatures)? = nil)
        async throws
    {
        var configuration = configuration
        if configuration.arms.isEmpty { configuration.arms = [PolicyArm(try EpsilonGreedy())] }
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw EventLogError.cannotOpen(path: folder.path, reason: "no folder can be made here; choose another")
        }
        self.configuration = configuration
        self.features = features
        try StateFile.rename("catalogue.sqlite", to: "catalog.sqlite", in: folder)
        catalog = try CatalogStore(url: folder.appendingPathComponent("catalog.sqlite"))
        events = try EventLog(folder.appendingPathComponent("events.sqlite"), clock: configuration.clock)
        decisions = try DecisionLog(decidingAt: folder.appendingPathComponent("decisions.sqlite"))
        audience = Audience(
            consuming: configuration.consuming, capacity: configuration.people,
            likedRating: configuration.decisions.likedRating)
        arms = Dictionary(configuration.arms.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        standardArm = configuration.arms[0]
        freshPolicies = arms.mapValues(\.current)
        learner = Learner(
            log: decisions, arms: configuration.arms, reward: configuration.reward,
            capacity: max(1, configuration.openDecisions), isBy: { [audience] in audience.isBy($0, $1) })
        pipeline = DecisionPipeline(
            configuration.decisions, nonce: configuration.nonce ?? UInt64.random(in: .min ... .max))
        try await decisions.note(configuration.experiments, at: configuration.clock())
        progress = Mutex(Progress(learned: try await decisions.learnedThrough()))
        for arm in configuration.arms {
            arm.restore(try await decisions.policy(arm.current, arm: arm.name))
        }
        catalog.observe { [weak self] snapshot, new in
            self?.takeEarly(snapshot.names[Int(new.lowerBound)..<Int(new.upperBound)], snapshot)
        }
    }

    // MARK: Events

    /// Appends events; on return they are on disk.
    public func append(_ events: [Event]) async throws -> [Acknowledgment] { try await self.events.append(events) }

    /// Applies the log, from its first event on, until cancelled or closed.
    public func follow() async throws {
        guard let features else { return try await followHere() }
        try await withThrowingTaskGroup(of: Void.self) { [events] group in
            group.addTask { try await features.follow(events) }
            group.addTask { try await self.followHere() }
            try await group.waitForAll()
        }
    }

    private func followHere() async throws {
        while true {
            let sequence = mark.value
            do {
                try await apply(try await events.next(after: sequence))
            } catch EventLogError.dropped(_, let firstKept) {
                // What retention dropped is known to nobody any more.
                mark.advance(to: firstKept - 1)
            } catch {
                mark.end(with: error)
                if case EventLogError.closed = error { return }
                throw error
            }
        }
    }

    /// Returns once everything up to this sequence number of the log is in audience, trends and policies.
    /// - Throws: what ended ``follow()``, `CancellationError`.
    public func applied(_ sequence: Int64) async throws { try await mark.wait(past: sequence - 1) }

    /// The last event that was applied, and how many name an item that the catalog does not know: they are
    /// applied once it does.
    public var status: (applied: Int64, unknownItems: Int) { (mark.value, progress.withLock { $0.early.count }) }

    private func apply(_ logged: [LoggedEvent]) async throws {
        guard let last = logged.last else { return }
        let snapshot = catalog.snapshot
        var early: [Event] = []
        for entry in logged {
            if let item = snapshot.ids.index(of: entry.event.item) {
                apply(entry.event, item: item)
            } else {
                early.append(entry.event)
            }
        }
        if !early.isEmpty {
            progress.withLock { for event in early { $0.early.keep(event) } }
            // A change of the catalog in between has not seen them.
            let newer = catalog.snapshot
            if newer.version != snapshot.version { takeEarly(early.map(\.item), newer) }
        }
        let learned = progress.withLock { $0.learned }
        if last.sequence > learned {
            try await learner.observe(
                logged.lazy.filter { $0.sequence > learned && $0.event.decision != nil }.map(\.event))
            learner.learn(through: last.sequence)
        }
        progress.withLock { $0.learned = max($0.learned, last.sequence) }
        mark.advance(to: last.sequence)
    }

    private func apply(_ event: Event, item: Int32) {
        let opinion = audience.apply(event, item: item)
        if event.type == .impression { trends.show(item, at: event.time) }
        if let opinion { trends.revise(item, from: opinion.before, to: opinion.after) }
    }

    /// Applies what happened to items before the catalog knew them.
    private func takeEarly(_ ids: some Sequence<String>, _ snapshot: CatalogSnapshot) {
        for id in ids {
            guard let item = snapshot.ids.index(of: id) else { continue }
            for event in progress.withLock({ $0.early.take(id) }) { apply(event, item: item) }
        }
    }

    // MARK: Decisions

    /// Decides what to show. It always answers, by a weaker link of the chain if need be.
    /// - Throws: ``DecisionLogError/full`` when decisions cannot be logged as fast as they are made.
    public func decide(_ query: DecisionQuery) async throws -> Decision {
        let start = ContinuousClock.now
        let time = configuration.clock()
        var notes: [String] = []
        // What other servers saw; this one's own memory stays the newer where the store lags.
        let who = audience.person(query.who)
        var touches: [(item: String, time: Int64)] = []
        if let features {
            do { touches = try await features.recent(of: who, at: time) } catch {
                notes.append("features: \(error)")
            }
        }
        var featureSeconds = start.duration(to: .now).seconds

        // In this order: indices that the user's state and the model have are then within the snapshot.
        let (state, model, snapshot) = (audience[who], model, catalog.shared)
        let asker = Asker(
            who: who, state: state,
            touches: touches.compactMap { touch in
                snapshot.snapshot.ids.index(of: touch.item).map { ($0, touch.time) }
            }.filter { !state.hasRetracted($0, since: $1) },
            consumesClicks: configuration.consuming.contains(.click),
            likedRating: configuration.decisions.likedRating, friends: friends(of: who))
        let context = pipeline.context(query, asker, time: time, snapshot, model, trends)
        let found = pipeline.candidates(query, context)
        let reading = ContinuousClock.now
        let table = await table(for: found.items, query, context, &notes)
        featureSeconds += reading.duration(to: .now).seconds
        let assignments = configuration.experiments.assignments(of: query.who)
        let arm =
            assignments.isEmpty ? standardArm : arms[configuration.experiments.policyName(assignments)] ?? standardArm
        var decision = pipeline.decide(
            query, context, found, features: table, featureSeconds: featureSeconds, notes: notes, arm: arm,
            assignments: assignments, start: start)
        if query.reasonCount > 0 { decision.reasons = reasons(query.reasonCount, for: decision, context) }
        let logging = ContinuousClock.now
        learner.expect(decision)
        try decisions.append(decision)
        decision.stages[DecisionStage.logging.rawValue] = logging.duration(to: .now).seconds
        return decision
    }

    /// What the ranker wants to be told of candidates, read at once; unknown where the store does not answer.
    private func table(
        for items: [Int32], _ query: DecisionQuery, _ context: DecisionContext, _ notes: inout [String]
    ) async -> FeatureTable {
        let wanted = configuration.decisions.ranker.features
        guard !wanted.isEmpty, let features else { return .unknown(wanted, rows: items.count) }
        let names = context.snapshot.names
        do {
            return try await features.table(
                of: wanted, given: query.fields, items: items.map { names[Int($0)] }, at: context.time)
        } catch {
            let note = "features: \(error)"
            if !notes.contains(note) { notes.append(note) }
            return .unknown(wanted, rows: items.count)
        }
    }

    /// What of the history speaks for each item of a decision that the history led to, under the catalog's titles.
    private func reasons(
        _ count: Int, for decision: Decision, _ context: DecisionContext
    ) -> [[Recommendation.Reason]] {
        guard decision.link == .model || decision.link == .session, let model = context.model,
            let query = context.modelQuery
        else { return decision.shown.map { _ in [] } }
        return model.reasons(count, for: decision.shown, of: query).map { reasons in
            reasons.map { reason in
                let (id, item) = (model.saved.items[reason.item], model.items[Int(reason.item)])
                let title = item >= 0 ? context.snapshot.title(item) : id
                return Recommendation.Reason(item: id, title: title, share: reason.share)
            }
        }
    }

    /// Items like an item, the best first: its neighbors, then what is popular in its categories.
    /// - Returns: nil when the catalog does not know the item.
    public func similar(to id: String, count: Int) -> [String]? {
        let (model, snapshot) = (model, catalog.snapshot)
        guard let item = snapshot.ids.index(of: id) else { return nil }
        let time = configuration.clock()
        var items = model?.neighbors(of: item).items ?? []
        let lists = pipeline.trendingLists(snapshot, model, trends, time: time)
        for category in snapshot.categories[Int(item)] { items += lists.lists(domain: nil, category: category).popular }
        return first(count, items, snapshot, time, without: item)
    }

    /// What most people touched, in training and now.
    /// - Returns: nil when the catalog does not know the domain or the category.
    public func popular(domain: String? = nil, category: String? = nil, count: Int) -> [String]? {
        let (model, snapshot) = (model, catalog.snapshot)
        var codes: (domain: UInt16?, category: UInt16?)
        if let domain {
            guard let code = snapshot.domainNames.index(of: domain) else { return nil }
            codes.domain = UInt16(clamping: code)
        }
        if let category {
            guard let code = snapshot.categoryNames.index(of: category) else { return nil }
            codes.category = UInt16(clamping: code)
        }
        let time = configuration.clock()
        let lists = pipeline.trendingLists(snapshot, model, trends, time: time)
            .lists(domain: codes.domain, category: codes.category)
        let items = lists.popular.filter { item in
            Int(item) < snapshot.count && (codes.domain == nil || snapshot.domains[Int(item)] == codes.domain)
        }
        return first(count, items, snapshot, time, without: nil)
    }

    /// Returns once the lists of trending, popular and new items that are being made are there.
    package func settle() { pipeline.settle() }

    private func first(_ count: Int, _ items: [Int32], _ snapshot: CatalogSnapshot, _ now: Int64, without: Int32?)
        -> [String]
    {
        var seen: Set<Int32> = without.map { [$0] } ?? []
        var ids: [String] = []
        for item in items where Int(item) < snapshot.count && snapshot.isOffered(item, at: now) {
            guard ids.count < count else { break }
            if seen.insert(item).inserted { ids.append(snapshot.names[Int(item)]) }
        }
        return ids
    }

    /// Looks up what the friends of a user did, where it is asked for.
    private func friends(of who: Who) -> @Sendable () -> [UserState] {
        let (audience, catalog) = (audience, catalog)
        return {
            guard case .user(let id) = who, let user = catalog.user(id) else { return [] }
            return user.friends.prefix(50).map { audience[.user($0)] }
        }
    }

    // MARK: Models

    /// The model at work.
    public var model: DeployedModel? { deployed.withLock { $0 } }

    /// Loads a model's folder and puts it to work; decisions in flight end with the one they began with. Items
    /// that the catalog does not know yet are added to it.
    /// - Returns: the model's version.
    /// - Throws: one error that names the folder, and then the old model stays at work.
    @discardableResult
    public func deploy(_ url: URL) async throws -> String {
        let (saved, version) = try await Task.detached { try DeployedModel.load(url) }.value
        return try await deploy(saved, version: version, from: url)
    }

    /// Puts a model to work.
    @discardableResult
    public func deploy(_ saved: SavedModel, version: String, from folder: URL? = nil) async throws -> String {
        try await catalog.adopt(ids: saved.items, saved.catalog)
        let model = DeployedModel(saved, version: version, from: folder, snapshot: catalog.snapshot)
        deployed.withLock { $0 = model }
        return version
    }

    // MARK: Retention

    /// Drops what the logs have kept long enough. What policies learned from it stays.
    /// - Returns: how many events and decisions.
    @discardableResult
    public func dropOld() async throws -> (events: Int, decisions: Int) {
        let now = configuration.clock()
        var dropped = (events: 0, decisions: 0)
        if let retention = configuration.eventRetention {
            dropped.events = try await events.drop(
                receivedBefore: now - retention, through: min(status.applied, features?.applied ?? .max))
        }
        if let retention = configuration.decisionRetention {
            dropped.decisions = try await decisions.drop(before: now - retention, policies: freshPolicies)
        }
        return dropped
    }

    /// Writes what waits and closes the logs.
    public func close() async {
        await events.close()
        try? await decisions.flush()
    }
}
