internal import Foundation
internal import Testing

/// Reference values of one operation, written by Fixtures/write_fixtures.py from PyTorch.
struct Fixture: Decodable {
    struct Values: Decodable {
        var shape: [Int]
        var values: [Float]
    }

    var operation: String
    var parameters: [String: Float]
    var inputs: [String: Values]?
    var outputs: [String: Values]
    var upstream: [String: Values]?
    var gradients: [String: Values]?

    private static var folder: URL {
        get throws { try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)) }
    }

    init(_ name: String) throws {
        let url = try Self.folder.appendingPathComponent("\(name).json")
        self = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
    }

    /// The names of all fixtures on disk.
    static var names: Set<String> {
        get throws {
            let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            return Set(files.filter { $0.pathExtension == "json" }.map { $0.deletingPathExtension().lastPathComponent })
        }
    }

    /// An input as a matrix; one axis is a row.
    func matrix(_ name: String) throws -> Matrix {
        let input = try #require(inputs?[name], "\(operation) has no input \(name)")
        switch input.shape.count {
        case 1: return Matrix(1, input.shape[0], input.values)
        case 2: return Matrix(input.shape[0], input.shape[1], input.values)
        default: throw FixtureError(message: "\(operation).\(name) has shape \(input.shape)")
        }
    }

    func input(_ name: String) throws -> [Float] { try #require(inputs?[name]).values }
    func ids(_ name: String) throws -> [Int32] { try input(name).map { Int32($0) } }
    func output(_ name: String) throws -> [Float] { try #require(outputs[name]).values }
    func parameter(_ name: String) throws -> Float { try #require(parameters[name]) }

    /// The steps of an input or output [steps, ...].
    func steps(of values: Values?) throws -> [[Float]] {
        let values = try #require(values)
        let width = values.shape.dropFirst().reduce(1, *)
        return (0..<values.shape[0]).map { Array(values.values[$0 * width..<($0 + 1) * width]) }
    }
}

struct FixtureError: Error {
    var message: String
}
