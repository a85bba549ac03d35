internal import Foundation
internal import Hummingbird
internal import HummingbirdCore
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
        let bytes = try await bytes(request)
        let isArray = bytes.readableBytesView.first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "[")
        return isArray ? try decode([Value].self, bytes) : [try decode(Value.self, bytes)]
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ bytes: ByteBuffer) throws -> Value {
        do { return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView)) } catch let error
            as DecodingError
        {
            throw HTTPError(.badRequest, message: error.advice)
        } catch {
            throw HTTPError(.badRequest, message: "the body is not JSON")
        }
    }
}

extension DecodingError {
    /// What is wrong where, in one line.
    var advice: String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        }
        switch self {
        case .keyNotFound(let key, let context): return "\(place(context.codingPath)): '\(key.stringValue)' is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            return "\(place(context.codingPath)): is to be \(type)"
        case .dataCorrupted(let context):
            if context.codingPath.isEmpty { return "the body is not JSON: \(context.debugDescription)" }
            return "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: return "the body cannot be read"
        }
    }
}
