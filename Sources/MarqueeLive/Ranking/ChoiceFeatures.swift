internal import MarqueeData
internal import MarqueeRuntime

/// What policies that learn from features are told of a candidate for somebody.
enum ChoiceFeatures {
    /// Standardized score, log of one plus popularity, newness (halving every 30 days), log of one plus
    /// showings in vain, how much its categories are liked (``Affinity``), unknown to the model, how often it is touched
    /// when it is shown (``Trends``).
    static let width = 7

    static func row(
        _ item: Int32, score: Double, exposures: Int32, _ context: DecisionContext, popularity: Float, rate: Double,
        into features: inout [Double]
    ) {
        let age = Double(context.time - context.snapshot.times[Int(item)]) / (30 * 86_400_000)
        features.append(score)
        features.append(Double(popularity).logarithmOfSuccessor)
        features.append(context.snapshot.times[Int(item)] > 0 ? (-max(0, age)).powerOfTwo : 0)
        features.append(Double(exposures).logarithmOfSuccessor)
        features.append(context.affinity(of: item))
        features.append(context.model?.index(of: item) == nil ? 1 : 0)
        features.append(rate)
    }
}
