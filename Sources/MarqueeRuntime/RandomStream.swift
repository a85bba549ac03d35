internal import Foundation

/// Counter-based random numbers: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), whose n-th value
/// is a function of key and n alone, so that any worker can draw any number in any order.
///
///     let stream = RandomStream(seed: 1, "negatives", epoch)
///     stream[instance]        // the same 64 bits whoever asks, whenever
public struct RandomStream: RandomNumberGenerator, Sendable {
    public let key: UInt64
    private var counter: UInt64 = 0

    @inlinable public static var increment: UInt64 { 0x9E37_79B9_7F4A_7C15 }

    /// The stream of a seed; equal keys give equal streams.
    public init(key: UInt64) { self.key = key }

    /// An independent stream for each purpose and each index of it (an epoch, a worker, a step).
    public init(seed: UInt64, _ purpose: StaticString, _ index: Int = 0) {
        var key = Self.mix(seed &+ Self.increment)
        purpose.withUTF8Buffer { bytes in
            for byte in bytes { key = Self.mix(key ^ UInt64(byte) &+ Self.increment) }
        }
        self.key = Self.mix(key ^ UInt64(bitPattern: Int64(index)) &+ Self.increment)
    }

    /// The random bits at `counter`.
    @inlinable public subscript(counter: UInt64) -> UInt64 {
        Self.mix(key &+ (counter &+ 1) &* Self.increment)
    }

    /// A number in `0..<bound` at `counter`, by Lemire's multiplication; the bias, at most
    /// bound / 2^64, is below what 2^32 draws could show.
    @inlinable public func integer(at counter: UInt64, below bound: Int) -> Int {
        Int(self[counter].multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number in [0, 1) at `counter`, a multiple of 2^-53.
    @inlinable public func unit(at counter: UInt64) -> Double { Self.unit(of: self[counter]) }

    /// Of 64 random bits a number in [0, 1), a multiple of 2^-53.
    @inlinable public static func unit(of bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }

    /// Of 64 random bits a number in [0, 1), a multiple of 2^-24.
    @inlinable public static func singleUnit(of bits: UInt64) -> Float { Float(bits >> 40) * 0x1p-24 }

    public mutating func next() -> UInt64 {
        defer { counter &+= 1 }
        return self[counter]
    }

    /// The next number in [0, 1), a multiple of 2^-53.
    public mutating func nextUnit() -> Double { Self.unit(of: next()) }

    /// Two independent standard normal numbers, by Box and Muller (1958).
    public mutating func normalPair() -> (Double, Double) {
        let radius = (-2 * log(1 - nextUnit())).squareRoot()
        let angle = 2 * Double.pi * nextUnit()
        return (radius * cos(angle), radius * sin(angle))
    }

    /// Stafford's variant 13 of the 64-bit finalizer.
    @inlinable public static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A bijection of `0..<count` that needs no memory: rounds of a Feistel network over the least rectangle
/// a × b with sides near √count that holds them, walked until it lands inside (the generalized Feistel
/// cipher of Black and Rogaway, CT-RSA 2002). Four rounds from a million values on; small rectangles,
/// in which the rounds of two values meet more often, have twelve.
///
/// It shuffles an epoch of a hundred million training instances without materializing them. At most
/// b - 1 of a · b values lie outside, so a second walk is rare. O(1).
public struct RandomPermutation: Sendable {
    public let count: Int
    @usableFromInline let key: UInt64
    @usableFromInline let height: UInt64
    @usableFromInline let width: UInt64
    @usableFromInline let rounds: UInt64

    public init(count: Int, stream: RandomStream) {
        self.count = count
        key = stream.key
        rounds = count < 1 << 20 ? 12 : 4
        var width = UInt64(Double(max(count, 1)).squareRoot())
        while width * width < UInt64(count) { width += 1 }
        self.width = max(1, width)
        height = max(1, (UInt64(count) + self.width - 1) / self.width)
    }

    @inlinable public subscript(index: Int) -> Int {
        var value = UInt64(index)
        repeat {
            var (row, column) = value.quotientAndRemainder(dividingBy: width)
            for round in stride(from: 0 as UInt64, to: rounds, by: 2) {
                row += shift(column, round, below: height)
                if row >= height { row -= height }
                column += shift(row, round + 1, below: width)
                if column >= width { column -= width }
            }
            value = row * width + column
        } while value >= UInt64(count)
        return Int(value)
    }

    @inlinable func shift(_ value: UInt64, _ round: UInt64, below bound: UInt64) -> UInt64 {
        RandomStream.mix(key &+ (value << 4 | round) &* RandomStream.increment).multipliedFullWidth(by: bound).high
    }
}
