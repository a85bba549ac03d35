internal import Foundation
internal import MarqueeRuntime

/// Draws from a discrete distribution with one number and one look: Walker's alias method, built as
/// Vose (1991) does. O(n) to build, 8 bytes an outcome.
struct AliasTable: Sendable {
    /// The part of slot i that is outcome i; the rest is `alias[i]`.
    private(set) var keep: [Float]
    private(set) var alias: [Int32]

    /// - Precondition: weights are finite and not negative. When none is positive, all are alike.
    init(weights: [Double]) {
        let total = weights.reduce(0, +)
        let count = Double(weights.count)
        var scaled = total > 0 ? weights.map { $0 * count / total } : weights.map { _ in 1 }
        keep = Array(repeating: 1, count: weights.count)
        alias = Array(0..<Int32(weights.count))
        var small = scaled.indices.filter { scaled[$0] < 1 }
        var large = scaled.indices.filter { scaled[$0] >= 1 }
        while let lesser = small.popLast() {
            guard let greater = large.last else {
                // Only rounding leaves some here; an outcome without weight must still not be drawn.
                if weights[lesser] == 0, total > 0,
                    let heaviest = weights.indices.max(by: { weights[$0] < weights[$1] })
                {
                    keep[lesser] = 0
                    alias[lesser] = Int32(heaviest)
                }
                continue
            }
            keep[lesser] = Float(scaled[lesser])
            alias[lesser] = Int32(greater)
            scaled[greater] -= 1 - scaled[lesser]
            if scaled[greater] < 1 {
                large.removeLast()
                small.append(greater)
            }
        }
    }

    var bytes: Int { keep.count * 4 + alias.count * 4 }

    /// The outcome of 64 random bits.
    @inline(__always) func draw(_ bits: UInt64) -> Int {
        let (slot, rest) = bits.multipliedFullWidth(by: UInt64(keep.count))
        return RandomStream.singleUnit(of: rest) < keep[Int(slot)] ? Int(slot) : Int(alias[Int(slot)])
    }
}

extension Double {
    func power(_ exponent: Double) -> Double { pow(self, exponent) }
}
