/// FNV-1a (Fowler, Noll and Vo) over 64 bits: names contents, and is no protection against attackers.
///
/// Its values are on disk, in logs of decisions and in saved models: they never change.
public struct Digest: Sendable, Equatable {
    @usableFromInline var hash: UInt64

    /// The digest of nothing.
    @inlinable public init() { hash = 0xCBF2_9CE4_8422_2325 }

    @inlinable public mutating func add(byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }

    @inlinable public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes { add(byte: byte) }
    }

    /// Eight bytes at a time.
    @inlinable public mutating func add(_ word: UInt64) {
        hash = (hash ^ word) &* 0x100_0000_01B3
        hash ^= hash >> 32  // Else a word's high bits would reach only the digest's high bits.
    }

    @inlinable public var value: UInt64 { hash ^ (hash >> 29) }

    /// Sixteen hexadecimal digits.
    public var text: String { Self.hexadecimal(value) }

    public static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Digest {
    /// Sixteen hexadecimal digits of bytes, read eight at a time: what a saved model's description says of its weights.
    public static func checksum(_ bytes: UnsafeRawBufferPointer) -> String {
        var digest = Digest()
        digest.hash ^= UInt64(bytes.count)
        let words = bytes.count / 8
        for word in 0..<words {
            digest.add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self)))
        }
        digest.add(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(words * 8)))
        return hexadecimal(digest.hash)
    }
}
