internal import MarqueeTensor
internal import Synchronization

/// Tapes for inference, one a caller at a time, kept for the next.
final class InferenceTapes: Sendable {
    private struct Box: @unchecked Sendable {
        // Unchecked: a tape has one owner, who took it from the list and gives it back.
        let tape: Tape
    }

    private let free = Mutex<[Box]>([])

    func withTape(_ body: (Tape) -> Void) {
        let box = free.withLock { $0.popLast() } ?? Box(tape: Tape())
        body(box.tape)
        free.withLock { $0.append(box) }
    }
}
