/// A feature store does not answer, or not as it should.
public enum FeatureStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    case unavailable(String)
    /// It took the question and did not answer in its time; it is left alone for a moment.
    case hangs(String)
    /// It has started and still reads its data.
    case loading
    case refused(String)
    case marksChanged
    case damaged(String)
    /// Retention has dropped events that it has not seen.
    case outdated(String)

    public var description: String {
        switch self {
        case .unavailable(let reason): "the feature store does not answer: \(reason); is it running?"
        case .hangs(let reason):
            "the feature store hangs: \(reason); features are done without until it answers again"
        case .loading: "the feature store still loads its data; it is tried again"
        case .refused(let reason): "the feature store refuses: \(reason)"
        case .marksChanged:
            "the feature store changed behind the engine's back; its features are read again from the log"
        case .damaged(let what):
            "\(what): not what was written there; delete it, and the features are computed again from the log"
        case .outdated(let what): "\(what): older than what retention has left of the log"
        }
    }

    /// Whether trying again, after reading the marks again, can help.
    public var isTransient: Bool {
        switch self {
        case .unavailable, .hangs, .loading, .refused, .marksChanged: true
        case .damaged, .outdated: false
        }
    }
}
