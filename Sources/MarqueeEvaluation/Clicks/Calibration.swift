/// How far predicted probabilities are from what happened, bin by bin: a reliability curve and its mean error.
public struct Calibration: Sendable, Equatable, Codable {
    /// How predictions are put into bins.
    public enum Binning: Sendable, Hashable, Codable {
        /// So many intervals of [0, 1] of one width, (0, 1/B], (1/B, 2/B] …, the first with its lower end.
        case equalWidth(Int)
        /// So many bins of nearly equal number, for clicks so rare that one interval would hold them all. Equal
        /// predictions stay together, so that there may be fewer bins.
        case equalCount(Int)
    }

    /// A point of the reliability curve.
    public struct Bin: Sendable, Equatable, Codable {
        public let count: Int
        public let meanPrediction: Double
        /// The share of the bin that was clicked.
        public let clickRate: Double
    }

    /// Ascending by prediction; empty bins are left out.
    public let bins: [Bin]

    /// Σ_b n_b/n · |mean prediction_b − click rate_b|, the expected calibration error (Naeini, Cooper and Hauskrecht,
    /// AAAI 2015; Guo et al., ICML 2017). It depends on the bins: compare only what was binned alike.
    public let expectedError: Double

    /// O(n) for equal width, O(n log n) for equal count.
    /// - Precondition: as many predictions as labels, one at least, each in 0...1; a bin at least.
    public init(_ predictions: [Float], clicked: [Bool], _ binning: Binning) {
        precondition(predictions.count == clicked.count && !predictions.isEmpty)
        var sums: [(count: Int, prediction: Double, clicks: Int)] = []
        func add(_ row: Int, to bin: Int) {
            sums[bin].count += 1
            sums[bin].prediction += Double(predictions[row])
            sums[bin].clicks += clicked[row] ? 1 : 0
        }
        switch binning {
        case .equalWidth(let count):
            precondition(count > 0)
            sums = Array(repeating: (0, 0, 0), count: count)
            for row in predictions.indices {
                let bin = (Double(predictions[row]) * Double(count)).rounded(.up)
                add(row, to: max(0, min(count, Int(bin)) - 1))
            }
        case .equalCount(let count):
            precondition(count > 0)
            let order = predictions.indices.sorted { predictions[$0] < predictions[$1] }
            var start = 0
            for bin in 1...count where start < order.count {
                // A bin ends where its share of all rows does, or later where that would tear equal ones apart.
                var end = max(start, order.count * bin / count)
                while end > start, end < order.count, predictions[order[end]] == predictions[order[end - 1]] {
                    end += 1
                }
                if end > start { sums.append((0, 0, 0)) }
                for row in order[start..<end] { add(row, to: sums.count - 1) }
                start = end
            }
        }
        bins = sums.filter { $0.count > 0 }.map {
            Bin(
                count: $0.count, meanPrediction: $0.prediction / Double($0.count),
                clickRate: Double($0.clicks) / Double($0.count))
        }
        expectedError =
            bins.reduce(0) { $0 + Double($1.count) * abs($1.meanPrediction - $1.clickRate) } / Double(predictions.count)
    }
}
