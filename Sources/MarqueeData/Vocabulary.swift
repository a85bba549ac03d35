internal import CMarqueeKernels

/// A bijection between outside ids (as files spell them) and dense indices `0..<count`.
///
/// Ids that are all whole numbers, as most published data has them, are kept as numbers: about 16
/// bytes an id, strings being made only when asked for. Ids are told apart by their bytes, so that
/// `7` and `007` are two.
public struct Vocabulary: Sendable, Equatable, Codable {
    private var table: IdTable

    public init() { table = IdTable(strings: false) }

    /// A vocabulary of distinct ids in this order; of ids that occur twice the first counts.
    public init(_ ids: some Sequence<String>) {
        self.init()
        for id in ids { insert(id) }
    }

    /// A vocabulary of distinct whole numbers in this order; of numbers that occur twice the first counts.
    public init(integers: some Sequence<Int64>) {
        self.init()
        for id in integers { table.add(id) }
    }

    init(_ table: IdTable) { self.table = table }

    public var count: Int { table.count }

    /// The outside ids, by index. O(count): makes every string; take one with the subscript.
    public var ids: [String] { (0..<count).map { self[Int32($0)] } }

    /// The ids as numbers, nil when some are not.
    public var integers: [Int64]? { table.integers.map(Array.init) }

    /// The index of an outside id, nil when unknown. O(1).
    public func index(of id: String) -> Int32? {
        var id = id
        return id.withUTF8 { index(ofUTF8: $0) }
    }

    /// The index of an outside id that is a number, nil when unknown. O(1).
    public func index(of id: Int64) -> Int32? {
        table.areStrings ? index(of: String(id)) : table.find(id)
    }

    func index(ofUTF8 bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
        if table.areStrings { return table.find(bytes) }
        return Self.integer(bytes).flatMap(table.find)
    }

    /// The outside id of an index.
    public subscript(index: Int32) -> String {
        precondition(index >= 0 && index < table.count, "index out of the vocabulary's range")
        return table.integers.map { String($0[Int(index)]) } ?? String(decoding: table.string(index), as: UTF8.self)
    }

    /// The index of `id`, added at the end when new.
    @discardableResult
    public mutating func insert(_ id: String) -> Int32 {
        if let index = index(of: id) { return index }
        var id = id
        return id.withUTF8 { bytes in
            let integer = table.areStrings ? nil : Self.integer(bytes)
            if integer == nil, !table.areStrings {
                table = table.withStrings()
            } else if !isKnownUniquelyReferenced(&table) {
                table = table.copy()
            }
            return integer.map { table.add($0) } ?? table.add(bytes)
        }
    }

    /// The integer that these bytes are the usual spelling of.
    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = bytes.count > 1 && bytes[0] == UInt8(ascii: "-")
        let digits = bytes.dropFirst(isNegative ? 1 : 0)
        guard let first = digits.first, first != UInt8(ascii: "0") || bytes.count == 1 else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            if overflow || carry { return nil }
            value = sum
        }
        return isNegative ? -value : value
    }

    /// Whole numbers, or strings one after the other with where each starts, for the binary cache.
    enum Contents {
        case integers([Int64])
        case strings(bytes: [UInt8], offsets: [UInt64])
    }

    var contents: Contents {
        if let integers { return .integers(integers) }
        return .strings(bytes: Array(table.bytes), offsets: Array(table.offsets))
    }

    public static func == (left: Self, right: Self) -> Bool {
        if left.table === right.table { return true }
        guard left.count == right.count else { return false }
        if let a = left.table.integers, let b = right.table.integers { return a.elementsEqual(b) }
        return (0..<Int32(left.count)).allSatisfy { left[$0] == right[$0] }
    }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([String].self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(ids)
    }
}
