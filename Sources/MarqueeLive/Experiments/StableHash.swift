internal import MarqueeRuntime

/// 64 bits of a salt and a name: FNV-1a (Fowler, Noll and Vo) over their UTF-8 bytes, a zero byte between, finished by
/// SplitMix64's mixer. The same on every machine and in every version; Swift's own hashes are not.
enum StableHash {
    static func of(_ salt: String, _ name: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func take(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for byte in salt.utf8 { take(byte) }
        take(0)
        for byte in name.utf8 { take(byte) }
        return RandomStream.mix(hash &+ RandomStream.increment)
    }

    /// A number in [0, 1).
    static func unit(_ salt: String, _ name: String) -> Double { Double(of(salt, name) >> 11) * 0x1p-53 }
}
