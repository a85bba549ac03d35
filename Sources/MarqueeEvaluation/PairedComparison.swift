public import MarqueeRuntime

/// Whether one model is better than another on the same users, beyond chance.
///
/// For the differences d_u = a_u − b_u of a metric over n users:
/// - the percentile bootstrap interval of their mean (Efron and Tibshirani 1993, chapter 13): n
///   differences drawn with replacement, `resamples` times;
/// - the two-sided p-value of the paired permutation test (sign flips): under the null each d_u is as
///   likely −d_u, so p = (1 + #{|mean of flipped| ≥ |mean|}) / (1 + resamples), the observed
///   arrangement counted among the drawn (Phipson and Smyth, 2010).
///
/// O(users × resamples), in parallel; the same for equal seeds whatever the worker count.
public struct PairedComparison: Sendable, Equatable, Codable {
    public let metric: Metric
    public let users: Int
    /// Mean of the first result minus mean of the second.
    public let difference: Double
    /// The interval's confidence, 0.95.
    public let confidence: Double
    public let lower: Double
    public let upper: Double
    public let pValue: Double
    public let resamples: Int

    /// Compares `first` with `second`.
    /// - Throws: ``EvaluationError`` when the results are of different protocols or users or lack the metric.
    public init(
        of first: EvaluationResult, with second: EvaluationResult, by metric: Metric,
        resamples: Int = 10_000, confidence: Double = 0.95, seed: UInt64 = 1, pool: WorkerPool = .shared
    ) throws(EvaluationError) {
        guard first.protocol == second.protocol else {
            throw .differentProtocols(first.protocol.description, second.protocol.description)
        }
        guard first.users == second.users else { throw .differentUsers }
        guard let a = first[perUser: metric] else { throw .missingMetric(metric, available: first.metrics) }
        guard let b = second[perUser: metric] else { throw .missingMetric(metric, available: second.metrics) }
        // Where users count by their targets, a user is still drawn and flipped as a whole.
        let weights = first.weights.map { weights in
            weights.map { $0 * Double(weights.count) / weights.reduce(0, +) }
        }
        self.init(
            differences: a.indices.map { (a[$0] - b[$0]) * (weights?[$0] ?? 1) }, metric: metric, resamples: resamples,
            confidence: confidence,
            seed: seed, pool: pool)
    }

    package init(
        differences: [Double], metric: Metric, resamples: Int, confidence: Double, seed: UInt64, pool: WorkerPool
    ) {
        precondition(resamples > 0 && 0 < confidence && confidence < 1)
        let count = differences.count
        // A sign flip changes nothing for users without a difference.
        let unequal = differences.filter { $0 != 0 }
        let total = differences.reduce(0, +)
        // Sums of other orders differ by rounding; equal arrangements must count as equal.
        let slack = 1e-12 * unequal.reduce(0) { $0 + abs($1) }
        let draws = pool.map(resamples) { resample in
            (
                mean: Self.resampledSum(differences, RandomStream(seed: seed, "bootstrap", resample)) / Double(count),
                extreme: abs(Self.flippedSum(unequal, RandomStream(seed: seed, "sign flips", resample)))
                    >= abs(total) - slack
            )
        }
        let means = draws.map(\.mean).sorted()
        self.metric = metric
        users = count
        difference = total / Double(count)
        self.confidence = confidence
        self.resamples = resamples
        lower = Self.quantile((1 - confidence) / 2, of: means)
        upper = Self.quantile((1 + confidence) / 2, of: means)
        pValue = Double(1 + draws.count(where: \.extreme)) / Double(1 + resamples)
    }

    private static func resampledSum(_ values: [Double], _ stream: RandomStream) -> Double {
        var sum = 0.0
        for draw in values.indices { sum += values[stream.integer(at: UInt64(draw), below: values.count)] }
        return sum
    }

    /// One random number flips 64 signs.
    private static func flippedSum(_ values: [Double], _ stream: RandomStream) -> Double {
        var sum = 0.0
        for start in stride(from: 0, to: values.count, by: 64) {
            var bits = stream[UInt64(start / 64)]
            for index in start..<min(start + 64, values.count) {
                // Moved to the sign's place, a bit is xored into the value's sign.
                sum += Double(bitPattern: values[index].bitPattern ^ (bits << 63))
                bits >>= 1
            }
        }
        return sum
    }

    /// By linear interpolation between order statistics (Hyndman and Fan's type 7).
    private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
        let place = share * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
    }
}
