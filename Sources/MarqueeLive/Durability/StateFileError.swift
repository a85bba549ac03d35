internal import Foundation
internal import GRDB

/// The catalog's file or the decision log's cannot be used.
public enum StateFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process writes it now.
    case locked(path: String)
    case diskFull(path: String)
    /// What the disk gives back is not what was written.
    case damaged(path: String, reason: String)
    case cannotOpen(path: String, reason: String)
    case cannotWrite(path: String, reason: String)
    /// Written by a newer Marquee.
    case newerVersion(path: String)
    case closed(path: String)

    public var description: String {
        switch self {
        case .locked(let path): "\(path): locked by another process; try again once that is through with it"
        case .diskFull(let path): "\(path): no space left; free some, and try again"
        case .damaged(let path, let reason):
            "\(path): damaged: \(reason); put the file of a backup in its place, or move it away to begin anew"
        case .cannotOpen(let path, let reason):
            "\(path): cannot be opened: \(reason); check that its folder is there and writable, or choose another"
        case .cannotWrite(let path, let reason): "\(path): cannot be written: \(reason)"
        case .newerVersion(let path): "\(path): written by a newer Marquee; use that one"
        case .closed(let path): "\(path): is closed"
        }
    }

    /// Whether trying again later can help.
    public var isTransient: Bool {
        switch self {
        case .locked, .diskFull, .cannotWrite: true
        case .damaged, .cannotOpen, .newerVersion, .closed: false
        }
    }
}

extension StateFileError {
    /// What an error means for a file; nil where it is none of the file's.
    init?(_ error: any Error, path: String) {
        switch error {
        case let error as StateFileError: self = error
        case DecisionLogError.damaged: self = .damaged(path: path, reason: "a decision is not what was written")
        case let error as CocoaError: self = .cannotOpen(path: path, reason: error.localizedDescription)
        case let error as DatabaseError:
            let reason = error.message ?? error.resultCode.description
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked(path: path)
            case .SQLITE_FULL: self = .diskFull(path: path)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(path: path, reason: reason)
            case .SQLITE_CANTOPEN: self = .cannotOpen(path: path, reason: reason)
            case .SQLITE_MISUSE: self = .closed(path: path)
            default: self = .cannotWrite(path: path, reason: reason)
            }
        default: return nil
        }
    }
}
