/// A model could not be fitted or loaded.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    case unknownModel(String, nearest: String?)
    case badConfig(model: String, reason: String)
    case unfit(model: String, reason: String)
    case badArtifact(path: String, reason: String)
    case badCheckpoint(path: String, reason: String)

    public var description: String {
        switch self {
        case .unknownModel(let name, let nearest):
            "unknown model '\(name)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .badConfig(let model, let reason): "\(model): \(reason)"
        case .unfit(let model, let reason): "\(model) cannot learn from this data: \(reason)"
        case .badArtifact(let path, let reason): "\(path): not a usable model: \(reason); train and save it again"
        case .badCheckpoint(let path, let reason):
            "\(path): not a usable checkpoint: \(reason); remove it to start anew"
        }
    }
}
