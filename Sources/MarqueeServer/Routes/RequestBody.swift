internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
internal import MarqueeRuntime
internal import NIOCore

/// Bodies within their bounds: of size, and of the time that a client may take.
struct BodyReader: Sendable {
    let maxBytes: Int
    let maxTime: Duration

    /// - Throws: 413 for too much, 408 for too slow.
    func bytes(_ request: Request) async throws -> ByteBuffer {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > maxBytes { throw tooLarge }
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
    func many<Value: Decodable>(_ type: Value.Type, _ request: Request) async throws -> [Value] {
        let body = try json(try await bytes(request))
        if case .list = body { return try decode(body) }
        return [try decode(body)]
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ bytes: ByteBuffer) throws -> Value { try decode(json(bytes)) }

    private func json(_ bytes: ByteBuffer) throws -> ConfigValue {
        do { return try JSONDecoder().decode(ConfigValue.self, from: Data(bytes.readableBytesView)) } catch {
            throw HTTPError(.badRequest, message: "the body is not JSON")
        }
    }

    /// Read as strictly as a configuration.
    private func decode<Value: Decodable>(_ body: ConfigValue) throws -> Value {
        do { return try body.decode(Value.self) } catch {
            let index = error.path.first?.intValue.map { "[\($0)]: " } ?? ""
            throw HTTPError(.badRequest, message: "\(index)\(error.reason)")
        }
    }
}
