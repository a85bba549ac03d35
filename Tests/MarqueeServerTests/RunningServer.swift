import Foundation
import ProcessTesting
import Synchronization

/// `marquee serve` as a process of its own, on a free loopback port, with a folder of its own.
final class RunningServer: Sendable {
    let port: UInt16
    let folder: URL
    private let process: Mutex<Process>
    private let errorFile: URL

    static let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("marquee")

    struct DidNotStart: Error { var errors: String }

    /// Starts it, and returns once it listens.
    /// - Parameter file: of settings.
    init(folder: URL, port: UInt16 = 0, settings: [String: String] = [:], file: URL? = nil) throws {
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        errorFile = folder.appendingPathComponent("errors-\(UUID()).txt")
        try Data().write(to: errorFile)
        let process = Process()
        process.executableURL = Self.program
        process.arguments =
            ["serve", "--port", "\(port)", "--folder", folder.appendingPathComponent("live").path]
            + settings.flatMap { ["--set", "\($0.key)=\($0.value)"] }
            + (file.map { ["--config", $0.path] } ?? [])
        // What the tests are told by variables, MARQUEE_KILLS, is no setting of the server.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MARQUEE_") }
        let output = Children.pipe()
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errorFile)
        process.standardInput = FileHandle.nullDevice
        try Children.start(process)
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let chunk = output.fileHandleForReading.availableData
            if chunk.isEmpty { break }
            line += chunk
        }
        let text = String(decoding: line, as: UTF8.self)
        guard let match = text.firstMatch(of: /listening at https?:\/\/(?:127|0)\.0\.0\.[01]:([0-9]+)/),
            let port = UInt16(match.1)
        else {
            process.terminate()
            throw DidNotStart(errors: text + ((try? String(contentsOf: errorFile, encoding: .utf8)) ?? ""))
        }
        self.port = port
        self.process = Mutex(process)
    }

    deinit { signal(SIGKILL) }

    func signal(_ number: Int32) {
        process.withLock { if $0.isRunning { kill($0.processIdentifier, number) } }
    }

    /// Waits for its end.
    /// - Returns: the exit status, or minus the signal that ended it.
    func wait() -> Int32 {
        process.withLock { process in
            process.waitUntilExit()
            return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        }
    }

    var errors: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    /// Whether it still answers.
    var isAlive: Bool {
        (try? Wire(port).exchange("GET /api/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))?.hasPrefix(
            "HTTP/1.1 200") == true
    }
}

/// A socket, and nothing between the test and the bytes.
final class Wire: Sendable {
    private let descriptor: Int32
    struct Failed: Error { var errno: Int32 }

    init(_ port: UInt16, timeout seconds: Int = 20) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failed(errno: errno)
        }
    }

    deinit { close(descriptor) }

    func send(_ bytes: some Sequence<UInt8>) throws {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failed(errno: errno) }
            sent += count
        }
    }
    func send(_ text: String) throws { try send(text.utf8) }

    /// What comes until the other side closes, or until it has some text.
    func receive(until end: String) throws -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !String(decoding: bytes, as: UTF8.self).hasSuffix(end) {
            let count = recv(descriptor, &byte, 1, 0)
            if count < 0, bytes.isEmpty { throw Failed(errno: errno) }
            if count <= 0 { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What comes until the other side closes, or one answer with a length.
    func receive() throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, bytes.isEmpty { throw Failed(errno: errno) }
            if count <= 0 { break }
            bytes += chunk[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            if let head = text.range(of: "\r\n\r\n"), let length = text.firstMatch(of: /(?i)content-length: ([0-9]+)/),
                let wanted = Int(length.1),
                text[head.upperBound...].utf8.count >= wanted
            {
                break
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func exchange(_ text: String) throws -> String {
        try send(text)
        return try receive()
    }

    static func post(_ path: String, _ body: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
