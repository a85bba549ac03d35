/// One operation of a step, with what its gradient needs: the tensors that it read and what it saved of them.
///
/// A value that ``Tape/record(_:)`` keeps until the tape's next step; it lies in the arena, so that recording does not
/// allocate.
protocol Operation {
    /// The result, through which the gradient comes.
    var output: Tensor { get }

    /// Adds to the gradients of the inputs; `dy` is the gradient of ``output``.
    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape)
}

/// An operation in the arena, of whatever type.
struct RecordedOperation {
    private let type: any Operation.Type
    private let memory: UnsafeMutableRawPointer

    init<Recorded: Operation>(_ operation: Recorded, in arena: Arena) {
        type = Recorded.self
        memory = arena.allocate(byteCount: MemoryLayout<Recorded>.size)
        memory.initializeMemory(as: Recorded.self, to: operation)
    }

    func backward(_ tape: Tape) { type.backward(memory, tape) }

    /// Ends the operation's life; its memory is the arena's.
    func forget() { type.forget(memory) }
}

extension Operation {
    /// Of the operation that lies at `memory`, where a gradient has come to its result.
    fileprivate static func backward(_ memory: UnsafeMutableRawPointer, _ tape: Tape) {
        let operation = memory.assumingMemoryBound(to: Self.self)
        guard let dy = tape.gradient(operation.pointee.output) else { return }
        operation.pointee.backward(dy, tape)
    }

    fileprivate static func forget(_ memory: UnsafeMutableRawPointer) {
        memory.assumingMemoryBound(to: Self.self).deinitialize(count: 1)
    }
}
