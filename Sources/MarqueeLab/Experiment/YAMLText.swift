internal import Foundation
internal import Yams

/// Small YAML on the command line.
package enum YAMLText {
    /// - Parameter name: where the text stood, for errors: `--columns`.
    /// - Throws: ``ExperimentError``.
    package static func decode<Value: Decodable>(_ type: Value.Type, from text: String, named name: String) throws
        -> Value
    {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw ExperimentError(file: name, line: nil, reason: "is empty")
            }
            do { return try YAMLDecoder().decode(type, from: node) } catch let error as DecodingError {
                throw ExperimentError(file: name, error, in: node)
            }
        } catch let error as YamlError {
            throw ExperimentError(file: name, error)
        }
    }
}
