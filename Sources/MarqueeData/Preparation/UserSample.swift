public import MarqueeRuntime

/// A uniform sample of the users, each with all interactions: `{ sample-users: 0.3 }`.
///
/// ⌊fraction × users⌋ users stay, at least one, in their order; every item stays, so that negatives
/// are drawn from the whole catalog. Follow with `{ k-core: { users: 0, items: 1 } }` to drop items
/// that the sample has not seen.
public struct UserSample: Configuration, Hashable, Encodable {
    /// In (0, 1].
    public var fraction: Double

    public init(fraction: Double) { self.fraction = fraction }

    func apply(to dataset: Dataset, seed: UInt64) throws -> (Dataset, String) {
        guard fraction > 0, fraction <= 1 else {
            throw PreparationError(
                step: "sample-users", reason: "the share is \(fraction); give one above 0 and at most 1")
        }
        let count = dataset.log.userCount
        guard count > 0 else { return (dataset, "there are no users") }
        // A share such as 0.29 of 100 is 28.999…, and means 29.
        let sampled = max(1, Int((fraction * Double(count) + 1e-9).rounded(.down)))
        let order = RandomPermutation(count: count, stream: RandomStream(seed: seed, "user sample"))
        var keep = [Bool](repeating: false, count: count)
        for k in 0..<sampled { keep[order[k]] = true }
        return (
            dataset.restricted(users: keep),
            "kept \(sampled.grouped) of \(count.grouped) users with all their interactions"
        )
    }

    public static let defaults = UserSample(fraction: 1)
    public static func spelledOut(_ value: ConfigValue) -> ConfigValue {
        if case .mapping = value { value } else { ["fraction": value] }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(fraction)
    }
}
