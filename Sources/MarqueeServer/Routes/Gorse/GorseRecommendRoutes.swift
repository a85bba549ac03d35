internal import Hummingbird
internal import MarqueeLive
internal import MarqueeRuntime
internal import Synchronization

/// What gorse recommends: `/api/recommend/{user-id}/{category}`, neighbors of items and users, and in its form
/// `/api/recommend/{user-id}` and `/api/session/recommend`.
struct GorseRecommendRoutes {
    let loop: LiveLoop
    let maxCount: Int
    let times: DecisionTimes
    private let waiting = WaitingFeedback()

    init(loop: LiveLoop, maxCount: Int, times: DecisionTimes) {
        self.loop = loop
        self.maxCount = maxCount
        self.times = times
    }

    func add(to routes: Endpoints) {
        let maxCount = maxCount
        routes.on(
            .get, "recommend/:user-id/:category", query: { try Asked(&$0, atMost: maxCount) }
        ) { request, context, asked in
            let category = try Request.name(context, "category")
            if asked.category != nil {
                throw HTTPError(.badRequest, message: "one category at a time: in the path, or as 'category'")
            }
            return try await recommend(
                asked, DecisionQuery(who: .user(try Request.name(context, "user-id")), category: category),
                scores: GorseForm.wantsScores(request))
        }
        routes.on(
            .get, "item/:item-id/neighbors", query: { try GorseSlice(&$0, atMost: maxCount) }
        ) { _, context, slice in
            let item = try Request.name(context, "item-id")
            guard let items = loop.similar(to: item, count: slice.end) else {
                throw HTTPError(.notFound, message: "there is no item '\(item)'")
            }
            // How alike they are is not kept: the score is 1 / place.
            let scored = items.enumerated().map { GorseScore(id: $1, score: 1 / Double($0 + 1)) }
            return try JSONText.response(encoding: slice.of(scored))
        }
        routes.on(
            .get, "user/:user-id/neighbors", query: { try GorseSlice(&$0, atMost: maxCount) }
        ) { _, context, slice in
            let people = loop.neighbors(ofUser: try Request.name(context, "user-id"), count: slice.end)
            return try JSONText.response(
                encoding: slice.of(people.map { GorseScore(id: $0.user, score: $0.score) }))
        }
    }

    /// What a query for recommendations says.
    struct Asked {
        let slice: GorseSlice
        let category: String?
        /// What each item is noted as, by the name of the feedback, and after how many milliseconds.
        let writeBack: (type: String, event: EventType, delay: Int64)?
        /// A key that only gorse's form knows, and that was given.
        let foreign: String?

        init(_ query: inout QueryReader, atMost limit: Int) throws {
            slice = try GorseSlice(&query, atMost: limit)
            category = try query.text("category")
            let (type, span) = (try query.gorseText("write-back-type"), try query.gorseText("write-back-delay"))
            guard let delay = span.map(GorseTime.span) ?? 0 else {
                throw HTTPError(.badRequest, message: "'write-back-delay' is to be a time such as 10m or 1h30m")
            }
            do { writeBack = try type.map { ($0, try GorseFeedback.eventType($0), delay) } } catch {
                throw HTTPError(.badRequest, message: "'write-back-type': \(error)")
            }
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
        if let (type, event, delay) = asked.writeBack {
            try await writeBack(
                asked.slice.of(decision.shownIDs.enumerated()), of: decision, to: query.who.id, type, event,
                after: delay)
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
    func session(_ asked: SessionAsked, _ body: ConfigValue) async throws -> Response {
        let touched = GorseRows(body) { try GorseFeedback.touch($0) }
        if let first = touched.rejected.first {
            throw HTTPError(.badRequest, message: "row \(first.index): \(first.problem)")
        }
        let newest = touched.rows.enumerated().sorted { ($0.element.time, $0.offset) > ($1.element.time, $1.offset) }
        let start = ContinuousClock.now
        let decision = try await loop.decide(
            DecisionQuery(
                who: .session(""), count: asked.slice.end, category: asked.category,
                touched: newest.prefix(100).map(\.element.item)))
        times.observe(decision, start.duration(to: .now))
        return try answer(decision, asked.slice, scores: true)
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
        _ event: EventType, after delay: Int64
    ) async throws {
        let (loop, time) = (loop, decision.time + delay)
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
