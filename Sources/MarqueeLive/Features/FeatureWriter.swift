internal import Synchronization

/// From events to statistics: what every event of the log contributes to every feature.
///
/// One task calls ``follow(_:report:)``; a ``FeatureReader`` over the same store says what features are. The writer
/// holds no values of its own: they and the marks that say how far the log is in them live in the ``FeatureStore``, so
/// that after any crash of either the writer goes on where the store is, exactly once.
public actor FeatureWriter {
    public nonisolated let definitions: FeatureDefinitions
    public nonisolated let store: any FeatureStore

    private nonisolated let applied = Watermark(0)
    private let entities: [Entity]
    private let labels: [String]
    private var marks: [String: Int64] = [:]
    /// The log that is followed; nil until it is known.
    private var log: Int64?
    private var isReady = false
    private var isBusy = false
    private var isErasing = false

    /// Beside the features' marks, the ``EventLog/id`` of the log that they are places of. No label is called so.
    static let logMark = "log"

    /// The features of entities that the same fields name.
    private struct Entity: Sendable {
        let fields: [EventField]
        let hasWords: Bool
        /// By ``EventType/index``: the features that observe it.
        var observers: [[Observer]]
    }

    /// A feature that observes events; shared, so that a loop over them copies none.
    private final class Observer: Sendable {
        let definition: FeatureDefinition
        let kind: any StoredFeatureKind
        let label: String
        let rule: StatisticRule

        init(_ definition: FeatureDefinition, _ kind: any StoredFeatureKind) {
            self.definition = definition
            self.kind = kind
            label = definition.label
            rule = kind.rule
        }
    }

    public init(_ definitions: FeatureDefinitions, store: any FeatureStore) {
        self.definitions = definitions
        self.store = store
        var entities: [Entity] = []
        var labels: [String] = []
        for definition in definitions.features {
            guard let kind = definition.stored else { continue }
            let index = entities.firstIndex { $0.fields == definition.entity } ?? entities.count
            if index == entities.count {
                entities.append(
                    Entity(
                        fields: definition.entity, hasWords: definition.entity.contains(.word),
                        observers: Array(repeating: [], count: EventType.allCases.count)))
            }
            let observer = Observer(definition, kind)
            labels.append(observer.label)
            for type in kind.eventTypes { entities[index].observers[type.index].append(observer) }
        }
        self.entities = entities
        self.labels = labels
    }

    /// The last event of the log that is in every feature.
    public nonisolated var lastApplied: Int64 { applied.value }

    /// Returns when an event is in every feature, so that what is read now has seen it.
    /// - Throws: what ended ``follow(_:report:)``, `CancellationError`.
    public nonisolated func settle(through sequence: Int64) async throws {
        try await applied.wait(past: sequence - 1)
    }

    /// Follows a log until the task is cancelled or the log closed: replays what the store has not seen,
    /// then every event as it is committed. A store that does not answer is tried again, with pauses up to
    /// a second, and then goes on from its own marks.
    /// - Parameter report: told of the first failure of every outage.
    /// - Throws: ``EventLogError``, ``FeatureStoreError/damaged(_:)``, `CancellationError`.
    public func follow(_ log: EventLog, report: (@Sendable (FeatureStoreError) -> Void)? = nil) async throws {
        do {
            try await keepUp(with: log, report)
            applied.end(with: EventLogError.closed)
        } catch {
            applied.end(with: error)
            throw error
        }
    }

    private func keepUp(with log: EventLog, _ report: (@Sendable (FeatureStoreError) -> Void)?) async throws {
        var pause = Duration.milliseconds(20)
        var isOut = false
        while true {
            do {
                try await recover(log.reader)
                isOut = false
                while true {
                    let logged = try await log.next(after: applied.value)
                    try await apply(logged.events, through: logged.through)
                    pause = .milliseconds(20)
                }
            } catch let error as FeatureStoreError where error.isTransient {
                isReady = false
                if !isOut { report?(error) }
                isOut = true
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            } catch is EventLogError where log.isClosed {
                return
            }
        }
    }

    /// Brings the store to the end of a log.
    ///
    /// A feature that the store does not know begins at the first event kept; one that it knows goes on
    /// from its mark; one that is not defined any more is forgotten.
    /// - Returns: how many events were replayed.
    /// - Throws: ``EventLogError/dropped(after:firstKept:)`` when retention has dropped events that a known
    ///   feature has not seen, ``FeatureStoreError``.
    @discardableResult
    public func recover(_ log: EventLogReader) async throws -> Int {
        // The end first: of a log that begins meanwhile nothing is taken for dropped.
        let last = try await log.lastSequence()
        let kept = try await log.kept()
        let first = kept?.lowerBound ?? last + 1
        let id = try await log.id()
        self.log = id == 0 ? nil : id
        var marks = try await store.marks()
        let gone = Set(marks.keys).subtracting(labels + [Self.logMark])
        // Marks of another log say nothing of this one; nor does one beyond the log's end, where a copy took its place.
        let isForeign = id != 0 && (marks[Self.logMark] ?? id) != id
        let foreign = isForeign ? Set(marks.keys) : Set(marks.filter { $0.key != Self.logMark && $0.value > last }.keys)
        if !gone.isEmpty || !foreign.isEmpty {
            try await store.forget(gone.union(foreign))
            marks = try await store.marks()
        }
        self.marks = marks
        for label in labels {
            if let mark = marks[label] {
                guard mark >= first - 1 else { throw EventLogError.dropped(after: mark, firstKept: first) }
            }
        }
        isReady = true
        var sequence = labels.map { marks[$0] ?? first - 1 }.min() ?? last
        var count = 0
        while sequence < last {
            let page = try await log.page(after: sequence, limit: 5_000)
            guard page.through > sequence else { break }
            try await apply(page.events, through: page.through)
            sequence = page.through
            count += page.events.count
        }
        applied.advance(to: sequence)
        return count
    }

    /// Takes events in that follow each other in the log; those that a feature has seen change it no more.
    /// - Parameter through: the last place that was read, where what stands there was erased.
    public func apply(_ events: [LoggedEvent], through: Int64? = nil) async throws(FeatureStoreError) {
        guard let last = through ?? events.last?.sequence else { return }
        if !isReady {
            marks = try await store.marks()
            isReady = true
        }
        // Suspended in the store, an actor lets others in.
        while isErasing { await Task.yield() }
        precondition(!isBusy, "one task applies events; see follow(_:)")
        isBusy = true
        defer { isBusy = false }
        let seen = labels.map { marks[$0] ?? 0 }
        // After a recovery all features are equally far; then nobody need look at marks event by event.
        let areEqual = Set(seen).count <= 1 && (seen.first ?? 0) < events.first?.sequence ?? .max
        let updates = updates(of: events, areEqual: areEqual)
        var next: [String: Int64] = [:]
        for label in labels { next[label] = max(marks[label] ?? 0, last) }
        next[Self.logMark] = log
        do throws(FeatureStoreError) { try await store.update(updates, marks: next, expected: marks) } catch {
            isReady = false
            throw error
        }
        marks.merge(next) { $1 }
        applied.advance(to: last)
    }

    /// Forgets the statistics of a user and of sessions. What is aggregated over people, as an item's clicks, stays.
    /// - Throws: ``FeatureStoreError``.
    func erase(user: String, sessions: Set<String>) async throws -> FeatureErasure {
        // Not while events are taken in: what is read before would be written back after.
        while isBusy || isErasing { await Task.yield() }
        isErasing = true
        defer { isErasing = false }
        func keys() async throws -> [FeatureKey] {
            var keys: Set<FeatureKey> = []
            for definition in definitions.features where definition.stored != nil {
                for (index, field) in definition.entity.enumerated() {
                    let names: Set<String> = field == .user ? [user] : field == .session ? sessions : []
                    guard !names.isEmpty else { continue }
                    keys.formUnion(
                        try await store.keys(
                            definition.label, named: names, at: index, of: definition.entity.count))
                }
            }
            return Array(keys)
        }
        let found = try await keys()
        try await store.forget(found)
        return FeatureErasure(
            place: store.statisticCount == nil ? "redis" : "memory", before: found.count, after: try await keys().count)
    }

    private func updates(of events: [LoggedEvent], areEqual: Bool) -> [FeatureUpdate] {
        var updates: [FeatureUpdate] = []
        updates.reserveCapacity(events.count * 6)
        for logged in events {
            let event = logged.event
            let type = event.type.index
            for group in entities where !group.observers[type].isEmpty {
                if group.hasWords {
                    for entity in event.entities(group.fields) { observe(logged, of: entity, group.observers[type]) }
                } else if let entity = event.entity(group.fields) {
                    observe(logged, of: entity, group.observers[type])
                }
            }
        }
        func observe(_ logged: LoggedEvent, of entity: String, _ observers: [Observer]) {
            for observer in observers {
                if !areEqual, let mark = marks[observer.label], mark >= logged.sequence { continue }
                guard observer.definition.accepts(logged.event),
                    let observation = observer.kind.observation(of: logged.event)
                else { continue }
                updates.append(
                    FeatureUpdate(
                        key: FeatureKey(label: observer.label, entity: entity), rule: observer.rule,
                        observation: observation))
            }
        }
        return updates
    }
}

extension EventType {
    /// Its index among all cases.
    var index: Int {
        switch self {
        case .impression: 0
        case .click: 1
        case .view: 2
        case .favorite: 3
        case .cart: 4
        case .purchase: 5
        case .rating: 6
        case .share: 7
        case .gaze: 8
        case .hide: 9
        case .retract: 10
        case .search: 11
        case .scroll: 12
        }
    }
}
