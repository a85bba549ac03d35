internal import CMarqueeKernels

/// The kernel's numbering of ids, with the lifetime of a class.
///
/// Unchecked: a table is changed by the one thread that fills it, or by a ``Vocabulary`` that holds
/// the only reference; whoever shares it only reads.
final class IdTable: @unchecked Sendable {
    let handle: OpaquePointer

    init(strings: Bool) {
        guard let handle = mq_ids_create(strings ? 1 : 0) else { Self.outOfMemory() }
        self.handle = handle
    }

    private init(handle: OpaquePointer) { self.handle = handle }

    deinit { mq_ids_destroy(handle) }

    var count: Int { Int(mq_ids_count(handle)) }
    var areStrings: Bool { mq_ids_are_strings(handle) != 0 }

    /// By index; nil of strings. Valid while the table is alive and unchanged.
    var integers: UnsafeBufferPointer<Int64>? {
        areStrings ? nil : UnsafeBufferPointer(start: mq_ids_integers(handle), count: count)
    }

    var offsets: UnsafeBufferPointer<UInt64> {
        UnsafeBufferPointer(start: mq_ids_offsets(handle), count: count == 0 ? 0 : count + 1)
    }

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: mq_ids_bytes(handle), count: Int(offsets.last ?? 0))
    }

    func string(_ index: Int32) -> UnsafeRawBufferPointer {
        var length = 0
        let start = mq_ids_string(handle, index, &length)
        return UnsafeRawBufferPointer(start: start, count: length)
    }

    func find(_ id: Int64) -> Int32? {
        let index = mq_ids_find_integer(handle, id)
        return index < 0 ? nil : index
    }

    func find(_ id: UnsafeBufferPointer<UInt8>) -> Int32? {
        let index = id.withMemoryRebound(to: CChar.self) { mq_ids_find_string(handle, $0.baseAddress, id.count) }
        return index < 0 ? nil : index
    }

    @discardableResult
    func add(_ id: Int64) -> Int32 {
        let index = mq_ids_add_integer(handle, id, 0)
        if index < 0 { Self.outOfMemory() }
        return index
    }

    @discardableResult
    func add(_ id: UnsafeBufferPointer<UInt8>) -> Int32 {
        let index = id.withMemoryRebound(to: CChar.self) { mq_ids_add_string(handle, $0.baseAddress, id.count, 0) }
        if index < 0 { Self.outOfMemory() }
        return index
    }

    func copy() -> IdTable {
        guard let copy = mq_ids_copy(handle) else { Self.outOfMemory() }
        return IdTable(handle: copy)
    }

    /// The same ids as strings.
    func withStrings() -> IdTable {
        let table = IdTable(strings: true)
        for id in integers ?? UnsafeBufferPointer(start: nil, count: 0) {
            var string = String(id)
            _ = string.withUTF8 { table.add($0) }
        }
        return table
    }

    private static func outOfMemory() -> Never { fatalError("out of memory for ids") }
}
