package import Foundation

/// Processes of the tests, started one at a time.
///
/// Foundation closes in a child what was open when it looked, so that a child started beside another may keep the
/// other's pipes open, and whoever waits for their end waits for both.
package enum Children {
    private static let turn = NSLock()

    package static func start(_ process: Process) throws { try turn.withLock { try process.run() } }

    /// A pipe that no other child inherits.
    package static func pipe() -> Pipe {
        turn.withLock {
            let pipe = Pipe()
            for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
            }
            return pipe
        }
    }
}
