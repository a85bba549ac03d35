internal import MarqueeRuntime
internal import Synchronization

/// A token bucket for each caller: `burst` requests at once, and `rate` a second from then on.
final class RateLimit: Sendable {
    let rate: Double
    let burst: Double
    private let now: @Sendable () -> ContinuousClock.Instant

    private struct Bucket {
        var tokens: Double
        var time: ContinuousClock.Instant
    }
    private let buckets = Mutex<[String: Bucket]>([:])
    /// Callers remembered at most; those whose buckets are full are forgotten first, which changes nothing.
    private static let capacity = 10_000

    init(rate: Double, burst: Double, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.rate = rate
        self.burst = burst
        self.now = now
    }

    /// Takes one token.
    /// - Returns: nil when there was one, else the seconds until there is.
    func take(_ caller: String) -> Double? {
        let now = now()
        return buckets.withLock { buckets in
            if buckets.count >= Self.capacity, buckets[caller] == nil {
                buckets = buckets.filter { tokens(in: $0.value, at: now) < burst }
                if buckets.count >= Self.capacity { buckets.removeAll() }
            }
            var bucket = buckets[caller] ?? Bucket(tokens: burst, time: now)
            bucket.tokens = tokens(in: bucket, at: now)
            bucket.time = now
            defer { buckets[caller] = bucket }
            guard bucket.tokens >= 1 else { return (1 - bucket.tokens) / rate }
            bucket.tokens -= 1
            return nil
        }
    }

    private func tokens(in bucket: Bucket, at now: ContinuousClock.Instant) -> Double {
        min(burst, bucket.tokens + rate * bucket.time.duration(to: now).seconds)
    }
}
