internal import Synchronization

/// How many users the workers of a region have done together, for progress.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    /// Adds and returns the new count.
    func add(_ amount: Int) -> Int { count.add(amount, ordering: .relaxed).newValue }
}
