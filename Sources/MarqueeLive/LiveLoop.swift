internal import Dispatch
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
/// the order of the log, so that a restart finds the same audience, trends and policies: from a snapshot, where there is
/// one, and what came after it. Until that is done it does not decide (``caughtUp()``).
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
        /// Told of what is amiss and goes on all the same, in words.
        public var report: @Sendable (String) -> Void = { _ in }

        public init() {}
    }

    public let configuration: Configuration
    /// Where everything lies.
    public let folder: URL
    public let catalog: CatalogStore
    public let events: EventLog
    public let decisions: DecisionLog
    public let audience: Audience
    public let trends = Trends()
    public let learner: Learner
    private let arms: [String: PolicyArm]
    private let standardArm: PolicyArm
    /// As configured, by arm.
    let freshPolicies: [String: any Policy]
    let pipeline: DecisionPipeline
    private let deployed = Mutex<DeployedModel?>(nil)
    /// Held while audience and trends change, so that a snapshot has them of one moment.
    let applied: Mutex<Applied>
    /// The last event whose outcomes are learned.
    private let learned: Mutex<Int64>
    /// The last event that is applied and learned.
    let mark = Watermark(0)
    /// The last event in the log when it was opened.
    private let opening: Int64
    private let isCaughtUp: Atomic<Bool>
    /// How many events of the log were read.
    let readCount = Atomic<Int>(0)
    let snapshots = Mutex(Snapshots())
    let snapshotQueue = DispatchQueue(label: "marquee.snapshots", qos: .utility)
    let following = Mutex(Following())
    /// The last erasure that was asked for.
    let erasing = Mutex<Task<Erasure, any Error>?>(nil)
    private let closing = Mutex<Task<Void, Never>?>(nil)
    public let features: (any LiveFeatures)?

    /// How far audience and trends are.
    struct Applied {
        /// The last event that is in them, and the last of those that are not erased.
        var through: Int64 = 0
        var witness: LogPlace
        /// Events about items that the catalog does not know yet.
        var early = EarlyEvents()
        var isRestored = false
    }

    /// Who follows the log, and who waits until nobody does.
    struct Following {
        var count = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// Opens the logs and the catalog of a folder, or begins them, and restores the policies.
    /// - Throws: ``EventLogError``, ``DecisionLogError``, ``StateFileError``.
    public init(folder: URL, configuration: Configuration = Configuration(), features: (any LiveFeatures)? = nil)
        async throws
    {
        var configuration = configuration
        if configuration.arms.isEmpty { configuration.arms = [PolicyArm(try EpsilonGreedy())] }
        do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
            throw EventLogError.cannotOpen(path: folder.path, reason: "no folder can be made here; choose another")
        }
        self.configuration = configuration
        self.folder = folder
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
        applied = Mutex(Applied(witness: LogPlace(log: events.id)))
        opening = events.lastSequence
        isCaughtUp = Atomic(opening == 0)
        learned = Mutex(try await decisions.learn(fromLog: events.id, last: opening))
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

    /// Applies the log, from the snapshot or its first event on, until cancelled or closed.
    public func follow() async throws {
        following.withLock { $0.count += 1 }
        defer { endFollowing() }
        do { try await restore() } catch {
            mark.end(with: error)
            throw error
        }
        let keeping = Task { await keepSnapshots() }
        defer { keeping.cancel() }
        guard let features else { return try await followHere() }
        try await withThrowingTaskGroup(of: Void.self) { [events] group in
            group.addTask { try await features.follow(events) }
            group.addTask { try await self.followHere() }
            try await group.waitForAll()
        }
    }

    private func endFollowing() {
        let waiting = following.withLock { following in
            following.count -= 1
            guard following.count == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { following.waiting = [] }
            return following.waiting
        }
        for done in waiting { done.resume() }
    }

    private func followHere() async throws {
        // What was learned may lag behind what is remembered, where a kill came between the two.
        var place = min(applied.withLock { $0.through }, learned.withLock { $0 })
        mark.advance(to: place)
        while true {
            do {
                let logged = try await events.next(after: place)
                try await apply(logged)
                place = logged.through
            } catch EventLogError.dropped(_, let firstKept) {
                // What retention dropped is known to nobody any more.
                place = firstKept - 1
                applied.withLock { $0.through = max($0.through, place) }
                mark.advance(to: place)
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

    /// Returns once everything that the log held when it was opened is applied, in features that this process keeps too:
    /// from then on the loop decides.
    /// - Throws: what ended ``follow()``, `CancellationError`.
    public func caughtUp() async throws {
        try await applied(opening)
        if let features, features.statisticCount != nil { try await features.settle(through: opening) }
        isCaughtUp.store(true, ordering: .releasing)
    }

    /// The last event that was applied, and how many name an item that the catalog does not know: they are
    /// applied once it does.
    public var status: (applied: Int64, unknownItems: Int) { (mark.value, applied.withLock { $0.early.count }) }

    private func apply(_ logged: LoggedEvents) async throws {
        applied.withLock { state in
            // Of this moment: what the catalog learns of later is told to ``takeEarly(_:_:)`` after it.
            let snapshot = catalog.snapshot
            for entry in logged.events where entry.sequence > state.through {
                if entry.event.type == .search {
                    audience.apply(entry.event, item: -1)
                } else if let item = snapshot.ids.index(of: entry.event.item) {
                    apply(entry.event, item: item)
                } else {
                    state.early.keep(entry.event, items: snapshot.count)
                }
            }
            if logged.through > state.through {
                state.through = logged.through
                if let last = logged.events.last { state.witness = LogPlace(log: events.id, last) }
            }
        }
        readCount.add(logged.events.count, ordering: .relaxed)
        let learned = learned.withLock { $0 }
        if logged.through > learned {
            try await learner.observe(
                logged.events.lazy.filter { $0.sequence > learned && $0.event.decision != nil }.map(\.event))
            learner.learn(through: logged.through)
            self.learned.withLock { $0 = logged.through }
        }
        mark.advance(to: logged.through)
    }

    private func apply(_ event: Event, item: Int32) {
        let opinion = audience.apply(event, item: item)
        if event.type == .impression { trends.show(item, at: event.time) }
        if let opinion { trends.revise(item, from: opinion.before, to: opinion.after) }
    }

    /// Applies what happened to items before the catalog knew them.
    private func takeEarly(_ ids: some Sequence<String>, _ snapshot: CatalogSnapshot) {
        applied.withLock { state in
            for id in ids {
                guard let item = snapshot.ids.index(of: id) else { continue }
                for event in state.early.take(id) { apply(event, item: item) }
            }
        }
    }

    // MARK: Decisions

    /// Decides what to show. It always answers, by a weaker link of the chain if need be.
    /// - Throws: ``DecisionLogError/full`` when decisions cannot be logged as fast as they are made,
    ///   ``LiveLoopError/catchingUp(applied:of:)`` until ``caughtUp()`` returns.
    public func decide(_ query: DecisionQuery) async throws -> Decision {
        guard isCaughtUp.load(ordering: .acquiring) else {
            throw LiveLoopError.catchingUp(applied: mark.value, of: opening)
        }
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
                of: wanted, given: query.fields, items: items.map { names[Int($0)] },
                words: { context.snapshot.words(items[$0]) }, at: context.time)
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

    /// Returns once the lists of trending, popular and new items that are being made are there.
    package func settle() { pipeline.settle() }

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
            // What goes has to be remembered first, for the next start.
            let kept = try await snapshot()
            dropped.events = try await events.drop(
                receivedBefore: now - retention, through: min(kept, features?.applied ?? .max))
        }
        if let retention = configuration.decisionRetention {
            dropped.decisions = try await decisions.drop(before: now - retention, policies: freshPolicies)
        }
        return dropped
    }

    /// Writes what waits, ends who follows the log, and closes everything: each file is then whole, without its
    /// write-ahead log. Whoever closes while another does waits for it.
    public func close() async {
        let task = closing.withLock { closing in
            let task = closing ?? Task { await closeAll() }
            closing = task
            return task
        }
        await task.value
    }

    private func closeAll() async {
        await events.close()
        await withCheckedContinuation { done in
            let isOver = following.withLock { following in
                if following.count > 0 { following.waiting.append(done) }
                return following.count == 0
            }
            if isOver { done.resume() }
        }
        if applied.withLock({ $0.through }) > snapshots.withLock({ $0.through }) {
            do { try await snapshot() } catch { configuration.report("no snapshot could be written: \(error)") }
        }
        await decisions.close()
        await catalog.close()
    }
}
