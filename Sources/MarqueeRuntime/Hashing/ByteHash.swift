/// A fast hash of bytes, for tables of them: eight bytes at a time through a full-width multiplication, its halves
/// folded (as in wyhash). The same in every process and version: it is on disk, where ids of events and labels of
/// features are found by it. O(bytes).
public enum ByteHash {
    @inlinable public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
        var offset = 0
        while offset < bytes.count {
            var word: UInt64 = 0
            if offset + 8 <= bytes.count {
                word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            } else {
                for index in offset..<bytes.count { word |= UInt64(bytes[index]) << UInt64(8 * (index - offset)) }
            }
            hash = fold(hash ^ word, 0xA076_1D64_78BD_642F)
            offset += 8
        }
        return fold(hash ^ 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3)
    }

    @inlinable static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a ^ b.byteSwapped).multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
