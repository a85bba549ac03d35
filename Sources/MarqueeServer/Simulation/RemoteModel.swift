public import Foundation
public import MarqueeModels
internal import MarqueeRuntime

/// The model at work in a running server on this machine, looked at and replaced through its API.
public struct RemoteModel: Sendable {
    private let client: LiveClient

    /// - Parameter key: an API key of the scope admin, where the server asks for one.
    public init(url: String, key: String? = nil) { client = LiveClient(url: url, key: key) }

    /// Loads the model at work from its folder; nil where none is.
    /// - Throws: ``LiveSimulationError``; what `SavedModel` throws of a folder that is not there.
    public func load() async throws -> (model: SavedModel, version: String)? {
        guard let model = try await client.model() else { return nil }
        guard let path = model.path else { throw LiveSimulationError.noFolder(client.url, version: model.version) }
        return (try SavedModel(contentsOf: URL(fileURLWithPath: path)), model.version)
    }

    /// Puts the model of a folder to work.
    /// - Returns: its version.
    public func replace(by folder: URL) async throws -> String { try await client.deploy(folder.path).version }
}
