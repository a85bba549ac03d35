internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import MarqueeData
internal import MarqueeLive
internal import MarqueeRuntime
internal import NIOCore

/// `POST /api/events`.
struct EventRoutes {
    let loop: LiveLoop
    let reader: BodyReader
    let metrics: Metrics

    func add(to routes: Endpoints) {
        routes.on(.post, "events") { request, _ in try await events(request) }
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
        let early = events.count { $0.type != .search && ids.index(of: $0.item) == nil }
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
}
