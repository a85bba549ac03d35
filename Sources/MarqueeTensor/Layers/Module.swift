internal import MarqueeRuntime

/// A part of a network: a struct whose stored properties are parameters, tables and other modules.
///
/// Parameters are found by reflection and named by their path, `tower.0.linear.weight`, the name under
/// which they are saved.
public protocol Module: Sendable {}

/// The learned and tracked numbers of a module, by path, in order of declaration.
public struct ModuleParameters: Sendable {
    public private(set) var dense: [(name: String, parameter: Parameter)] = []
    public private(set) var tables: [(name: String, table: EmbeddingTable)] = []
    /// Running statistics: saved, but not learned by gradient.
    public private(set) var buffers: [(name: String, parameter: Parameter)] = []

    public init(of module: any Module) { collect(module, path: "") }

    private mutating func collect(_ value: Any, path: String) {
        for (index, child) in Mirror(reflecting: value).children.enumerated() {
            let label = child.label.flatMap { $0.hasPrefix(".") ? nil : $0 } ?? "\(index)"
            let name = path.isEmpty ? label : label == "some" ? path : "\(path).\(label)"
            switch child.value {
            case let parameter as Parameter: dense.append((name, parameter))
            case let table as EmbeddingTable: tables.append((name, table))
            case let buffer as Buffer: buffers.append((name, buffer.values))
            case is any Module: collect(child.value, path: name)
            default:
                switch Mirror(reflecting: child.value).displayStyle {
                case .collection, .optional, .tuple: collect(child.value, path: name)
                default: break
                }
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
            tensors[name] = StoredTensor(
                parameter.values, shape: parameter.rows == 1 ? [parameter.columns] : [parameter.rows, parameter.columns])
        }
        for (name, table) in tables {
            tensors[name] = StoredTensor(table.values, shape: [table.rowCount, table.width])
        }
        return tensors
    }

    /// Puts back what ``tensors()`` gave.
    /// - Throws: ``ModuleError`` when a tensor is missing or has another number of elements.
    public func restore(_ tensors: [String: StoredTensor]) throws {
        func floats(_ name: String, count: Int) throws -> [Float] {
            guard let tensor = tensors[name] else { throw ModuleError.missing(name) }
            let floats = try tensor.floats()
            guard floats.count == count else { throw ModuleError.wrongCount(name, expected: count, found: floats.count) }
            return floats
        }
        for (name, parameter) in dense + buffers {
            parameter.values = try floats(name, count: parameter.count)
        }
        for (name, table) in tables {
            table.values = try floats(name, count: table.rowCount * table.width)
        }
    }
}

/// Saved numbers do not fit the network they are to be put into.
public enum ModuleError: Error, Equatable, CustomStringConvertible {
    case missing(String)
    case wrongCount(String, expected: Int, found: Int)

    public var description: String {
        switch self {
        case .missing(let name): "tensor '\(name)' is missing"
        case .wrongCount(let name, let expected, let found): "tensor '\(name)' has \(found) numbers, expected \(expected)"
        }
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
