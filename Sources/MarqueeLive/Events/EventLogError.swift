/// The log could not take, keep or give events.
public enum EventLogError: Error, Sendable, Equatable, CustomStringConvertible {
    /// More waits than the queue holds; nothing of this append was taken.
    case busy(retryAfter: Duration)
    case tooMany(Int, limit: Int)
    case closed
    case diskFull(path: String)
    /// Another process holds the file.
    case locked(path: String)
    case cannotWrite(path: String, reason: String)
    case cannotOpen(path: String, reason: String)
    case notALog(path: String)
    case inUse(path: String)
    /// Written by a newer Marquee.
    case newerVersion(path: String, version: Int)
    /// What the disk gives back is not what was written.
    case damaged(path: String, afterSequence: Int64, reason: String)
    /// Events that somebody still needs were dropped by retention.
    case dropped(after: Int64, firstKept: Int64)

    public var description: String {
        switch self {
        case .busy(let retryAfter): "the event log is busy; send again in \(retryAfter.components.seconds) s"
        case .tooMany(let count, let limit): "\(count) events at once; send at most \(limit)"
        case .closed: "the event log is closed"
        case .diskFull(let path):
            "\(path): no space left; free some, and send again: what was not acknowledged is not in the log"
        case .locked(let path): "\(path): locked by another process; try again once that is through with it"
        case .cannotWrite(let path, let reason): "\(path): cannot be written: \(reason)"
        case .cannotOpen(let path, let reason): "\(path): cannot be opened: \(reason)"
        case .notALog(let path): "\(path): not an event log of Marquee; choose another path"
        case .inUse(let path): "\(path): another process writes this log; stop it, or choose another path"
        case .newerVersion(let path, let version):
            "\(path): written by a newer Marquee (version \(version)); use that one"
        case .damaged(let path, let sequence, let reason):
            "\(path): damaged after event \(sequence): \(reason); export what is readable with 'marquee events export', "
                + "move the file away, and append the export to a new log"
        case .dropped(let after, let first):
            "events after \(after) were asked for, but retention dropped all before \(first); start from a snapshot, or keep events longer"
        }
    }
}
