internal import Foundation

#if canImport(FoundationNetworking)
    internal import FoundationNetworking
#endif

/// A running server, as a program that uses it sees it.
struct LiveClient: Sendable {
    let url: String
    let key: String?
    private let session: URLSession

    init(url: String, key: String?) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.key = key
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpMaximumConnectionsPerHost = 64
        configuration.timeoutIntervalForRequest = 30
        session = URLSession(configuration: configuration)
    }

    /// A client for as long as `body` runs.
    static func open<Result>(
        url: String, key: String?, _ body: (LiveClient) async throws -> Result
    ) async throws -> Result {
        let client = LiveClient(url: url, key: key)
        defer { client.session.finishTasksAndInvalidate() }
        return try await body(client)
    }

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
            Answer.self, from: try await send("GET", "/api/recommend/\(user)?n=\(count)&choices=1", nil))
    }

    func items() async throws -> [Page.Item] {
        var items: [Page.Item] = []
        var cursor: String?
        repeat {
            let after =
                cursor?.addingPercentEncoding(withAllowedCharacters: .alphanumerics).map { "&cursor=\($0)" } ?? ""
            let page = try JSONDecoder().decode(
                Page.self, from: try await send("GET", "/api/items?n=1000\(after)", nil))
            items += page.items
            cursor = page.cursor
        } while cursor != nil
        return items
    }

    func events(_ lines: String) async throws { _ = try await send("POST", "/api/events", lines) }

    struct Model: Decodable, Sendable {
        var version: String
        var kind: String
        var path: String?
    }

    /// The model at work; nil where there is none.
    func model() async throws -> Model? {
        do {
            return try JSONDecoder().decode(Model.self, from: try await send("GET", "/api/model", nil))
        } catch LiveSimulationError.refused(_, status: 404, _) { return nil }
    }

    /// Puts the model of a folder on the server's machine to work.
    func deploy(_ path: String) async throws -> Model {
        let body = String(decoding: try JSONEncoder().encode(["path": path]), as: UTF8.self)
        return try JSONDecoder().decode(Model.self, from: try await send("PUT", "/api/model", body))
    }

    func send(_ method: String, _ path: String, _ body: String?) async throws -> Data {
        guard let address = URL(string: url + path) else {
            throw LiveSimulationError.unreachable(url, reason: "it is not a URL")
        }
        var request = URLRequest(url: address)
        request.httpMethod = method
        if let key { request.setValue(key, forHTTPHeaderField: "X-API-Key") }
        request.httpBody = body.map { Data($0.utf8) }
        let (data, response): (Data, URLResponse)
        do { (data, response) = try await session.data(for: request) } catch {
            throw LiveSimulationError.unreachable(url, reason: error.localizedDescription)
        }
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard 200..<300 ~= status else {
            throw LiveSimulationError.refused(path, status: status, reason: String(decoding: data, as: UTF8.self))
        }
        return data
    }
}

/// A server did not answer as it was asked.
public enum LiveSimulationError: Error, CustomStringConvertible {
    case unreachable(String, reason: String)
    case refused(String, status: Int, reason: String)
    case noItems
    /// A request of the media world offers more than a server ranks at once.
    case tooManyOffered(Int)
    /// The model at work is of no folder that could be read.
    case noFolder(String, version: String)

    public var description: String {
        switch self {
        case .unreachable(let url, let reason): "\(url): no answer (\(reason)); start it with 'marquee serve'"
        case .refused(let path, let status, let reason): "\(path): the server answered \(status): \(reason.prefix(300))"
        case .noFolder(let url, let version):
            "\(url): the model at work, \(version), was loaded from no folder, so that nothing can be compared with it"
        case .tooManyOffered(let limit):
            "the world would offer more than the \(limit) items that are ranked at once; give it fewer: "
                + "--config '{ news: \(limit / 3), videos: \(limit) }'"
        case .noItems: "the server's catalog has no items; deploy a model, or POST /api/items"
        }
    }
}
