internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime
internal import Synchronization

/// Candidates → filters → ranker → policy → record.
///
///     let decision = try pipeline.decide(DecisionQuery(who: .user("42")), now: now)
///     decision.shownIDs; decision.link; decision.slate.slots[0].propensity
///
/// A decision costs what its candidates cost, some hundreds, and not the catalog: the lists of a model's
/// best items and of neighbors are computed once and kept. Stages are timed; where the deadline is near, the
/// links that cost most are left out.
final class DecisionPipeline: Sendable {
    let configuration: DecisionConfiguration
    private let sources: [Source]
    private let exclusions: [any Exclusion]
    private let trendingLists = TrendingListsRefresher()
    private let popularity = Mutex<(model: String, counts: [Float])>(("", []))
    private let scratch = (0..<16).map { _ in Scratch() }
    private let counter: Atomic<UInt64>
    private let seeds: RandomStream

    /// A source at work; shared, so that a decision that asks all of them copies none.
    private final class Source: Sendable {
        let source: any CandidateSource
        let limit: Int

        init(_ source: any CandidateSource, limit: Int) { (self.source, self.limit) = (source, limit) }
    }

    private final class Scratch: Sendable {
        let marks = Mutex(ItemMarks())
    }

    /// - Parameter nonce: makes ids and seeds of different runs differ.
    init(_ configuration: DecisionConfiguration, nonce: UInt64) {
        self.configuration = configuration
        let known = Dictionary(uniqueKeysWithValues: CandidateSources.all.map { ($0.name, $0) })
        sources = configuration.sources.compactMap { name, limit in
            limit > 0 ? known[name].map { Source($0, limit: limit) } : nil
        }
        exclusions = [Consumed(), Hidden(), configuration.fatigue]
        seeds = RandomStream(seed: nonce, "decision seeds")
        counter = Atomic(RandomStream(seed: nonce, "decision ids")[0] >> 16)
    }

    /// What a decision is made from beside the query.
    struct World: Sendable {
        var sharedSnapshot: CatalogSnapshot.Shared
        var snapshot: CatalogSnapshot { _read { yield sharedSnapshot.snapshot } }
        var person: Person
        /// Items touched lately as the feature store has them; nil to take memory's.
        var recent: [Person.Touch]?
        var model: DeployedModel?
        var trends: Trends
        var friends: @Sendable () -> [Person]
        var notes: [String] = []
        var featureSeconds = 0.0
    }

    /// - Parameters:
    ///   - start: when the request came, from which the deadline counts.
    ///   - now: milliseconds since 1970.
    func decide(
        _ query: DecisionQuery, _ world: World, arm: PolicyArm, assignments: [ExperimentLayers.Assignment] = [],
        start: ContinuousClock.Instant = .now, now: Int64
    ) -> Decision {
        // The first that is free: what was used last is still in the caches.
        for box in scratch {
            if let decision = box.marks.withLockIfAvailable({ decide(query, world, arm, assignments, start, now, &$0) })
            {
                return decision
            }
        }
        return scratch[0].marks.withLock { decide(query, world, arm, assignments, start, now, &$0) }
    }

    private func decide(
        _ query: DecisionQuery, _ world: World, _ arm: PolicyArm, _ assignments: [ExperimentLayers.Assignment],
        _ start: ContinuousClock.Instant, _ now: Int64, _ marks: inout ItemMarks
    ) -> Decision {
        var watch = StageWatch()
        watch.stages[DecisionStage.features.rawValue] = world.featureSeconds
        var notes = world.notes
        let situation = situation(query, world, now)
        let isKnown =
            (query.domain == nil || situation.domain != nil) && (query.category == nil || situation.category != nil)

        var items = isKnown ? candidates(situation, &marks) : []
        watch.end(.candidates)
        Unwanted().apply(&items, situation)

        var link: DecisionLink =
            situation.modelUser != nil
            ? .model : !situation.recent.isEmpty && situation.model != nil ? .session : .popular
        if items.count < query.count, isKnown {
            let wide = wholeSnapshot(situation, &marks)
            if wide.count > items.count {
                if items.isEmpty, link != .model { link = .catalog }
                items = wide
            }
        }
        if items.isEmpty { link = .empty }
        watch.end(.filters)

        if link == .model || link == .session, start.duration(to: .now) * 2 > configuration.deadline {
            notes.append("the deadline was near: candidates are in the order of their sources")
            link = .popular
        }
        if world.model == nil { notes.append("no model is deployed") }
        let ranked = ranked(items, link, situation, &marks)
        watch.end(.ranking)

        let choices = choices(ranked, situation, world.trends, arm, &marks)
        let index = counter.wrappingAdd(1, ordering: .relaxed).oldValue
        let seed = seeds[index]
        let policy = arm.current
        let slate: Slate
        var kind = arm.kind
        var version = policy.version
        do { slate = try policy.choose(query.count, from: choices, seed: seed) } catch {
            // Better the best by score than nothing; the log says that it was not the policy's choice.
            notes.append("the policy could not choose: \(error)")
            (kind, version) = (Greedy.kind, 0)
            slate = Slate(slots: (0..<min(query.count, choices.count)).map { .init(place: $0, propensity: 1) })
        }
        watch.end(.policy)

        var decision = Decision(
            id: Decision.firstID(at: now) | Int64(index & 0xF_FFFF), time: now, query: query, arm: arm.name,
            assignments: assignments, link: link,
            notes: notes, choices: choices, slate: slate, digest: Decision.digest(choices),
            model: world.model?.version ?? "", policy: kind,
            policyVersion: version, seed: seed, stages: watch.stages)
        decision.shown = slate.slots.map { ranked[$0.place].item }
        return decision
    }

    /// What stands in front of the snapshot, for `/api/popular`.
    func lists(_ world: World, domain: UInt16?, category: UInt16?, now: Int64) -> TrendingLists.Lists {
        trendingLists(world, now).lists(domain: domain, category: category)
    }

    private func trendingLists(_ world: World, _ now: Int64) -> TrendingLists {
        trendingLists.trendingLists(world.snapshot, world.model, world.trends, now: now) { [self] in
            popularity(world.model)
        }
    }

    /// Returns once the lists that are being made in the background are there.
    func settle() { trendingLists.settle() }

    private func popularity(_ model: DeployedModel?) -> [Float] {
        let version = model?.version ?? ""
        if let counts = popularity.withLock({ $0.model == version ? $0.counts : nil }) { return counts }
        let counts = model?.popularity() ?? []
        popularity.withLock { $0 = (version, counts) }
        return counts
    }

    private func situation(_ query: DecisionQuery, _ world: World, _ now: Int64) -> Situation {
        let count = world.snapshot.count
        var recent = (world.recent ?? world.person.recent).filter { Int($0.item) < count }
        if !query.touched.isEmpty {
            recent.insert(
                contentsOf: query.touched.compactMap { world.snapshot.ids.index(of: $0) }.map {
                    .init(item: $0, time: now)
                }, at: 0)
        }
        return Situation(
            who: query.who, now: now, person: world.person, recent: recent,
            affinity: Affinity(touched: recent, inVain: world.person.exposures, world.snapshot),
            domain: query.domain.flatMap { world.snapshot.domainNames.index(of: $0) }.map { UInt16(clamping: $0) },
            category: query.category.flatMap { world.snapshot.categoryNames.index(of: $0) }.map {
                UInt16(clamping: $0)
            }, sharedSnapshot: world.sharedSnapshot,
            trendingLists: trendingLists(world, now), model: world.model, modelUser: world.model?.user(query.who),
            friends: world.friends)
    }

    /// The sources' candidates, each item once. What is consumed, hidden or at rest does not use up a source's share.
    private func candidates(_ situation: Situation, _ marks: inout ItemMarks) -> [Int32] {
        markExcluded(situation, &marks)
        // In turns, so that the order of the items, which ranks them where no model does, is nobody's own.
        return marks.merge(
            sources.map { ($0.source.candidates(for: situation, limit: $0.limit), $0.limit) },
            below: Int32(situation.snapshot.count))
    }

    private func markExcluded(_ situation: Situation, _ marks: inout ItemMarks) {
        marks.reset(situation.snapshot.count)
        for exclusion in exclusions { exclusion.mark(situation, &marks) }
    }

    /// Where the sources gave too few: whatever is wanted and may be shown, the newest index first.
    private func wholeSnapshot(_ situation: Situation, _ marks: inout ItemMarks) -> [Int32] {
        var items: [Int32] = []
        for item in (0..<Int32(situation.snapshot.count)).reversed() where situation.isWanted(item) {
            items.append(item)
            if items.count == 5_000 { break }
        }
        markExcluded(situation, &marks)
        items.removeAll { marks.contains($0) }
        Unwanted().apply(&items, situation)
        return items
    }

    private struct Ranked {
        var item: Int32
        var score: Double
    }

    /// The best candidates for the policy, by score; a few that the model does not know come with them.
    private func ranked(_ items: [Int32], _ link: DecisionLink, _ situation: Situation, _ marks: inout ItemMarks)
        -> [Ranked]
    {
        guard !items.isEmpty else { return [] }
        let raw = Ranking.score(items, link: link, situation, &marks)
        let scale = Ranking.Scale(raw)
        var known: [Ranked] = []
        known.reserveCapacity(items.count)
        var unknown: [Ranked] = []
        for place in items.indices {
            if raw[place].isFinite {
                known.append(Ranked(item: items[place], score: scale.standardized(raw[place])))
            } else if unknown.count < configuration.unknownChoices {
                unknown.append(Ranked(item: items[place], score: 0))
            }
        }
        tire(&known, situation, &marks)
        tire(&unknown, situation, &marks)
        known.sort { $0.score > $1.score || $0.score == $1.score && $0.item < $1.item }
        let cap = CategoryCap(limit: configuration.categoryCap)
        if cap.limit > 0 {
            var order = known.map(\.item)
            cap.apply(&order, situation)
            marks.reset(situation.snapshot.count)
            for item in order { marks.insert(item) }
            known.removeAll { !marks.contains($0.item) }
            unknown = []
        }
        let limit = max(configuration.choices - unknown.count, 1)
        if known.count > limit { known.removeLast(known.count - limit) }
        if !unknown.isEmpty {
            known += unknown
            known.sort { $0.score > $1.score || $0.score == $1.score && $0.item < $1.item }
        }
        return known
    }

    /// Takes from the scores of items that were shown in vain.
    private func tire(_ ranked: inout [Ranked], _ situation: Situation, _ marks: inout ItemMarks) {
        let exposures = situation.person.exposures
        guard configuration.fatigue.penalty > 0, !exposures.isEmpty, !ranked.isEmpty else { return }
        marks.reset(situation.snapshot.count)
        for (place, exposure) in exposures.enumerated() where Int(exposure.item) < situation.snapshot.count {
            marks[exposure.item] = Int32(place)
        }
        for place in ranked.indices {
            guard let index = marks[ranked[place].item] else { continue }
            let exposure = exposures[Int(index)]
            let age = Double(situation.now - exposure.time) / Double(max(configuration.fatigue.rest, 1))
            ranked[place].score -=
                configuration.fatigue.penalty * Double(exposure.count) * Elementary.exp2(-max(0, age))
        }
    }

    private func choices(
        _ ranked: [Ranked], _ situation: Situation, _ trends: Trends, _ arm: PolicyArm, _ marks: inout ItemMarks
    ) -> ChoiceSet {
        let names = situation.snapshot.names
        let items = ranked.map { names[Int($0.item)] }
        let scores = configuration.probabilities ? ranked.map { 1 / (1 + exp(-$0.score)) } : ranked.map(\.score)
        guard arm.usesFeatures else { return ChoiceSet(items: items, scores: scores) }
        let popularity = popularity(situation.model)
        let rates = trends.rates(of: ranked.lazy.map(\.item), at: situation.now)
        marks.reset(situation.snapshot.count)
        for exposure in situation.person.exposures where Int(exposure.item) < situation.snapshot.count {
            marks[exposure.item] = exposure.count
        }
        var features: [Double] = []
        features.reserveCapacity(items.count * ChoiceFeatures.width)
        for (place, candidate) in ranked.enumerated() {
            ChoiceFeatures.row(
                candidate.item, score: candidate.score, exposures: marks[candidate.item] ?? 0, situation,
                popularity: Int(candidate.item) < popularity.count ? popularity[Int(candidate.item)] : 0,
                rate: rates[place], into: &features)
        }
        return ChoiceSet(items: items, scores: scores, features: features, width: ChoiceFeatures.width)
    }
}

/// Times of stages, one after the other.
private struct StageWatch {
    var stages = [Double](repeating: 0, count: DecisionStage.allCases.count)
    private var last = ContinuousClock.now

    mutating func end(_ stage: DecisionStage) {
        let now = ContinuousClock.now
        let parts = last.duration(to: now).components
        stages[stage.rawValue] = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
        last = now
    }
}
