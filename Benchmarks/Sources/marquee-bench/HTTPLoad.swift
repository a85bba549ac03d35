import Foundation
import Synchronization

/// Requests over loopback from plain sockets, a thread a connection: little work on this side, so that what
/// is measured is the server's.
enum HTTPLoad {
    struct Outcome: Sendable {
        /// Seconds from when a request was due to its answer's last byte.
        var latencies: [Double] = []
        var failures = 0
        var seconds = 0.0

        var rate: Double { Double(latencies.count) / seconds }
        func quantile(_ share: Double) -> Double {
            let sorted = latencies.sorted()
            return sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
        }
    }

    /// - Parameters:
    ///   - rate: requests a second in all, each due at its own time whether the last is answered or not; nil for
    ///     as many as come back.
    ///   - request: the bytes of the k-th request.
    /// - Returns: when all are answered, or soon after it was cancelled. Nobody waits on a thread that the server needs.
    static func run(
        port: Int, connections: Int, seconds: Double, rate: Double?, request: @escaping @Sendable (Int) -> [UInt8]
    ) async -> Outcome {
        await run(port: port, connections: connections, seconds: seconds, rate: rate) { socket, index in
            socket.exchange(request(index))
        }
    }

    /// - Parameter visit: the k-th visit to the server, of as many requests as it likes; whether it went well.
    static func run(
        port: Int, connections: Int, seconds: Double, rate: Double?,
        visit: @escaping @Sendable (LoopbackSocket, Int) -> Bool
    ) async -> Outcome {
        let load = Load()
        let group = DispatchGroup()
        let start = ContinuousClock.now
        for _ in 0..<connections {
            group.enter()
            let thread = Thread {
                defer { group.leave() }
                var own = Outcome()
                guard let socket = LoopbackSocket(port: port) else {
                    load.outcome.withLock { $0.failures += 1 }
                    return
                }
                while !load.isCancelled.load(ordering: .relaxed) {
                    let index = load.next.add(1, ordering: .relaxed).oldValue
                    var due = ContinuousClock.now
                    if let rate {
                        due = start + .seconds(Double(index) / rate)
                        let wait = ContinuousClock.now.duration(to: due) / .seconds(1)
                        if wait > 0 { Thread.sleep(forTimeInterval: wait) }
                    }
                    if start.duration(to: due) > .seconds(seconds) { break }
                    if visit(socket, index) {
                        own.latencies.append(due.duration(to: .now) / .seconds(1))
                    } else {
                        own.failures += 1
                    }
                }
                load.outcome.withLock { [own] whole in
                    whole.latencies += own.latencies
                    whole.failures += own.failures
                }
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { done in group.notify(queue: .global()) { done.resume() } }
        } onCancel: {
            load.isCancelled.store(true, ordering: .relaxed)
        }
        var result = load.outcome.withLock { $0 }
        result.seconds = start.duration(to: .now) / .seconds(1)
        return result
    }

    private final class Load: Sendable {
        let outcome = Mutex(Outcome())
        let next = Atomic<Int>(0)
        let isCancelled = Atomic<Bool>(false)
    }

    static func get(_ path: String) -> [UInt8] { Array("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n".utf8) }
    static func post(_ path: String, _ body: String) -> [UInt8] {
        Array("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }
}

/// A connection that is kept alive; answers have a length.
final class LoopbackSocket {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 17)

    init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Sends a request and reads its answer; false unless the status is 200.
    func exchange(_ request: [UInt8]) -> Bool { body(request) != nil }

    /// The answer's body; nil unless the status is 200.
    func body(_ request: [UInt8]) -> ArraySlice<UInt8>? {
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
        var count = 0
        var head: Int?
        var length = 0
        while true {
            if count == buffer.count { buffer.append(contentsOf: [UInt8](repeating: 0, count: buffer.count)) }
            // Not through a slice, which would copy.
            let got = buffer.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count, 0)
            }
            guard got > 0 else { return nil }
            let from = max(0, count - 3)
            count += got
            if head == nil { (head, length) = Self.head(buffer, from, count) }
            if let head, count >= head + length {
                // "HTTP/1.1 200"
                return buffer[9] == UInt8(ascii: "2") && buffer[11] == UInt8(ascii: "0")
                    ? buffer[head..<head + length] : nil
            }
        }
    }

    /// Where the body begins, once the head is there, and how long it is.
    private static func head(_ bytes: [UInt8], _ from: Int, _ count: Int) -> (Int?, Int) {
        var place = from
        while place + 3 < count {
            if bytes[place] == 13, bytes[place + 1] == 10, bytes[place + 2] == 13, bytes[place + 3] == 10 {
                let text = String(decoding: bytes[..<place], as: UTF8.self).lowercased()
                guard let mark = text.range(of: "content-length: ") else { return (place + 4, 0) }
                return (place + 4, Int(text[mark.upperBound...].prefix { $0.isNumber }) ?? 0)
            }
            place += 1
        }
        return (nil, 0)
    }
}
