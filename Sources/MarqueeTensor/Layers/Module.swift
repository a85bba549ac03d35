internal import MarqueeRuntime

/// A part of a network: a struct whose stored properties are parameters, tables and other modules.
///
/// Parameters are found by reflection and named by their path, `tower.0.linear.weight`, the name under
/// which they are saved. One that stands in several places is one: it goes by its first path.
public protocol Module: Sendable {}

/// The learned and tracked numbers of a module, by path, in order of declaration.
public struct ModuleParameters: Sendable {
    public private(set) var dense: [(name: String, parameter: Parameter)] = []
    public private(set) var tables: [(name: String, table: EmbeddingTable)] = []
    /// Running statistics: saved, but not learned by gradient.
    public private(set) var buffers: [(name: String, parameter: Parameter)] = []

    public init(of module: any Module) {
        var seen: Set<ObjectIdentifier> = []
        collect(module, path: "", seen: &seen)
    }

    private mutating func collect(_ value: Any, path: String, seen: inout Set<ObjectIdentifier>) {
        for (index, child) in Mirror(reflecting: value).children.enumerated() {
            let label = child.label.flatMap { $0.hasPrefix(".") ? nil : $0 } ?? "\(index)"
            let name = path.isEmpty ? label : label == "some" ? path : "\(path).\(label)"
            let mirror = Mirror(reflecting: child.value)
            switch mirror.displayStyle {
            case .class, .struct, .enum:
                switch child.value {
                case let parameter as Parameter:
                    if seen.insert(ObjectIdentifier(parameter)).inserted { dense.append((name, parameter)) }
                case let table as EmbeddingTable:
                    if seen.insert(ObjectIdentifier(table)).inserted { tables.append((name, table)) }
                case let buffer as Buffer:
                    if seen.insert(ObjectIdentifier(buffer.values)).inserted { buffers.append((name, buffer.values)) }
                case is any Module: collect(child.value, path: name, seen: &seen)
                default: break
                }
            case .collection where mirror.children.first.map { Mirror(reflecting: $0.value).displayStyle } == .some(nil):
                // Plain numbers, a graph's millions of edges among them: to look at each, or to ask whether all together
                // are a parameter, takes longer than an epoch.
                break
            case .collection, .optional, .tuple: collect(child.value, path: name, seen: &seen)
            default: break
            }
        }
    }

    /// How many numbers are learned.
    public var count: Int {
        dense.reduce(0) { $0 + $1.parameter.count } + tables.reduce(0) { $0 + $1.table.rowCount * $1.table.width }
    }

    /// Every number by path, as it is saved.
    public func tensors() -> [String: StoredTensor] {
        var tensors: [String: StoredTensor] = [:]
        for (name, parameter) in dense + buffers {
            tensors[name] = StoredTensor(parameter.values, shape: parameter.shape)
        }
        for (name, table) in tables {
            tensors[name] = StoredTensor(table.values, shape: [table.rowCount, table.width])
        }
        return tensors
    }

    /// Puts back what ``tensors()`` gave.
    /// - Throws: ``ModuleError`` when a tensor is missing or has another shape; nothing has changed then.
    public func restore(_ tensors: [String: StoredTensor]) throws {
        let matrices = try (dense + buffers).map { try tensors.floats($0.name, shape: $0.parameter.shape) }
        let rows = try tables.map { try tensors.floats($0.name, shape: [$0.table.rowCount, $0.table.width]) }
        for ((_, parameter), values) in zip(dense + buffers, matrices) { parameter.values = values }
        for ((_, table), values) in zip(tables, rows) { table.values = values }
    }
}

/// Saved numbers do not fit the network they are to be put into.
public enum ModuleError: Error, Equatable, CustomStringConvertible {
    case missing(String)
    case wrongShape(String, expected: [Int], found: [Int])

    public var description: String {
        switch self {
        case .missing(let name): "tensor '\(name)' is missing"
        case .wrongShape(let name, let expected, let found):
            "tensor '\(name)' has shape \(found), expected \(expected); was it saved by another configuration?"
        }
    }
}

extension [String: StoredTensor] {
    /// The values of the tensor `name`, which must have this shape.
    func floats(_ name: String, shape: [Int]) throws -> [Float] {
        guard let tensor = self[name] else { throw ModuleError.missing(name) }
        guard tensor.shape == shape else { throw ModuleError.wrongShape(name, expected: shape, found: tensor.shape) }
        return try tensor.floats()
    }
}

/// Numbers that a layer tracks but that no gradient changes.
public struct Buffer: Sendable {
    let values: Parameter

    init(columns: Int, _ value: Float) {
        values = Parameter(columns: columns, .constant(value), stream: .init(key: 0))
    }

    var value: UnsafeMutablePointer<Float> { values.value }
}
