internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import MarqueeData
internal import MarqueeLive
internal import MarqueeRuntime
internal import NIOCore

/// `POST /api/events` and, in gorse's form, `/api/feedback`.
struct EventRoutes {
    let loop: LiveLoop
    let reader: BodyReader
    let metrics: Metrics

    func add(to routes: Endpoints) {
        routes.on(.post, "events") { request, _ in try await events(request) }
        routes.on(.post, "feedback") { request, _ in try await feedback(request) }
        routes.on(.put, "feedback") { request, _ in try await feedback(request) }
    }

    /// One event, an array, or one a line. The valid ones are on disk when the answer comes.
    private func events(_ request: Request) async throws -> Response {
        let bytes = try await reader.bytes(request)
        let sent = bytes.withUnsafeReadableBytes { SentEvents(json: $0, received: loop.configuration.clock()) }
        return try await answer(sent.events, rejected: sent.rejected)
    }

    private func answer(_ events: [Event], rejected: [SentEvents.Rejected]) async throws -> Response {
        let acknowledgments = try await loop.append(events)
        let duplicates = acknowledgments.count(where: \.isDuplicate)
        count(events.count - duplicates, "accepted")
        count(duplicates, "duplicate")
        count(rejected.count, "rejected")
        let ids = loop.catalog.snapshot.ids
        let early = events.count { ids.index(of: $0.item) == nil }
        var json = JSONWriter(capacity: 96 + rejected.count * 128)
        json.object {
            $0.write("accepted", events.count - duplicates)
            $0.write("duplicates", duplicates)
            // Kept, and counted once the catalog has the item.
            $0.write("unknownItems", early)
            $0.array("rejected") { list in
                for one in rejected.prefix(1_000) {
                    list.object {
                        $0.write("index", one.index)
                        $0.write("line", one.line)
                        if let id = one.id { $0.write("id", id) }
                        $0.write("problem", "\(one.problem)")
                    }
                }
            }
            if rejected.count > 1_000 { $0.write("rejectedCount", rejected.count) }
        }
        return JSONText.response(json, status: events.isEmpty && !rejected.isEmpty ? .badRequest : .ok)
    }

    private func count(_ events: Int, _ outcome: String) {
        guard events > 0 else { return }
        metrics.add(
            Double(events), to: "marquee_events_total", help: "Events by what became of them.", [("outcome", outcome)])
    }

    /// gorse's form: `[{"FeedbackType": "click", "UserId": "1", "ItemId": "2", "Timestamp": "2024-05-01T12:00:00Z"}]`.
    private func feedback(_ request: Request) async throws -> Response {
        let now = loop.configuration.clock()
        let events = try await reader.many(GorseFeedback.self, request).enumerated().map { index, feedback in
            do { return try feedback.event(now: now) } catch {
                throw HTTPError(.badRequest, message: "feedback \(index): \(error)")
            }
        }
        let acknowledgments = try await loop.append(events)
        return JSONText.response("{\"RowAffected\":\(acknowledgments.count { !$0.isDuplicate })}")
    }
}

/// What gorse calls feedback: somebody did something with an item.
struct GorseFeedback: Decodable {
    var feedbackType: String
    var userId: String
    var itemId: String
    /// RFC 3339; now when it is left out or empty.
    var timestamp: String?
    var value: Double?
    var comment: String?

    enum CodingKeys: String, CodingKey {
        case feedbackType = "FeedbackType"
        case userId = "UserId"
        case itemId = "ItemId"
        case timestamp = "Timestamp"
        case value = "Value"
        case comment = "Comment"
    }

    /// gorse's usual names for what has other names here.
    private static let synonyms: [String: EventType] = [
        "read": .view, "star": .favorite, "like": .favorite, "love": .favorite, "buy": .purchase, "rate": .rating,
        "watch": .view,
        "dislike": .hide, "exposure": .impression,
    ]

    /// - Throws: ``EventProblem``, or what is wrong with the time.
    func event(now: Int64) throws -> Event {
        let type = try Self.synonyms[feedbackType] ?? EventType(named: feedbackType)
        var time = now
        if let timestamp, !timestamp.isEmpty {
            guard
                let date = try? Date(
                    timestamp,
                    strategy: .iso8601.year().month().day().time(includingFractionalSeconds: timestamp.contains("."))
                        .timeZone(separator: .colon))
            else { throw FeedbackProblem.badTime(timestamp) }
            time = Int64((date.timeIntervalSince1970 * 1_000).rounded())
        }
        // gorse tells feedback apart by these three; sent again it counts once.
        let event = Event(
            id: "feedback/\(type.rawValue)/\(userId)/\(itemId)", user: userId, item: itemId, type: type, value: value,
            time: time)
        if let problem = event.problem(at: now) { throw problem }
        return event
    }
}

/// Feedback that cannot be read.
enum FeedbackProblem: Error, CustomStringConvertible {
    case badTime(String)
    var description: String {
        switch self {
        case .badTime(let text): "time '\(text.prefix(64))' is not like 2024-05-01T12:00:00Z"
        }
    }
}
