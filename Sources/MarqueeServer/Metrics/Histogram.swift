internal import Synchronization

/// Durations counted in buckets, as Prometheus wants them.
final class Histogram: Sendable {
    /// Upper bounds in seconds; the last bucket has none.
    static let bounds: [Double] = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10,
    ]

    private struct State {
        var counts = [UInt64](repeating: 0, count: Histogram.bounds.count + 1)
        var sum = 0.0
    }
    private let state = Mutex(State())

    func observe(seconds: Double) {
        var bucket = 0
        while bucket < Self.bounds.count, seconds > Self.bounds[bucket] { bucket += 1 }
        state.withLock {
            $0.counts[bucket] += 1
            $0.sum += seconds
        }
    }

    /// Appends its lines; `labels` is empty or `a="b",`.
    func write(_ name: String, labels: String, to text: inout String) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var total: UInt64 = 0
        for (bucket, count) in counts.enumerated() {
            total += count
            let bound = bucket < Self.bounds.count ? "\(Self.bounds[bucket])" : "+Inf"
            text += "\(name)_bucket{\(labels)le=\"\(bound)\"} \(total)\n"
        }
        let braces = labels.isEmpty ? "" : "{\(labels.dropLast())}"
        text += "\(name)_sum\(braces) \(sum)\n\(name)_count\(braces) \(total)\n"
    }
}
