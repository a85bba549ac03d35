internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
internal import MarqueeRuntime
internal import NIOCore

/// Bodies within their bounds: of size, and of the time that a client may take.
struct BodyReader: Sendable {
    let maxBytes: Int
    let maxTime: Duration

    /// The body, inflated where it came compressed.
    /// - Throws: 413 for too much, 408 for too slow, 415 for compression of another kind, 400 where it is damaged.
    func bytes(_ request: Request) async throws -> ByteBuffer {
        let body = try await received(request)
        switch request.headers[.contentEncoding]?.lowercased() {
        case nil, "identity", "": return body
        case "gzip", "x-gzip", "deflate":
            do { return try CompressedBody.inflated(body, limit: maxBytes) } catch {
                switch error {
                case .tooLarge: throw tooLarge
                case .damaged:
                    throw HTTPError(
                        .badRequest, message: "the body is not what its Content-Encoding says: it is damaged")
                }
            }
        case let other?:
            throw HTTPError(
                .unsupportedMediaType, headers: [.acceptEncoding: "gzip, deflate"],
                message: "Content-Encoding '\(other.prefix(64))' is not read; send gzip, deflate, or the body as it is")
        }
    }

    private func received(_ request: Request) async throws -> ByteBuffer {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > maxBytes {
            var error = tooLarge
            // What was not asked for does not come, and the next request would be taken for it.
            if request.head.waitsToBeAsked { error.headers[.connection] = "close" }
            throw error
        }
        let start = ContinuousClock.now
        var whole = ByteBuffer()
        for try await part in request.body {
            // Checked whenever something comes; a client that sends nothing is closed as idle.
            if start.duration(to: .now) > maxTime {
                throw HTTPError(
                    .requestTimeout, headers: [.connection: "close"], message: "the body took more than \(maxTime)")
            }
            guard whole.readableBytes + part.readableBytes <= maxBytes else { throw tooLarge }
            if whole.readableBytes == 0 { whole = part } else { whole.writeImmutableBuffer(part) }
        }
        return whole
    }

    private var tooLarge: HTTPError {
        HTTPError(.contentTooLarge, message: "the body has more than \(maxBytes) bytes; send it in parts")
    }

    /// One value or an array of them.
    func many<Value: Decodable>(_ type: Value.Type, _ body: ConfigValue) throws -> [Value] {
        if case .list = body { return try decode(body) }
        return [try decode(body)]
    }

    /// One name or an array of them.
    func names(_ body: ConfigValue) throws -> [String] {
        let names = try many(String.self, body)
        guard names.allSatisfy(\.isName) else {
            throw HTTPError(.badRequest, message: "an id is to be 1 to 256 bytes without control characters")
        }
        return names
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ bytes: ByteBuffer) throws -> Value { try decode(json(bytes)) }

    /// Any JSON.
    func json(_ request: Request) async throws -> ConfigValue { try json(try await bytes(request)) }

    private func json(_ bytes: ByteBuffer) throws -> ConfigValue {
        guard bytes.readableBytes > 0 else { throw HTTPError(.badRequest, message: "the body is empty; send JSON") }
        let body: ConfigValue
        do { body = try JSONDecoder().decode(ConfigValue.self, from: Data(bytes.readableBytesView)) } catch {
            throw HTTPError(.badRequest, message: "the body is not JSON")
        }
        guard body != .null else { throw HTTPError(.badRequest, message: "the body is null; send an object") }
        return body
    }

    /// Read as strictly as a configuration.
    func decode<Value: Decodable>(_ body: ConfigValue) throws -> Value {
        do { return try body.decode(Value.self) } catch {
            let index = error.path.first?.intValue.map { "[\($0)]: " } ?? ""
            throw HTTPError(.badRequest, message: "\(index)\(error.reason)")
        }
    }
}
