public import Foundation

/// Where a fit writes, after each epoch and atomically, what it needs to go on after being killed.
public struct Checkpoint: Sendable {
    public let url: URL

    public init(url: URL) { self.url = url }
}
