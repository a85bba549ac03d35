/// The loop cannot decide now.
public enum LiveLoopError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It has started and still reads what happened: whoever asked now would be shown what they have consumed.
    case catchingUp(applied: Int64, of: Int64)

    public var description: String {
        switch self {
        case .catchingUp(let applied, let last):
            "just started: \(applied) of \(last) events are read; try again in a moment"
        }
    }
}
