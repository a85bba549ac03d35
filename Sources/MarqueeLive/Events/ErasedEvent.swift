internal import MarqueeRuntime

/// What is left of an event that was erased: the hash of its id, so that the event is not taken when it is sent again.
///
///     {"erased":"5f1c09a377d2b1e6"}
///
/// It keeps its place in the log, which is then still without gaps.
enum ErasedEvent {
    private static let start = Array(#"{"erased":""#.utf8)

    /// - Parameter hash: of the event's identity; see ``ByteHash/hash(identityOf:)``.
    static func text(_ hash: UInt64) -> String {
        String(decoding: start, as: UTF8.self) + Digest.hexadecimal(hash) + "\"}"
    }

    /// The hash in such a text; nil for an event's.
    static func hash(_ body: UnsafeRawBufferPointer) -> UInt64? {
        guard body.count == start.count + 18, body.starts(with: start) else { return nil }
        return UInt64(String(decoding: body[start.count..<start.count + 16], as: UTF8.self), radix: 16)
    }
}
