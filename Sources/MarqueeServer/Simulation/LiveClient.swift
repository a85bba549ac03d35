internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// A running server, as a program that uses it sees it.
struct LiveClient: Sendable {
    let url: String
    let key: String?
    private let http: HTTPClient

    init(url: String, key: String?) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.key = key
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        http = HTTPClient(configuration: configuration)
    }

    func close() async { try? await http.shutdown() }

    struct Answer: Decodable, Sendable {
        struct Item: Decodable, Sendable {
            var id: String
            var propensity: Double
        }
        struct Choices: Decodable, Sendable {
            var items: [String]
            var scores: [Double]
        }
        var decision: String
        var link: String
        var policy: String
        var items: [Item]
        var choices: Choices?
    }

    struct Page: Decodable, Sendable {
        struct Item: Decodable, Sendable {
            var id: String
            var categories: [String]
            var published: Bool
        }
        var items: [Item]
        var cursor: String?
    }

    func recommend(_ user: String, count: Int) async throws -> Answer {
        try JSONDecoder().decode(
            Answer.self, from: try await send(.GET, "/api/recommend/\(user)?n=\(count)&choices=1", nil))
    }

    func items() async throws -> [Page.Item] {
        var items: [Page.Item] = []
        var cursor: String?
        repeat {
            let after =
                cursor?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "&cursor=\($0)" } ?? ""
            let page = try JSONDecoder().decode(Page.self, from: try await send(.GET, "/api/items?n=1000\(after)", nil))
            items += page.items
            cursor = page.cursor
        } while cursor != nil
        return items
    }

    func events(_ lines: String) async throws { _ = try await send(.POST, "/api/events", lines) }

    private func send(_ method: HTTPMethod, _ path: String, _ body: String?) async throws -> Data {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        if let key { request.headers.add(name: "X-API-Key", value: key) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response: HTTPClientResponse
        do { response = try await http.execute(request, timeout: .seconds(30)) } catch {
            throw LiveSimulationError.unreachable(url, reason: "\(error)")
        }
        let bytes = try await response.body.collect(upTo: 64 << 20)
        guard response.status.code < 300 else {
            throw LiveSimulationError.refused(path, status: Int(response.status.code), reason: String(buffer: bytes))
        }
        return Data(bytes.readableBytesView)
    }
}

/// The simulation could not go on.
public enum LiveSimulationError: Error, CustomStringConvertible {
    case unreachable(String, reason: String)
    case refused(String, status: Int, reason: String)
    case noItems

    public var description: String {
        switch self {
        case .unreachable(let url, let reason): "\(url): no answer (\(reason)); start it with 'marquee serve'"
        case .refused(let path, let status, let reason): "\(path): the server answered \(status): \(reason.prefix(300))"
        case .noItems: "the server's catalog has no items; deploy a model, or POST /api/items"
        }
    }
}
