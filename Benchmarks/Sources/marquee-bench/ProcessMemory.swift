import Foundation

/// The memory of this process.
enum ProcessMemory {
    /// The most that was ever resident, in bytes. Linux's own count of this process (`VmHWM`), where
    /// there is one: `ru_maxrss` would include the parent that started it.
    static func peakBytes() -> Int {
        if let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let match = status.firstMatch(of: /VmHWM:\s*([0-9]+) kB/), let kibibytes = Int(match.1)
        {
            return kibibytes * 1024
        }
        var usage = rusage()
        #if os(Linux)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss * 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss
        #endif
    }
}
