internal import MarqueeRuntime

/// A model could not be fitted or loaded.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    case unknownModel(String, valid: [String])
    case badConfig(model: String, reason: String)
    /// The model does not say which items are alike; `able` do.
    case knowsNoItems(model: String, able: [String])
    case unfit(model: String, reason: String)
    case badArtifact(path: String, reason: String)
    case badCheckpoint(path: String, reason: String)

    public var description: String {
        switch self {
        case .unknownModel(let name, let valid): Spelling.complaint(unknown: "model", name, valid: valid)
        case .badConfig(let model, let reason): "\(model): \(reason)"
        case .knowsNoItems(let model, let able):
            "\(model) knows nothing of which items are alike; these do: \(able.joined(separator: ", "))"
        case .unfit(let model, let reason): "\(model) cannot learn from this data: \(reason)"
        case .badArtifact(let path, let reason): "\(path): not a usable model: \(reason); train and save it again"
        case .badCheckpoint(let path, let reason):
            "\(path): not a usable checkpoint: \(reason); remove it to start anew"
        }
    }
}
