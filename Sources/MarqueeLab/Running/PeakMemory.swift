internal import Foundation

/// The most memory that this process has held (Linux's VmHWM).
package enum PeakMemory {
    /// Starts the peak anew from what is held now, where the kernel allows it; else it stays the peak
    /// since the process began.
    package static func reset() {
        guard let handle = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
        try? handle.write(contentsOf: Data("5".utf8))
        try? handle.close()
    }

    /// The peak in bytes; 0 where the system does not tell.
    package static var bytes: Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
        for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
            return (kilobytes ?? 0) * 1024
        }
        return 0
    }
}
