internal import Synchronization

/// Remembers that something hangs, so that not everybody waits for it.
///
/// After a failure it is left alone for a rest, after every further one for twice as long. Then one caller tries it, and
/// while that one waits the others still do without. A success ends it. Source: Nygard, *Release It!* (2007), chapter 5.
///
///     guard breaker.permits() else { throw … }
///     do { … ; breaker.succeeded() } catch { breaker.failed() }
final class CircuitBreaker: Sendable {
    /// How long what hangs is left alone, at first and at most.
    let rests: ClosedRange<Duration>
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let start: ContinuousClock.Instant
    /// From when on it is tried again, in nanoseconds since ``start``; 0 while all is well.
    private let next = Atomic<Int64>(0)
    private let failures = Atomic<Int>(0)

    /// - Parameter clock: what time it is.
    init(
        rests: ClosedRange<Duration> = .milliseconds(250) ... .seconds(4),
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.rests = rests
        self.clock = clock
        start = clock()
    }

    /// How often it failed since it last succeeded.
    var failureCount: Int { failures.load(ordering: .relaxed) }

    /// Whether the caller may try. While all is well this is one read of memory.
    func permits() -> Bool {
        let next = next.load(ordering: .relaxed)
        guard next != 0 else { return true }
        guard now >= next else { return false }
        // Of those who find the rest over the first one tries; should nothing be heard of it, another does after a rest.
        return self.next.compareExchange(expected: next, desired: now + rest, ordering: .relaxed).exchanged
    }

    func succeeded() {
        guard next.load(ordering: .relaxed) != 0 else { return }
        failures.store(0, ordering: .relaxed)
        next.store(0, ordering: .relaxed)
    }

    func failed() {
        failures.add(1, ordering: .relaxed)
        next.store(now + rest, ordering: .relaxed)
    }

    private var now: Int64 { Self.nanoseconds(start.duration(to: clock())) }

    /// By how often it failed, in nanoseconds.
    private var rest: Int64 {
        let doublings = max(0, min(20, failures.load(ordering: .relaxed) - 1))
        return max(1, Self.nanoseconds(min(rests.lowerBound * (1 << doublings), rests.upperBound)))
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
