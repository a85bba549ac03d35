internal import Foundation
internal import Synchronization

/// The user's wish to stop (Ctrl-C or SIGTERM). Long work looks at it between steps, writes what
/// can be resumed, and throws ``Interrupted``.
public enum Interruption {
    private static let requested = Atomic<Bool>(false)

    /// Whether a stop was asked for.
    public static var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// Throws ``Interrupted`` once a stop was asked for.
    public static func check() throws {
        if isRequested { throw Interrupted() }
    }

    /// Lets SIGINT and SIGTERM ask for a stop; a second one ends the process at once.
    public static func listen() {
        // Whoever started this process may have done so with signals blocked.
        var both = sigset_t()
        sigemptyset(&both)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&both, number)
            signal(number) { number in
                Interruption.requested.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
        pthread_sigmask(SIG_UNBLOCK, &both, nil)
    }

    /// Asks for a stop, as a signal would.
    public static func request() { requested.store(true, ordering: .relaxed) }

    /// Takes the wish back.
    public static func reset() { requested.store(false, ordering: .relaxed) }
}

/// Work was stopped at the user's wish; what it wrote can be resumed.
public struct Interrupted: Error, CustomStringConvertible {
    public init() {}
    public var description: String { "interrupted" }
}
