internal import Hummingbird
internal import MarqueeLive
internal import MarqueeRuntime
internal import Synchronization

/// What gorse recommends: `/api/recommend/{user-id}/{category}`, the latest items, neighbors of items and users, and in its
/// form `/api/recommend/{user-id}`, `/api/session/recommend` and `/api/popular`.
struct GorseRecommendRoutes {
    let loop: LiveLoop
    let maxCount: Int
    let times: DecisionTimes
    let settings: GorseSettings
    private let waiting = WaitingFeedback()

    init(loop: LiveLoop, maxCount: Int, times: DecisionTimes, settings: GorseSettings) {
        self.loop = loop
        self.maxCount = maxCount
        self.times = times
        self.settings = settings
    }

    func add(to routes: Endpoints) {
        let maxCount = maxCount
        routes.on(
            .get, "recommend/:user-id/:category", query: { try Asked(&$0, atMost: maxCount) }
        ) { request, context, asked in
            try await recommend(
                asked,
                DecisionQuery(
                    who: .user(try Request.name(context, "user-id")), category: try Request.name(context, "category")),
                scores: try GorseForm.wantsScores(request))
        }
        addLists(to: routes)
        addNeighbors(to: routes)
    }

    private func addLists(to routes: Endpoints) {
        let maxCount = maxCount
        routes.on(.get, "popular/:category", query: { try ListAsked(&$0, atMost: maxCount) }) { _, context, asked in
            try popular(asked, category: try Request.name(context, "category"))
        }
        routes.on(
            .get, "latest",
            query: { (try ListAsked(&$0, atMost: maxCount), category: try $0.text("category")) }
        ) { _, _, query in
            try latest(query.0, category: query.category)
        }
        routes.on(.get, "latest/:category", query: { try ListAsked(&$0, atMost: maxCount) }) { _, context, asked in
            try latest(asked, category: try Request.name(context, "category"))
        }
    }

    private func addNeighbors(to routes: Endpoints) {
        let maxCount = maxCount
        routes.on(
            .get, "item/:item-id/neighbors", query: { try GorseSlice(&$0, atMost: maxCount) }
        ) { _, context, slice in
            try neighbors(of: try Request.name(context, "item-id"), category: nil, slice)
        }
        routes.on(
            .get, "item/:item-id/neighbors/:category", query: { try GorseSlice(&$0, atMost: maxCount) }
        ) { _, context, slice in
            try neighbors(
                of: try Request.name(context, "item-id"), category: try Request.name(context, "category"), slice)
        }
        routes.on(
            .get, "user/:user-id/neighbors", query: { try GorseSlice(&$0, atMost: maxCount) }
        ) { _, context, slice in
            let people = loop.neighbors(ofUser: try Request.name(context, "user-id"), count: slice.end)
            return try JSONText.response(
                encoding: slice.of(people.map { GorseScore(id: $0.user, score: $0.score) }))
        }
    }

    // MARK: Lists that are nobody's own

    /// What a query for a list says.
    struct ListAsked {
        let slice: GorseSlice
        /// What this user touched is left out.
        let user: String?

        init(_ query: inout QueryReader, atMost limit: Int) throws {
            slice = try GorseSlice(&query, atMost: limit)
            user = try query.text("user-id")
        }
    }

    /// What many touch now; see ``LiveLoop/popular(domain:category:leavingOutTouchedBy:count:)``.
    func popular(_ asked: ListAsked, domain: String? = nil, category: String? = nil) throws -> Response {
        try list(
            loop.popular(
                domain: domain, category: category, leavingOutTouchedBy: asked.user, count: asked.slice.end),
            asked.slice)
    }

    private func latest(_ asked: ListAsked, category: String?) throws -> Response {
        try list(
            loop.latest(category: category, leavingOutTouchedBy: asked.user, count: asked.slice.end), asked.slice)
    }

    private func neighbors(of item: String, category: String?, _ slice: GorseSlice) throws -> Response {
        guard let similar = try loop.similar(to: item, category: category, count: slice.end) else {
            throw HTTPError(.notFound, message: "there is no item '\(item)'")
        }
        return try list(similar.items, slice)
    }

    private func list(_ items: [ScoredItem]?, _ slice: GorseSlice) throws -> Response {
        try JSONText.response(encoding: slice.of(items ?? []).map { GorseScore(id: $0.id, score: $0.score) })
    }

    // MARK: Decisions

    /// What a query for recommendations says.
    struct Asked {
        let slice: GorseSlice
        /// What each item is noted as, by the name of the feedback, and after how many milliseconds.
        let writeBack: (type: String, delay: Int64)?
        /// A key that only gorse's form knows, and that was given.
        let foreign: String?

        init(_ query: inout QueryReader, atMost limit: Int) throws {
            slice = try GorseSlice(&query, atMost: limit)
            let (type, span) = (try query.gorseText("write-back-type"), try query.gorseText("write-back-delay"))
            guard let delay = span.map(GorseTime.span) ?? 0 else {
                throw HTTPError(.badRequest, message: "'write-back-delay' is to be a time such as 10m or 1h30m")
            }
            guard type?.isName ?? true else {
                throw HTTPError(
                    .badRequest, message: "'write-back-type' is to be 1 to 256 bytes without control characters")
            }
            writeBack = type.map { ($0, delay) }
            foreign =
                slice.offset > 0
                ? "offset" : type.map { _ in "write-back-type" } ?? span.map { _ in "write-back-delay" }
        }
    }

    /// What somebody wants to see next, ids alone or with scores. With `write-back-type` each item is noted as feedback of
    /// that name, after `write-back-delay`.
    /// - Parameter query: who asks for what; as many are decided on as the slice needs.
    func recommend(_ asked: Asked, _ query: DecisionQuery, scores: Bool) async throws -> Response {
        var query = query
        query.count = asked.slice.end
        let start = ContinuousClock.now
        let decision = try await loop.decide(query)
        times.observe(decision, start.duration(to: .now))
        if let (type, delay) = asked.writeBack {
            try await writeBack(
                asked.slice.of(decision.shownIDs.enumerated()), of: decision, to: query.who.id, type, after: delay)
        }
        return try answer(decision, asked.slice, scores: scores)
    }

    /// What a query of a session says.
    struct SessionAsked {
        let slice: GorseSlice
        let category: String?
        /// Whether anything was said: the own form says it in the body.
        let isEmpty: Bool

        init(_ query: inout QueryReader, atMost limit: Int) throws {
            slice = try GorseSlice(&query, atMost: limit)
            category = try query.text("category")
            isEmpty = query.keys.allSatisfy { _ in false }
        }
    }

    /// What somebody without a name wants to see next, from feedback that is not kept.
    func session(_ slice: GorseSlice, category: String?, _ body: ConfigValue) async throws -> Response {
        let touched = GorseRows(body) { try GorseFeedback.touch($0) }
        if let first = touched.rejected.first {
            throw HTTPError(.badRequest, message: "row \(first.index): \(first.problem)")
        }
        let newest = touched.rows.enumerated().sorted { ($0.element.time, $0.offset) > ($1.element.time, $1.offset) }
        let start = ContinuousClock.now
        let decision = try await loop.decide(
            DecisionQuery(
                who: .session(""), count: slice.end, category: category,
                touched: newest.prefix(100).map(\.element.item)))
        times.observe(decision, start.duration(to: .now))
        return try answer(decision, slice, scores: true)
    }

    private func answer(_ decision: Decision, _ slice: GorseSlice, scores: Bool) throws -> Response {
        let slots = slice.of(decision.slate.slots)
        let ids = slots.map { decision.choices.items[$0.candidate] }
        guard scores else { return try JSONText.response(encoding: ids) }
        return try JSONText.response(
            encoding: zip(ids, slots).map { GorseScore(id: $0, score: decision.choices.scores[$1.candidate]) })
    }

    private func writeBack(
        _ items: [(offset: Int, element: String)], of decision: Decision, to user: String, _ type: String,
        after delay: Int64
    ) async throws {
        let (loop, time, event) = (loop, decision.time + delay, settings.eventType(type))
        let events = items.map { position, item in
            Event(
                id: "write-back/\(decision.name)/\(position)", user: user, item: item, type: event,
                context: type == event.rawValue ? [:] : ["feedback": type], time: time, decision: decision.name,
                position: position)
        }
        guard delay > 0 else {
            _ = try await loop.append(events)
            return
        }
        guard waiting.add(events.count) else {
            throw HTTPError(
                .tooManyRequests, headers: [.retryAfter: "60"],
                message: "too much waits to be written back; give a shorter 'write-back-delay'")
        }
        // The log takes nothing from the future. What waits when the server stops is not written.
        Task { [waiting] in
            try? await Task.sleep(for: .milliseconds(delay))
            _ = try? await loop.append(events)
            waiting.remove(events.count)
        }
    }
}

/// How much feedback waits to be written back.
private final class WaitingFeedback: Sendable {
    private static let limit = 100_000
    private let count = Mutex(0)

    func add(_ number: Int) -> Bool {
        count.withLock { count in
            guard count + number <= Self.limit else { return false }
            count += number
            return true
        }
    }

    func remove(_ number: Int) { count.withLock { $0 -= number } }
}
