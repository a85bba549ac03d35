public import Foundation

/// Where a fit writes, after each epoch and atomically, what it needs to go on after being killed.
public struct Checkpoint: Sendable {
    public let url: URL
    /// Within an epoch it is written when so long has passed since the last time.
    public let interval: Duration

    public init(url: URL, interval: Duration = .seconds(30)) {
        self.url = url
        self.interval = interval
    }
}
