internal import Foundation
internal import Hummingbird

/// What a request says after the question mark, read once.
struct QueryParameters {
    private let values: Parameters

    init(_ request: Request) { values = request.uri.queryParameters }

    /// A whole number.
    func integer(_ key: Substring, in range: ClosedRange<Int>, standard: Int) throws -> Int {
        guard let text = values[key] else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw HTTPError(
                .badRequest, message: "'\(key)' is to be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    /// A name, nil when it is not there.
    func text(_ key: Substring) throws -> String? {
        guard let text = values[key].map(String.init) else { return nil }
        guard text.isName else {
            throw HTTPError(.badRequest, message: "'\(key)' is to be 1 to 256 bytes without control characters")
        }
        return text
    }
}

extension Request {
    /// A part of the path, its percent signs undone.
    static func name(_ context: BasicRequestContext, _ key: String) throws -> String {
        let raw = context.parameters.get(key)
        guard let text = raw?.utf8.contains(UInt8(ascii: "%")) == true ? raw?.removingPercentEncoding : raw else {
            throw HTTPError(.badRequest, message: "'\(key)' in the path is not percent-encoded UTF-8")
        }
        guard text.isName else {
            throw HTTPError(
                .badRequest, message: "'\(key)' in the path is to be 1 to 256 bytes without control characters")
        }
        return text
    }
}

extension String {
    fileprivate var isName: Bool {
        !isEmpty && utf8.count <= 256 && utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}
