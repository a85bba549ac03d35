/// Told how long work goes; a terminal draws a bar, a log writes lines, a test listens.
public protocol ProgressObserver: Sendable {
    /// `stage` has done `completed` of `total` units (`total` nil when unknown), with its current
    /// figures, such as `("loss", 0.31)`. Called often; an observer decides how often to show it.
    func advance(_ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)])
    /// A line worth keeping, such as the result of an epoch.
    func note(_ line: String)
}

/// Hears nothing.
public struct SilentProgress: ProgressObserver {
    public init() {}
    public func advance(
        _ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)]
    ) {}
    public func note(_ line: String) {}
}
