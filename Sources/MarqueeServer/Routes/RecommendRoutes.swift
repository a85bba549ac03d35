internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeLive
internal import MarqueeModels
internal import MarqueeRuntime
internal import Synchronization

/// `GET /api/recommend/{user-id}`, `POST /api/session/recommend`, `POST /api/rank`, `GET /api/similar/{item-id}`,
/// `GET /api/popular`.
struct RecommendRoutes {
    let loop: LiveLoop
    let reader: BodyReader
    let count: Int
    let maxCount: Int
    let times: DecisionTimes
    let settings: GorseSettings
    private var gorse: GorseRecommendRoutes {
        GorseRecommendRoutes(loop: loop, maxCount: maxCount, times: times, settings: settings)
    }

    func add(to routes: Endpoints) {
        let (count, maxCount, gorse) = (count, maxCount, gorse)
        gorse.add(to: routes)
        routes.on(
            .get, "recommend/:user-id",
            query: { query in
                // Where is asked; the time is the decision's.
                (
                    gorse: try GorseRecommendRoutes.Asked(&query, atMost: maxCount),
                    count: try query.integer("n", in: 0...maxCount, standard: count),
                    domain: try query.text("domain"), category: try query.text("category"),
                    filter: try query.json("filter", as: ItemFilter.self),
                    context: MarqueeEvaluation.RequestContext(
                        device: try query.text("device") ?? "", region: try query.text("region") ?? "",
                        page: try query.text("page") ?? ""),
                    listsChoices: try query.flag("choices"), givesReasons: try query.flag("reasons")
                )
            }
        ) { request, context, query in
            let decision = DecisionQuery(
                who: .user(try Request.name(context, "user-id")), count: query.count, domain: query.domain,
                category: query.category, filter: query.filter,
                reasonCount: query.givesReasons ? Self.reasonCount : 0, context: query.context)
            if try GorseForm.isAsked(by: request) {
                return try await gorse.recommend(query.gorse, decision, scores: try GorseForm.wantsScores(request))
            }
            if let foreign = query.gorse.foreign {
                throw HTTPError(
                    .badRequest,
                    message:
                        "'\(foreign)' is gorse's: ask in its form, with the header X-API-Version or a slash after the user"
                )
            }
            _ = try own(query.count)
            return try await answer(decision, listsChoices: query.listsChoices)
        }
        routes.on(
            .post, "session/recommend", query: { try GorseRecommendRoutes.SessionAsked(&$0, atMost: maxCount) }
        ) { request, _, asked in
            let body = try await reader.json(request)
            if case .list = body { return try await gorse.session(asked.slice, category: asked.category, body) }
            guard asked.isEmpty else {
                throw HTTPError(
                    .badRequest, message: "what is asked for belongs in the body; a query is for gorse's form")
            }
            let query: SessionQuery = try reader.decode(body)
            return try await answer(try query.query(count: count, maxCount: maxCount))
        }
        routes.on(.post, "rank") { request, _ in
            let query: RankQuery = try reader.decode(try await reader.json(request))
            return try await answer(try query.query())
        }
        routes.on(
            .post, "session/recommend/:category",
            query: { try GorseSlice(&$0, atMost: maxCount) }
        ) { request, context, slice in
            try await gorse.session(
                slice, category: try Request.name(context, "category"), try await reader.json(request))
        }
        routes.on(
            .get, "similar/:item-id",
            query: {
                (
                    count: try $0.integer("n", in: 1...maxCount, standard: count),
                    likeness: try $0.choice("by", of: ItemLikeness.self)
                )
            }
        ) { _, context, query in
            let item = try Request.name(context, "item-id")
            guard let similar = try loop.similar(to: item, by: query.likeness, count: query.count) else {
                throw HTTPError(.notFound, message: "there is no item '\(item)'")
            }
            return list(similar.items, measure: similar.measure)
        }
        routes.on(
            .get, "popular",
            query: { query in
                (
                    gorse: try GorseRecommendRoutes.ListAsked(&query, atMost: maxCount),
                    count: try query.integer("n", in: 0...maxCount, standard: count),
                    domain: try query.text("domain"), category: try query.text("category")
                )
            }
        ) { request, _, query in
            if try GorseForm.isAsked(by: request) {
                return try gorse.popular(query.gorse, domain: query.domain, category: query.category)
            }
            let (user, offset) = (query.gorse.user, query.gorse.slice.offset)
            let items = loop.popular(
                domain: query.domain, category: query.category, leavingOutTouchedBy: user,
                count: offset + (try own(query.count)))
            return list(Array((items ?? []).dropFirst(offset)))
        }
    }

    /// How many the own form gives: gorse's 0, for as many as usual, is not in it.
    private func own(_ count: Int) throws -> Int {
        guard count > 0 else {
            throw HTTPError(.badRequest, message: "'n' is to be a whole number from 1 to \(maxCount)")
        }
        return count
    }

    /// Of an item, as many as `marquee recommend` prints.
    static let reasonCount = 2

    private func answer(_ query: DecisionQuery, listsChoices: Bool = false) async throws -> Response {
        let start = ContinuousClock.now
        let decision = try await loop.decide(query)
        times.observe(decision, start.duration(to: .now))
        let titles = loop.catalog.titles(decision.shown)
        var json = JSONWriter(capacity: 256 + decision.shown.count * 160)
        json.object {
            switch query.who {
            case .user(let id): $0.write("user", id)
            case .session(let id): $0.write("session", id)
            }
            $0.write("decision", decision.name)
            $0.write("link", decision.link.rawValue)
            $0.write("model", decision.model)
            $0.write("policy", decision.policy)
            if !decision.assignments.isEmpty {
                $0.array("experiments") { list in
                    for assignment in decision.assignments {
                        list.object {
                            $0.write("name", assignment.experiment)
                            $0.write("arm", assignment.arm)
                        }
                    }
                }
            }
            $0.array("items") { list in
                for (place, (slot, title)) in zip(decision.slate.slots, titles).enumerated() {
                    list.object {
                        $0.write("id", decision.choices.items[slot.candidate])
                        $0.write("title", utf8: title)
                        // To look at; whoever computes with it asks for the choices.
                        $0.write("score", Float(decision.choices.scores[slot.candidate]))
                        $0.write("propensity", slot.propensity)
                        guard query.reasonCount > 0 else { return }
                        $0.array("reasons") { reasons in
                            // None of an item that the model does not know, or that nothing speaks for.
                            for reason in place < decision.reasons.count ? decision.reasons[place] : [] {
                                reasons.object {
                                    $0.write("item", reason.item)
                                    $0.write("title", reason.title)
                                    $0.write("share", reason.share)
                                }
                            }
                        }
                    }
                }
            }
            if listsChoices {
                // Whom the policy chose among: what it takes to ask what another policy would have done.
                $0.object("choices") { choices in
                    choices.array("items") { list in for item in decision.choices.items { list.write(nil, item) } }
                    choices.array("scores") { list in for score in decision.choices.scores { list.write(nil, score) } }
                }
            }
            if !decision.notes.isEmpty {
                $0.array("notes") { list in for note in decision.notes { list.write(nil, note) } }
            }
        }
        return JSONText.response(json)
    }

    private func list(_ items: [ScoredItem], measure: String? = nil) -> Response {
        let snapshot = loop.catalog.snapshot
        var json = JSONWriter()
        json.object {
            if let measure { $0.write("measure", measure) }
            $0.array("items") { list in
                for item in items {
                    list.object {
                        $0.write("id", item.id)
                        $0.write("title", snapshot.ids.index(of: item.id).map(snapshot.title) ?? item.id)
                        $0.write("score", Float(item.score))
                    }
                }
            }
        }
        return JSONText.response(json)
    }
}

/// What somebody without a name touched, and what they want.
struct SessionQuery: Configuration {
    var session = ""
    /// The newest first.
    var items: [String] = []
    var n: Int?
    var domain: String?
    var category: String?
    var filter: ItemFilter?
    /// Where is asked.
    var device: String?
    var region: String?
    var page: String?
    /// Whether each item comes with what was touched that speaks for it.
    var reasons = false

    static let defaults = SessionQuery()

    func query(count: Int, maxCount: Int) throws -> DecisionQuery {
        let n = n ?? count
        guard (1...maxCount).contains(n) else {
            throw HTTPError(.badRequest, message: "'n' is to be a whole number from 1 to \(maxCount)")
        }
        guard items.count <= 100 else {
            throw HTTPError(.badRequest, message: "'items' has \(items.count) entries; send the newest 100")
        }
        guard session.utf8.count <= 256, session.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw HTTPError(.badRequest, message: "'session' is to be at most 256 bytes without control characters")
        }
        for (name, text) in [("device", device), ("region", region), ("page", page)] {
            guard let text else { continue }
            guard text.utf8.count <= 256, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw HTTPError(.badRequest, message: "'\(name)' is to be at most 256 bytes without control characters")
            }
        }
        return DecisionQuery(
            who: .session(session), count: n, domain: domain, category: category, filter: filter,
            reasonCount: reasons ? RecommendRoutes.reasonCount : 0, touched: items,
            context: MarqueeEvaluation.RequestContext(device: device ?? "", region: region ?? "", page: page ?? ""))
    }
}

/// Histograms of decisions by stage, and by model, policy and link.
final class DecisionTimes: Sendable {
    private struct Key: Equatable {
        let model: String
        let policy: String
        let link: DecisionLink
    }
    private let metrics: Metrics
    private let stages: [Histogram]
    /// Few, and the first ones are asked for most: looked through, not hashed.
    private let wholes = Mutex<[(key: Key, histogram: Histogram)]>([])

    init(_ metrics: Metrics) {
        self.metrics = metrics
        stages = DecisionStage.allCases.map { stage in
            metrics.histogram(
                "marquee_decision_stage_seconds", help: "Time of a decision's stage.", [("stage", stage.name)])
        }
    }

    func observe(_ decision: Decision, _ duration: Duration) {
        for (histogram, seconds) in zip(stages, decision.stages) { histogram.observe(seconds: seconds) }
        let key = Key(model: decision.model, policy: decision.policy, link: decision.link)
        let whole = wholes.withLock { wholes in
            if let known = wholes.first(where: { $0.key == key }) { return known.histogram }
            let histogram = metrics.histogram(
                "marquee_decision_seconds", help: "Time of a decision.",
                [("link", key.link.rawValue), ("model", key.model), ("policy", key.policy)])
            wholes.append((key, histogram))
            return histogram
        }
        whole.observe(seconds: duration.seconds)
    }
}
