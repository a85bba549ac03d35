import Foundation

/// The memory of this process.
enum ProcessMemory {
    /// The most that was ever resident, in bytes. Linux's own count of this process (`VmHWM`), where
    /// there is one: `ru_maxrss` would include the parent that started it.
    static func peakBytes() -> Int {
        if let bytes = status(/VmHWM:\s*([0-9]+) kB/) { return bytes }
        var usage = rusage()
        #if os(Linux)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss * 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss
        #endif
    }

    /// What is resident now, in bytes; nil where Linux does not tell.
    static func residentBytes() -> Int? { status(/VmRSS:\s*([0-9]+) kB/) }

    private static func status(_ line: Regex<(Substring, Substring)>) -> Int? {
        (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8))?.firstMatch(of: line).flatMap { Int($0.1) }
            .map { $0 * 1024 }
    }
}
