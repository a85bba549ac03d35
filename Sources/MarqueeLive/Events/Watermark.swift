internal import Synchronization

/// A number that only grows, and that tasks can wait for.
final class Watermark: Sendable {
    private struct State {
        var value: Int64
        var end: (any Error)?
        var waiting: [UInt64: (past: Int64, done: CheckedContinuation<Void, any Error>)] = [:]
        var next: UInt64 = 0
    }

    private let state: Mutex<State>

    init(_ value: Int64) { state = Mutex(State(value: value)) }

    var value: Int64 { state.withLock { $0.value } }

    func advance(to value: Int64) {
        let reached = state.withLock { state in
            state.value = max(state.value, value)
            state.end = nil
            if state.waiting.isEmpty { return [CheckedContinuation<Void, any Error>]() }
            let reached = state.waiting.filter { state.value > $0.value.past }
            for number in reached.keys { state.waiting[number] = nil }
            return reached.values.map(\.done)
        }
        for done in reached { done.resume() }
    }

    /// Nobody advances it for now: all who wait, and will wait until it goes on, get the error.
    func end(with error: any Error) {
        let left = state.withLock { state in
            state.end = error
            defer { state.waiting = [:] }
            return state.waiting.values.map(\.done)
        }
        for done in left { done.resume(throwing: error) }
    }

    /// Returns when the number is above `value`.
    /// - Throws: `CancellationError`, or the error of ``end(with:)``.
    func wait(past value: Int64) async throws {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
                let now: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.value > value { return .success(()) }
                    if let end = state.end { return .failure(end) }
                    state.waiting[number] = (value, done)
                    return nil
                }
                if let now { done.resume(with: now) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.done.resume(throwing: CancellationError())
        }
    }
}
