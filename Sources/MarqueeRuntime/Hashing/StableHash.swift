/// 64 bits of a salt and a name, evenly spread: FNV-1a over their UTF-8 bytes, a zero byte between, finished by
/// SplitMix64's mixer. The same on every machine and in every version, as Swift's own hashes are not: who is in which
/// arm of an experiment depends on it.
public enum StableHash {
    public static func of(_ salt: String, _ name: String) -> UInt64 {
        var digest = Digest()
        for byte in salt.utf8 { digest.add(byte: byte) }
        digest.add(byte: 0)
        for byte in name.utf8 { digest.add(byte: byte) }
        return RandomStream.mix(digest.hash &+ RandomStream.increment)
    }

    /// A number in [0, 1).
    public static func unit(_ salt: String, _ name: String) -> Double { RandomStream.unit(of: of(salt, name)) }
}
