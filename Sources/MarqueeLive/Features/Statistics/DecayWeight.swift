internal import Foundation

/// Exponential decay in whole numbers, so that sums do not depend on the order of what is summed, nor on
/// anybody's mathematical library.
///
/// Time is cut into epochs of one half-life. Within its epoch an amount v at time t is weighed by
/// 2^(t/h − epoch), which lies in [1, 2), and each epoch's sum is kept apart, in units of 2⁻¹⁶. What it
/// is worth now is told at reading: Σ sum_e · 2^(e − now/h). This is forward decay (Cormode,
/// Shkapenyuk, Srivastava, Xu, "Forward decay", ICDE 2009) with a landmark each half-life.
enum DecayWeight {
    /// 1, in the units of amounts, weights and sums.
    static let one: Int64 = 1 << 16

    /// Epochs older than this, counted from the newest, are worth less than 2⁻³² and are dropped.
    static let epochs: Int64 = 32

    /// The epoch in which `time` lies, and the weight within it, 2^fraction in [1, 2).
    ///
    /// The fraction is cut to 16 bits; 2^fraction is the product of two table entries.
    static func at(_ time: Int64, halfLife: Int64) -> (epoch: Int64, weight: Int64) {
        let (epoch, rest) = time.flooredQuotient(by: halfLife)
        let fraction = Int((rest << 16) / halfLife)
        let weight = (high[fraction >> 8] * low[fraction & 255] + (1 << 43)) >> 44
        return (epoch, weight)
    }

    /// `amount · weight`, rounded half up.
    static func weigh(_ amount: Int64, _ weight: Int64) -> Int64 { (amount * weight + (1 << 15)) >> 16 }

    /// An amount in units of 2⁻¹⁶, rounded half to even. Events' values are small enough.
    static func units(_ amount: Double) -> Int64 { Int64((amount * 65_536).rounded(.toNearestOrEven)) }

    /// What a sum of an epoch is worth at a time: sum / 2¹⁶ · 2^(epoch − time / halfLife).
    static func value(of sum: Int64, in epoch: Int64, at time: Int64, halfLife: Int64) -> Double {
        // The whole epochs apart, so that the exponent keeps its digits.
        let (now, rest) = time.flooredQuotient(by: halfLife)
        return Double(sum) / 65_536 * exp2(Double(epoch &- now) - Double(rest) / Double(halfLife))
    }

    /// 2^(i/256) and 2^(i/65536) in units of 2⁻³⁰, for i in 0..<256.
    private static let high = (0..<256).map { power($0 << 8) }
    private static let low = (0..<256).map { power($0) }

    /// 2^(fraction / 65536) in units of 2⁻³⁰: the product of the roots of 2 that the fraction's bits name.
    private static func power(_ fraction: Int) -> Int64 {
        var product: UInt64 = 1 << 62
        for (bit, root) in roots.enumerated() where fraction & (1 << (15 - bit)) != 0 {
            let full = product.multipliedFullWidth(by: root)
            product = full.high << 2 | full.low >> 62
        }
        return Int64((product + 1 << 31) >> 32)
    }

    /// ⌊2^(62 + 2⁻ⁱ)⌋ for i in 1...16, each the square root of the one before.
    private static let roots: [UInt64] = [
        0x5A82_7999_FCEF_3242, 0x4C1B_F828_C6DC_54B7, 0x45CA_E0F1_F545_EB73, 0x42D5_61B3_E624_3D8A,
        0x4166_C34C_5615_D0EB, 0x40B2_68F9_DE01_83B9, 0x4058_F6A7_ECCC_D5B5, 0x402C_6BE9_6AF2_FB57,
        0x4016_321B_6870_27A7, 0x400B_1817_8BA3_3B13, 0x4005_8BCE_4101_47E7, 0x4002_C5D7_BFF7_1DAD,
        0x4001_62E8_07EE_7E5A, 0x4000_B173_0DF6_A523, 0x4000_58B9_497B_8151, 0x4000_2C5C_955D_D700,
    ]
}

extension Int64 {
    /// Quotient toward minus infinity and the remainder, which is not negative.
    func flooredQuotient(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
