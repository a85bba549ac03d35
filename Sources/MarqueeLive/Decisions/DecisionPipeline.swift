internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime
internal import Synchronization

/// Candidates → filters → ranker → policy → record.
///
///     let found = pipeline.candidates(query, context)
///     // the features that the ranker wants are read of `found.items`
///     let decision = pipeline.decide(query, context, found, features: features, arm: arm)
///     decision.shownIDs; decision.link; decision.slate.slots[0].propensity
///
/// A decision costs what its candidates cost, some hundreds, and not the catalog: the lists of a model's
/// best items and of neighbors are computed once and kept. Stages are timed; where the deadline is near, the
/// links that cost most are left out.
final class DecisionPipeline: Sendable {
    let configuration: DecisionConfiguration
    private let sources: [Source]
    private let exclusions: [any Exclusion]
    /// Of candidates that the query names.
    private let exclusionsOfGiven: [any Exclusion] = [Touched(), Hidden()]
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
        exclusions = [Touched(), Hidden(), Consumed(), configuration.fatigue]
        seeds = RandomStream(seed: nonce, "decision seeds")
        counter = Atomic(RandomStream(seed: nonce, "decision ids")[0] >> 16)
    }

    /// What was found for a decision, before it is ranked.
    struct Candidates {
        var items: [Int32]
        /// Whether the sources gave too few, and the whole catalog was looked through.
        var areOfWholeCatalog = false
        /// Seconds by stage.
        fileprivate var stages = StageTimes()
    }

    /// Candidates that may be shown, each once.
    func candidates(_ query: DecisionQuery, _ context: DecisionContext) -> Candidates {
        withScratch { marks in
            var watch = StageWatch()
            let isKnown =
                (query.domain == nil || context.domain != nil) && (query.category == nil || context.category != nil)
            var found = Candidates(items: isKnown ? candidates(context, &marks) : [])
            watch.end(.candidates)
            Unwanted().apply(&found.items, context)
            if found.items.count < query.count, isKnown, context.given == nil {
                let wide = wholeSnapshot(context, &marks)
                if wide.count > found.items.count {
                    found.areOfWholeCatalog = found.items.isEmpty
                    found.items = wide
                }
            }
            watch.end(.filters)
            found.stages = watch.stages
            return found
        }
    }

    /// Ranks what was found, and lets the policy choose.
    /// - Parameters:
    ///   - features: what the ranker asked for, of the candidates in their order.
    ///   - notes: what stood in the way so far.
    ///   - start: when the request came, from which the deadline counts.
    func decide(
        _ query: DecisionQuery, _ context: DecisionContext, _ found: Candidates, features: FeatureTable,
        featureSeconds: Double = 0, notes: [String] = [], arm: PolicyArm,
        assignments: [ExperimentLayers.Assignment] = [], start: ContinuousClock.Instant = .now
    ) -> Decision {
        withScratch { marks in
            var watch = StageWatch(found.stages)
            watch.stages[.features] = featureSeconds
            var notes = notes
            var link = DecisionLink.popular
            var scores: [Float]?
            if !found.items.isEmpty {
                if start.duration(to: .now) > configuration.deadline * DecisionConfiguration.rankingShare {
                    notes.append("the deadline was near: candidates are in the order of their sources")
                } else if let ranked = configuration.ranker.score(found.items, in: context, features, scratch: &marks) {
                    (scores, link) = (ranked, .model)
                } else if let ranked = NeighborRanker().score(found.items, in: context, features, scratch: &marks) {
                    (scores, link) = (ranked, .session)
                }
                if scores == nil, context.given != nil {
                    scores = found.items.map { context.trendingLists.popularity(of: $0) }
                }
                if scores == nil, found.areOfWholeCatalog { link = .catalog }
            } else {
                link = .empty
            }
            if context.model == nil { notes.append("no model is deployed") }
            if let asked = query.candidates?.count, let known = context.given?.count, known < asked {
                notes.append("\(asked - known) of the candidates are not in the catalog")
            }
            let ranked = ranked(
                found.items, scores ?? found.items.indices.map { -Float($0) }, count: query.count, context, &marks)
            watch.end(.ranking)

            let choices = choices(ranked, context, arm, &marks)
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
                slate = Slate(slots: (0..<min(query.count, choices.count)).map { .init(candidate: $0, propensity: 1) })
            }
            watch.end(.policy)

            var ranking = RankingRecord(ranker: link == .model ? type(of: configuration.ranker).kind : "")
            if link == .model, !features.features.isEmpty, let scores {
                ranking.features = features.selecting(ranked.map(\.index))
                ranking.scores = ranked.map { scores[$0.index] }
            }
            var decision = Decision(
                id: Decision.firstID(at: context.time) | Int64(index & 0xF_FFFF), time: context.time, query: query,
                arm: arm.name, assignments: assignments, link: link, notes: notes, choices: choices, slate: slate,
                ranking: ranking, digest: Decision.digest(choices, ranking), model: context.model?.version ?? "",
                policy: kind, policyVersion: version, seed: seed, stages: watch.stages.seconds)
            decision.shown = slate.slots.map { ranked[$0.candidate].item }
            return decision
        }
    }

    /// Calls `body` with the first scratch that is free: what was used last is still in the caches.
    private func withScratch<Result: Sendable>(_ body: (inout ItemMarks) -> Result) -> Result {
        for box in scratch {
            if let result = box.marks.withLockIfAvailable({ body(&$0) }) { return result }
        }
        return scratch[0].marks.withLock { body(&$0) }
    }

    /// Everything that sources, filters and rankers may know.
    func context(
        _ query: DecisionQuery, _ asker: Asker, time: Int64, _ snapshot: CatalogSnapshot.Shared,
        _ model: DeployedModel?, _ trends: Trends
    ) -> DecisionContext {
        DecisionContext(
            query, asker, time: time, snapshot,
            trendingLists(snapshot.snapshot, model, trends, time: time), trends, model)
    }

    /// Trending, popular and new items at a time.
    func trendingLists(_ snapshot: CatalogSnapshot, _ model: DeployedModel?, _ trends: Trends, time: Int64)
        -> TrendingLists
    {
        trendingLists.trendingLists(snapshot, model, trends, configuration.popularity, now: time) { [self] in
            popularity(model)
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

    /// The sources' candidates, each item once. What is consumed, hidden or at rest does not use up a source's share.
    private func candidates(_ context: DecisionContext, _ marks: inout ItemMarks) -> [Int32] {
        if let given = context.given {
            mark(exclusionsOfGiven, context, &marks)
            return marks.merge([(given, .max)], below: Int32(context.snapshot.count))
        }
        mark(exclusions, context, &marks)
        // One of each source after the other, so that the order of the items, which ranks them where no model does, is nobody's own.
        return marks.merge(
            sources.map {
                // What is not wanted is removed later, and uses up no source's share either.
                ($0.source.candidates(for: context, limit: $0.limit), context.isRestricted ? .max : $0.limit)
            },
            below: Int32(context.snapshot.count))
    }

    private func mark(_ exclusions: [any Exclusion], _ context: DecisionContext, _ marks: inout ItemMarks) {
        marks.reset(context.snapshot.count)
        for exclusion in exclusions { exclusion.mark(context, &marks) }
    }

    /// Where the sources gave too few: whatever is wanted and may be shown, the newest index first.
    private func wholeSnapshot(_ context: DecisionContext, _ marks: inout ItemMarks) -> [Int32] {
        var items: [Int32] = []
        for item in (0..<Int32(context.snapshot.count)).reversed() where context.isWanted(item) {
            items.append(item)
            if items.count == 5_000 { break }
        }
        mark(exclusions, context, &marks)
        items.removeAll { marks.contains($0) }
        Unwanted().apply(&items, context)
        return items
    }

    private struct Ranked {
        var item: Int32
        /// Among the candidates.
        var index: Int
        var score: Double
    }

    /// The best candidates for the policy, by score; a few without a score, that the ranker does not know, come with them.
    /// - Parameter count: how many the answer has.
    private func ranked(
        _ items: [Int32], _ scores: [Float], count: Int, _ context: DecisionContext, _ marks: inout ItemMarks
    ) -> [Ranked] {
        guard !items.isEmpty else { return [] }
        let scale = ScoreScale(scores)
        let unknownLimit = context.given == nil ? configuration.unknownChoices : .max
        var known: [Ranked] = []
        known.reserveCapacity(items.count)
        var unknown: [Ranked] = []
        for index in items.indices {
            if scores[index].isFinite {
                known.append(Ranked(item: items[index], index: index, score: scale.standardized(scores[index])))
            } else if unknown.count < unknownLimit {
                unknown.append(Ranked(item: items[index], index: index, score: 0))
            }
        }
        tire(&known, context, &marks)
        tire(&unknown, context, &marks)
        known.sort { $0.score > $1.score || $0.score == $1.score && $0.item < $1.item }
        let cap = CategoryCap(limit: configuration.categoryCap)
        if cap.limit > 0 {
            var order = known.map(\.item)
            cap.apply(&order, context)
            marks.reset(context.snapshot.count)
            for item in order { marks.insert(item) }
            known.removeAll { !marks.contains($0.item) }
            unknown = []
        }
        // An answer is chosen among as many at least as it has.
        let limit = max(configuration.choices, count)
        if context.given == nil { known.removeLast(max(0, known.count - max(limit - unknown.count, 1))) }
        if !unknown.isEmpty {
            known += unknown
            known.sort { $0.score > $1.score || $0.score == $1.score && $0.item < $1.item }
        }
        known.removeLast(max(0, known.count - limit))
        return known
    }

    /// Takes from the scores of items that were shown in vain.
    private func tire(_ ranked: inout [Ranked], _ context: DecisionContext, _ marks: inout ItemMarks) {
        let exposures = context.state.exposures
        guard configuration.fatigue.penalty > 0, !exposures.isEmpty, !ranked.isEmpty else { return }
        marks.reset(context.snapshot.count)
        for (index, exposure) in exposures.enumerated() where Int(exposure.item) < context.snapshot.count {
            marks[exposure.item] = Int32(index)
        }
        for index in ranked.indices {
            guard let exposed = marks[ranked[index].item] else { continue }
            let exposure = exposures[Int(exposed)]
            let age = Double(context.time - exposure.time) / Double(max(configuration.fatigue.rest, 1))
            ranked[index].score -=
                configuration.fatigue.penalty * Double(exposure.count) * (-max(0, age)).powerOfTwo
        }
    }

    private func choices(
        _ ranked: [Ranked], _ context: DecisionContext, _ arm: PolicyArm, _ marks: inout ItemMarks
    ) -> ChoiceSet {
        let names = context.snapshot.names
        let items = ranked.map { names[Int($0.item)] }
        let scores = configuration.probabilities ? ranked.map { 1 / (1 + exp(-$0.score)) } : ranked.map(\.score)
        guard arm.usesFeatures else { return ChoiceSet(items: items, scores: scores) }
        let popularity = popularity(context.model)
        let rates = context.trends.rates(of: ranked.lazy.map(\.item), at: context.time)
        marks.reset(context.snapshot.count)
        for exposure in context.state.exposures where Int(exposure.item) < context.snapshot.count {
            marks[exposure.item] = exposure.count
        }
        var features: [Double] = []
        features.reserveCapacity(items.count * ChoiceFeatures.width)
        for (index, candidate) in ranked.enumerated() {
            ChoiceFeatures.row(
                candidate.item, score: candidate.score, exposures: marks[candidate.item] ?? 0, context,
                popularity: Int(candidate.item) < popularity.count ? popularity[Int(candidate.item)] : 0,
                rate: rates[index], into: &features)
        }
        return ChoiceSet(items: items, scores: scores, features: features, width: ChoiceFeatures.width)
    }
}

/// Seconds by stage.
private struct StageTimes: Sendable {
    var seconds = [Double](repeating: 0, count: DecisionStage.allCases.count)

    subscript(stage: DecisionStage) -> Double {
        get { seconds[stage.rawValue] }
        set { seconds[stage.rawValue] = newValue }
    }
}

/// Times of stages, one after the other.
private struct StageWatch {
    var stages: StageTimes
    private var last = ContinuousClock.now

    init(_ stages: StageTimes = StageTimes()) { self.stages = stages }

    mutating func end(_ stage: DecisionStage) {
        let now = ContinuousClock.now
        stages[stage] = last.duration(to: now).seconds
        last = now
    }
}
