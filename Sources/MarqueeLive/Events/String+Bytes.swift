internal import Foundation

extension String {
    /// Whether both have the same UTF-8 bytes, as ids and names of entities and items are compared.
    ///
    /// `==` also takes the spellings that Unicode calls equivalent for the same, é in one code point and in two;
    /// to a database and to another engine they are two names. Bytes that differ may hash alike, never the reverse.
    package func hasSameBytes(as other: String) -> Bool {
        let (a, b) = (utf8, other.utf8)
        guard a.count == b.count else { return false }
        let same: Bool?? = a.withContiguousStorageIfAvailable { a in
            b.withContiguousStorageIfAvailable { b in
                guard let left = a.baseAddress, let right = b.baseAddress else { return true }
                return memcmp(left, right, a.count) == 0
            }
        }
        return (same ?? nil) ?? a.elementsEqual(b)
    }

    /// Hashes the bytes that ``hasSameBytes(as:)`` compares.
    func hashBytes(into hasher: inout Hasher) {
        var text = self
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// A name in a table: told apart by its bytes.
struct NameKey: Hashable {
    let name: String

    init(_ name: String) { self.name = name }

    static func == (one: Self, other: Self) -> Bool { one.name.hasSameBytes(as: other.name) }
    func hash(into hasher: inout Hasher) { name.hashBytes(into: &hasher) }
}
