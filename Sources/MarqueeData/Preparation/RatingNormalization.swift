public import MarqueeRuntime

/// Ratings to edge weights: `normalize` maps each value v to (v − min) / (max − min), min and max over
/// all users, so that weights lie between 0 and 1. `{ normalize: { floor: 0.1 } }` maps into [0.1, 1]
/// instead, which keeps the lowest rating an edge.
///
/// Where every value is the same, every weight is 1.
public struct RatingNormalization: Configuration, Hashable, Encodable {
    /// The weight of the lowest value, in [0, 1).
    public var floor: Float

    public init(floor: Float = 0) { self.floor = floor }

    func apply(to dataset: Dataset) throws -> (Dataset, String) {
        guard (0..<1).contains(floor) else {
            throw PreparationError(step: "normalize", reason: "the floor is \(floor); give one from 0 and below 1")
        }
        let values = dataset.log.values
        guard let lowest = values.min(), let highest = values.max() else {
            if dataset.log.count == 0 { return (dataset, "there are no ratings") }
            throw PreparationError(step: "normalize", reason: "the data has no ratings; leave the step out")
        }
        var result = dataset
        let span = highest - lowest
        result.log.values = values.map { span > 0 ? floor + (1 - floor) * (($0 - lowest) / span) : 1 }
        let mean = result.log.values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
        return (
            result,
            "ratings from \(lowest) to \(highest) are weights from \(span > 0 ? floor : 1) to 1 now, "
                + "\((mean * 1000).rounded() / 1000) on average"
        )
    }

    public static let defaults = RatingNormalization()
}
