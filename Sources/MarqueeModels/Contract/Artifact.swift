public import MarqueeTensor

/// What a fitted model leaves behind, in memory: named tensors and named small texts (JSON).
/// ``SavedModel`` puts it on disk as safetensors beside a JSON description.
public struct Artifact: Sendable, Equatable {
    public var tensors: [String: StoredTensor] = [:]
    public var texts: [String: String] = [:]

    public init() {}

    /// The floats stored under `name`, of any shape.
    public func floats(_ name: String) throws -> [Float] {
        guard let tensor = tensors[name] else { throw ModelError.badArtifact(path: name, reason: "tensor is missing") }
        return try tensor.floats()
    }

    /// The 32-bit integers stored under `name`.
    public func integers(_ name: String) throws -> [Int32] {
        guard let tensor = tensors[name] else { throw ModelError.badArtifact(path: name, reason: "tensor is missing") }
        return try tensor.integers()
    }
}
