internal import Foundation
package import MarqueeLive
internal import Synchronization

/// A redis-server of this test's own, on a free loopback port, writing every command to its file at once.
package final class RedisServer: @unchecked Sendable {
    // Unchecked: one test uses it, from one task at a time.
    static let path = ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    package static var isInstalled: Bool { path != nil }

    package let address: RedisAddress
    private let folder: URL
    private let options: [String]
    private var process: Process

    package struct DidNotStart: Error {}

    package init(options: [String] = ["--appendonly", "no"]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.options = options
        for _ in 0..<20 {
            // Below the ports that the system gives away: of those, one that nobody listens at can answer itself.
            let address = RedisAddress(port: Int.random(in: 20_000..<32_000), timeout: .seconds(5))
            if let process = try Self.start(address, folder, options) {
                self.address = address
                self.process = process
                return
            }
        }
        throw DidNotStart()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts it and waits until it answers; nil when the port is taken.
    private static func start(_ address: RedisAddress, _ folder: URL, _ options: [String]) throws -> Process? {
        guard let path else { throw DidNotStart() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments =
            ["--port", "\(address.port)", "--bind", "127.0.0.1", "--save", "", "--dir", folder.path] + options
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try Children.start(process)
        for _ in 0..<500 {
            guard process.isRunning else { return nil }
            if accepts(address.port), process.isRunning { return process }
            usleep(10_000)
        }
        process.terminate()
        return nil
    }

    private static func accepts(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(port).bigEndian
        place.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// kill -9.
    package func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Stops it without ending it: it takes connections and says nothing.
    package func pause() { Foundation.kill(process.processIdentifier, SIGSTOP) }
    package func resume() { Foundation.kill(process.processIdentifier, SIGCONT) }

    package func restart() throws {
        for _ in 0..<50 {
            if let process = try Self.start(address, folder, options) {
                self.process = process
                return
            }
            usleep(20_000)
        }
        throw DidNotStart()
    }

    package func stop() {
        if process.isRunning { kill() }
    }
}

/// Answers every command with LOADING, as a Redis that reads its file does.
package final class LoadingRedis: Sendable {
    package let address: RedisAddress
    private let listener: Int32
    private let count = Mutex(0)

    /// How many commands came.
    package var asked: Int { count.withLock { $0 } }

    package init() throws {
        (listener, address) = try listening()
        let listener = listener
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { [weak self] in
                    var bytes = [UInt8](repeating: 0, count: 65_536)
                    while case let count = read(connection, &bytes, bytes.count), count > 0 {
                        // A command starts with the number of its words.
                        let commands = bytes[..<count].count { $0 == UInt8(ascii: "*") }
                        self?.count.withLock { $0 += commands }
                        let answer = Array(
                            String(repeating: "-LOADING Redis is loading the dataset in memory\r\n", count: commands)
                                .utf8)
                        _ = answer.withUnsafeBytes { send(connection, $0.baseAddress!, $0.count, Int32(MSG_NOSIGNAL)) }
                    }
                    close(connection)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}

/// Hangs up in the middle of the first command, as a Redis that is killed does: a length of it was read, the rest is
/// answered by a reset.
package func dyingRedis() throws -> RedisAddress {
    let (listener, address) = try listening()
    Thread.detachNewThread {
        let connection = accept(listener, nil, nil)
        shutdown(connection, Int32(SHUT_WR))
        var bytes = [UInt8](repeating: 0, count: 65_536)
        _ = read(connection, &bytes, bytes.count)
        close(connection)
        close(listener)
    }
    return address
}

/// A socket that listens at a free port of this machine.
private func listening() throws -> (listener: Int32, address: RedisAddress) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &place) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
        }
    }
    guard isListening else { throw RedisServer.DidNotStart() }
    return (listener, RedisAddress(port: Int(in_port_t(bigEndian: place.sin_port))))
}
