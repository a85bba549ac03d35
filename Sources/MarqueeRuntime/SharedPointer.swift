/// A pointer into memory of which each worker of a ``WorkerPool`` writes its own part.
// Unchecked: who shares it out sees to it that no two parts overlap.
package struct SharedPointer<Value>: @unchecked Sendable {
    package let pointer: UnsafeMutablePointer<Value>

    package init(_ pointer: UnsafeMutablePointer<Value>) { self.pointer = pointer }
}
