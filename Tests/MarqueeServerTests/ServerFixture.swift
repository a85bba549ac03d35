import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MarqueeData
import MarqueeEvaluation
import MarqueeLive
import MarqueeModels
import MarqueeServer
import NIOCore

/// A server over a small world in a folder of its own, driven without a socket.
enum ServerFixture {
    static let model: SavedModel = {
        let dataset = MovieWorld(.init(users: 120, items: 100, interactions: 3_000, seed: 3)).dataset()
        let data = TrainingSet(log: dataset.log, catalog: dataset.catalog)
        do {
            return SavedModel(model: try IALS.fit(.init(), to: data, in: FitContext(seed: 1)), data: data)
        } catch { fatalError("the fixture's model: \(error)") }
    }()

    static func run(
        flags: [String: String] = [:], deploys: Bool = true, over setup: TestingSetup = .router,
        _ body: @escaping @Sendable (any TestClientProtocol, Server) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-server-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let standard = [
            "server.log-level": "critical", "server.port": "0", "data.folder": folder.path,
            "recommend.deadline": "60000",
        ]
        let configuration = try ServerConfiguration(flags: standard.merging(flags) { $1 })
        let server = try await Server(configuration)
        if deploys { try await server.loop.deploy(model, version: "ials-test") }
        try await server.application().test(setup) { try await body($0, server) }
    }
}

extension TestClientProtocol {
    /// Sends a request, and gives the status and the body's JSON.
    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ uri: String, _ body: String? = nil, headers: HTTPFields = [:]
    ) async throws -> (status: Int, json: [String: Any], headers: HTTPFields) {
        let response = try await executeRequest(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        let json = try? JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any]
        return (response.status.code, json ?? [:], response.headers)
    }
}

extension [String: Any] {
    /// The ids of `items`.
    var ids: [String] { (self["items"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String } }
    /// The message of an error.
    var message: String { (self["error"] as? [String: Any])?["message"] as? String ?? "" }
}
