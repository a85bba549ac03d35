/// The exact sign-flip test over a few pairs, such as the seeds that two models were fitted with: under the null each
/// difference is as likely to be its negative, so p is the share of the 2ⁿ patterns of signs whose sum is at least as far
/// from 0 as the one that was observed. Two-sided; with fewer than six pairs it is never below 0.05.
public enum SignFlips {
    /// As many differences as can be tested; O(2ⁿ).
    public static let limit = 16

    /// Nil without differences, or with more than ``limit``.
    public static func pValue(_ differences: [Double]) -> Double? {
        guard 1...limit ~= differences.count else { return nil }
        let total = abs(differences.reduce(0, +))
        // Sums of other orders differ by rounding; equal arrangements must count as equal.
        let slack = 1e-12 * differences.reduce(0) { $0 + abs($1) }
        let patterns = 1 << differences.count
        let extreme = (0..<patterns).count { pattern in
            var sum = 0.0
            for (index, difference) in differences.enumerated() {
                sum += pattern >> index & 1 == 1 ? -difference : difference
            }
            return abs(sum) >= total - slack
        }
        return Double(extreme) / Double(patterns)
    }
}
