import CZlib
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import MarqueeServer

/// What HTTP has besides GET and POST: HEAD, compressed bodies, bodies that wait to be asked for, other origins.
@Suite struct HTTPTests {
    typealias Fixture = ServerFixture

    @Test func headIsGetWithoutTheBody() async throws {
        try await Fixture.run { client, server in
            for endpoint in server.endpoints where endpoint.method == .get {
                let uri = endpoint.path.description.replacing(/{[^}]+}/, with: "0")
                let get = try await client.executeRequest(uri: uri, method: .get, headers: [:], body: nil)
                let head = try await client.executeRequest(uri: uri, method: .head, headers: [:], body: nil)
                #expect(head.status == get.status, "\(uri)")
                #expect(head.body.readableBytes == 0)
                #expect(head.headers[.contentType] == get.headers[.contentType])
            }
            #expect(try await client.send(.head, "/api/events").status == 405)
        }
    }

    @Test func bodiesMayComeCompressed() async throws {
        try await Fixture.run(flags: ["server.max-body": "65536"], deploys: false) { client, _ in
            func post(_ bytes: [UInt8], _ encoding: String) async throws -> (status: Int, message: String) {
                let response = try await client.executeRequest(
                    uri: "/api/items", method: .post, headers: [.contentEncoding: encoding],
                    body: ByteBuffer(bytes: bytes))
                let json = try? JSONSerialization.jsonObject(with: Data(response.body.readableBytesView))
                return (response.status.code, (json as? [String: Any])?.message ?? "")
            }
            let body = Array(#"[{"id":"a","title":"Alien"}]"#.utf8)
            let gzip = try Self.deflated(body, window: 15 + 16)
            #expect(try await post(gzip, "gzip").status == 200)
            #expect(try await post(try Self.deflated(body, window: 15), "deflate").status == 200)
            // Of two members, as files put together are.
            let two =
                try Self.deflated(Array(body.prefix(9)), window: 31) + Self.deflated(Array(body[9...]), window: 31)
            #expect(try await post(two, "GZIP").status == 200)
            #expect(try await client.send(.get, "/api/items/a").json["title"] as? String == "Alien")
            // Ends too early, is something else, grows too large, is of a kind that is not read.
            #expect(try await post(Array(gzip.dropLast(9)), "gzip") == (400, Self.damaged))
            #expect(try await post(body, "gzip") == (400, Self.damaged))
            let bomb = try Self.deflated([UInt8](repeating: UInt8(ascii: " "), count: 50_000_000), window: 31)
            #expect(bomb.count < 60_000)
            #expect(try await post(bomb, "gzip").status == 413)
            #expect(try await post(body, "br").status == 415)
        }
    }

    private static let damaged = "the body is not what its Content-Encoding says: it is damaged"

    private static func deflated(_ bytes: [UInt8], window: Int32) throws -> [UInt8] {
        var stream = z_stream()
        try #require(
            deflateInit2_(
                &stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK)
        defer { deflateEnd(&stream) }
        var (bytes, output) = (bytes, [UInt8](repeating: 0, count: bytes.count / 100 + 1_000))
        let (status, count) = bytes.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                let status = deflate(&stream, Z_FINISH)
                return (status, output.count - Int(stream.avail_out))
            }
        }
        try #require(status == Z_STREAM_END)
        return Array(output[..<count])
    }

    @Test func whoWaitsToBeAskedIsAsked() async throws {
        let flags = ["server.max-body": "2048", "server.idle-timeout": "20"]
        try await Fixture.run(flags: flags, deploys: false, over: .live) { client, _ in
            let port = try #require(client.port.flatMap { UInt16(exactly: $0) })
            let body = #"{"id":"waited"}"#
            let head = { (count: Int) in
                "POST /api/items HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\nExpect: 100-continue\r\n\r\n"
            }
            let wire = try Wire(port)
            try wire.send(head(body.utf8.count))
            #expect(try wire.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 Continue"))
            try wire.send(body)
            #expect(try wire.receive().hasPrefix("HTTP/1.1 200 OK"))
            // Whose length says that it is too large is not asked for.
            let refused = try Wire(port).exchange(head(4_096))
            #expect(refused.hasPrefix("HTTP/1.1 413") && refused.lowercased().contains("connection: close"))
        }
    }

    @Test func pagesOfOtherOriginsAskIfTheyMay() async throws {
        let shop = "https://shop.example"
        let preflight: HTTPFields = [.origin: shop, .accessControlRequestMethod: "POST"]
        try await Fixture.run(flags: ["cors.origins": "\(shop),http://localhost:3000"], deploys: false) { client, _ in
            let allowed = try await client.send(.options, "/api/events", headers: preflight)
            #expect(allowed.status == 204)
            #expect(allowed.headers[.accessControlAllowOrigin] == shop)
            #expect(allowed.headers[.accessControlAllowMethods]?.contains("POST") == true)
            #expect(allowed.headers[.accessControlAllowHeaders]?.contains("X-API-Key") == true)
            #expect(allowed.headers[.vary] == "Origin")
            for path in ["/api/popular", "/api/popular?n=0", "/api/nothing"] {
                let answer = try await client.send(.get, path, headers: [.origin: shop])
                #expect(answer.headers[.accessControlAllowOrigin] == shop, "\(path)")
                #expect(path == "/api/popular" || !answer.json.message.isEmpty)
                let other = try await client.send(.get, path, headers: [.origin: "https://elsewhere.example"])
                #expect(other.headers[.accessControlAllowOrigin] == nil)
            }
            let other: HTTPFields = [.origin: "https://elsewhere.example", .accessControlRequestMethod: "POST"]
            #expect(
                try await client.send(.options, "/api/events", headers: other).headers[.accessControlAllowOrigin] == nil
            )
        }
        try await Fixture.run(flags: ["cors.origins": "*"], deploys: false) { client, _ in
            let answer = try await client.send(.get, "/api/popular", headers: [.origin: shop])
            #expect(answer.headers[.accessControlAllowOrigin] == "*")
        }
        try await Fixture.run(deploys: false) { client, _ in
            let answer = try await client.send(.options, "/api/events", headers: preflight)
            #expect(answer.status == 405 && answer.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test func metricsAreForWhoeverTheSettingSays() async throws {
        let keys = ["keys.read": "r", "keys.admin": "a"]
        let guarded = keys.merging(["metrics.access": "admin"]) { $1 }
        try await Fixture.run(flags: guarded, deploys: false) { client, _ in
            func status(_ key: String?) async throws -> Int {
                var headers = HTTPFields()
                headers[.apiKey] = key
                return try await client.send(.get, "/metrics", headers: headers).status
            }
            let (nobody, reader, keeper) = (try await status(nil), try await status("r"), try await status("a"))
            #expect((nobody, reader, keeper) == (401, 403, 200))
            #expect(try await client.send(.get, "/api/health/live").status == 200)
        }
        try await Fixture.run(flags: keys, deploys: false) { client, _ in
            let answer = try await client.send(.get, "/metrics")
            #expect(answer.status == 200)
        }
        #expect(throws: (any Error).self) { try ServerConfiguration(flags: ["metrics.access": "admin"]) }
    }
}
