public import MarqueeRuntime

/// Ratings to interactions: `binarize` takes each rating as one, `{ binarize: { threshold: 4 } }`
/// those of at least 4, and drops the rest.
public struct Binarization: Configuration, Hashable, Encodable {
    public var threshold: Float?

    public init(threshold: Float? = nil) { self.threshold = threshold }

    func apply(to dataset: Dataset) throws -> (Dataset, String) {
        guard let threshold else {
            var result = dataset
            result.log.values = []
            let dislikes = dataset.log.values.count { $0 <= 0 }
            return (
                result,
                "every rating counts as an interaction"
                    + (dislikes > 0 ? ", \(dislikes.grouped) of 0 or below among them" : "")
            )
        }
        guard !dataset.log.values.isEmpty || dataset.log.count == 0 else {
            throw PreparationError(
                step: "binarize",
                reason: "the data has no ratings to hold against the threshold; write 'binarize' alone")
        }
        var result = dataset.compacted(rows: dataset.log.values.map { $0 >= threshold })
        result.log.values = []
        return (
            result,
            "ratings of at least \(threshold) count as interactions, "
                + "\((dataset.log.count - result.log.count).grouped) below are dropped"
        )
    }

    public static let defaults = Binarization()
}
