import Foundation
import MarqueeRuntime

/// Changes bytes as accidents and adversaries do.
enum Mutation {
    private static let tokens: [[UInt8]] =
        [
            "\n", "\r\n", "\r", ",", "\t", "::", ":", " ", "|", ";", "\"", "\"\"", "\\", "(", ")", "-", "+", ".", "e",
            "0",
            "9", "00", "NaN", "inf", "-1", "1e400", "1e-400", "0x1", "1.5", "99999999999", "2147483648",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999", "(1995)",
            "user_id:token", "item_id:token", "timestamp:float", "userId,movieId,rating,timestamp", "{", "}", "[", "]",
            "\"shape\":[", "\"data_offsets\":[0,", "F32", "__metadata__",
        ].map { Array($0.utf8) } + [[0], [0x80], [0xFF], [0xEF, 0xBB, 0xBF], [0xFF, 0xFE], [0x1F, 0x8B], [0xC3]]

    static func apply(to data: Data, other: Data, _ stream: inout RandomStream) -> Data {
        var bytes = [UInt8](data)
        for _ in 0..<Int.random(in: 1...4, using: &stream) {
            let place = Int.random(in: 0...bytes.count, using: &stream)
            let length = min(bytes.count - place, 1 << Int.random(in: 0...6, using: &stream))
            switch Int.random(in: 0..<8, using: &stream) {
            case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &stream)
            case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &stream)
            case 2: bytes.removeSubrange(place..<place + length)
            case 3: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
            case 4: bytes.insert(contentsOf: tokens.randomElement(using: &stream) ?? [], at: place)
            case 5:
                bytes.replaceSubrange(place..<place + length, with: tokens.randomElement(using: &stream) ?? [])
            case 6 where Int.random(in: 0..<4, using: &stream) == 0: bytes.removeSubrange(place...)
            case 7 where !other.isEmpty:
                let from = Int.random(in: 0..<other.count, using: &stream)
                bytes.insert(contentsOf: other.dropFirst(from).prefix(max(1, length)), at: place)
            default: break
            }
            if bytes.count > 4096 { bytes.removeSubrange(4096...) }
        }
        return Data(bytes)
    }
}
