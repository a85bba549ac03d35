internal import Foundation

/// Looks for bytes in files, as they lie on the disk.
enum FileSearch {
    /// How often each file of a folder has any of some patterns, by the file's name; those that have none are left out.
    static func occurrences(of patterns: [[UInt8]], in folder: URL) throws -> [String: Int] {
        var found: [String: Int] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let file = folder.appendingPathComponent(name)
            guard (try? file.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true else { continue }
            let data: Data
            do { data = try Data(contentsOf: file, options: .mappedIfSafe) } catch let error as CocoaError
                where error.code == .fileReadNoSuchFile
            {
                continue  // It is gone meanwhile.
            }
            let count = patterns.reduce(0) { $0 + occurrences(of: $1, in: data) }
            if count > 0 { found[name] = count }
        }
        return found
    }

    /// O(bytes): by its first byte, then by all of them.
    private static func occurrences(of pattern: [UInt8], in data: Data) -> Int {
        guard let first = pattern.first else { return 0 }
        return data.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            var (count, offset) = (0, 0)
            while offset + pattern.count <= bytes.count,
                let hit = memchr(base + offset, Int32(first), bytes.count - pattern.count + 1 - offset)
            {
                if memcmp(hit, pattern, pattern.count) == 0 { count += 1 }
                offset = UnsafeRawPointer(hit) - base + 1
            }
            return count
        }
    }
}
