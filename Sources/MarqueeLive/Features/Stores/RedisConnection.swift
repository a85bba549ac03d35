internal import CHiredis
internal import Dispatch
internal import Foundation

/// Where a Redis is, and how long it is waited for.
public struct RedisAddress: Sendable, Hashable {
    public var host: String
    public var port: Int
    public var password: String?
    public var database: Int
    /// For connecting, and for each answer.
    public var timeout: Duration

    public init(
        host: String = "127.0.0.1", port: Int = 6379, password: String? = nil, database: Int = 0,
        timeout: Duration = .seconds(1)
    ) {
        self.host = host
        self.port = port
        self.password = password
        self.database = database
        self.timeout = timeout
    }
}

/// What Redis answers.
enum RedisReply: Sendable, Equatable {
    case null
    case integer(Int64)
    case bytes([UInt8])
    case list([RedisReply])
    case error(String)

    var text: String? {
        if case .bytes(let bytes) = self { String(validating: bytes, as: UTF8.self) } else { nil }
    }
}

/// One connection, by hiredis. Commands are sent together and their answers read in order (pipelining).
///
/// A connection that breaks is opened again by the next call; while that fails, calls fail at once for a
/// moment rather than wait each for the time limit. A Redis that hangs is left alone by all connections that share a
/// ``CircuitBreaker``.
final class RedisConnection: @unchecked Sendable {
    // Unchecked: `context` and `retry` are touched on `queue` alone.
    private let address: RedisAddress
    private let breaker: CircuitBreaker?
    private let queue = DispatchQueue(label: "marquee.redis")
    private var context: UnsafeMutablePointer<redisContext>?
    private var retry: (after: ContinuousClock.Instant, reason: String)?

    /// hiredis sends without MSG_NOSIGNAL, so that the signal of a server that hung up would end this process. Ignored
    /// for all of it, as SwiftNIO does.
    private static let brokenPipesAreErrors: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// - Parameter breaker: shared by connections whose callers can do without; nil for one who tries again.
    init(_ address: RedisAddress, _ breaker: CircuitBreaker? = nil) {
        Self.brokenPipesAreErrors
        self.address = address
        self.breaker = breaker
    }

    deinit {
        if let context { redisFree(context) }
    }

    /// Sends commands and returns their answers.
    func send(_ commands: [RedisCommand]) async throws(FeatureStoreError) -> [RedisReply] {
        if let breaker, !breaker.permits() { throw hangs }
        let (asked, failures) = (ContinuousClock.now, breaker?.failureCount ?? 0)
        let result = await withCheckedContinuation {
            (done: CheckedContinuation<Result<[RedisReply], FeatureStoreError>, Never>) in
            queue.async {
                // Whoever waits in line as long as for an answer, or behind one who found out that it hangs, goes without.
                if let breaker = self.breaker,
                    breaker.failureCount > failures || asked.duration(to: .now) > self.address.timeout
                {
                    return done.resume(returning: .failure(self.hangs))
                }
                do throws(FeatureStoreError) {
                    let replies = try self.exchange(commands)
                    self.breaker?.succeeded()
                    done.resume(returning: .success(replies))
                } catch {
                    if case .hangs = error { self.breaker?.failed() }
                    done.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    private func exchange(_ commands: [RedisCommand]) throws(FeatureStoreError) -> [RedisReply] {
        let start = ContinuousClock.now
        let context = try connected()
        for command in commands {
            guard command.append(to: context) else { throw broken(since: start) }
        }
        var replies: [RedisReply] = []
        replies.reserveCapacity(commands.count)
        for _ in commands {
            var raw: UnsafeMutableRawPointer?
            guard redisGetReply(context, &raw) == REDIS_OK, let raw else { throw broken(since: start) }
            defer { freeReplyObject(raw) }
            replies.append(Self.reply(raw.assumingMemoryBound(to: redisReply.self)))
        }
        // An error leaves a transaction half open; the connection is not used again.
        if let message = replies.lazy.compactMap({ if case .error(let message) = $0 { message } else { nil } }).first {
            close()
            throw message.hasPrefix("LOADING") ? .loading : .refused(message)
        }
        return replies
    }

    private func connected() throws(FeatureStoreError) -> UnsafeMutablePointer<redisContext> {
        if let context { return context }
        if let retry, retry.after > .now { throw .unavailable(retry.reason) }
        let start = ContinuousClock.now
        let limit = Self.time(address.timeout)
        guard let new = redisConnectWithTimeout(address.host, Int32(address.port), limit) else {
            throw .unavailable("out of memory")
        }
        context = new
        guard new.pointee.err == 0, redisSetTimeout(new, limit) == REDIS_OK else { throw broken(since: start) }
        redisEnableKeepAlive(new)
        var greeting: [RedisCommand] = []
        if let password = address.password { greeting.append(RedisCommand("AUTH", password)) }
        if address.database != 0 { greeting.append(RedisCommand("SELECT", "\(address.database)")) }
        if !greeting.isEmpty { _ = try exchange(greeting) }
        retry = nil
        return new
    }

    private func broken(since start: ContinuousClock.Instant) -> FeatureStoreError {
        let isOverdue = start.duration(to: .now) >= address.timeout
        var reason = "the connection was closed"
        if let context, context.pointee.err != 0 {
            reason = withUnsafeBytes(of: context.pointee.errstr) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        close()
        reason = "\(address.host):\(address.port): \(reason)"
        if isOverdue { return .hangs(reason) }
        retry = (.now + .milliseconds(50), reason)
        return .unavailable(reason)
    }

    private var hangs: FeatureStoreError { .hangs("\(address.host):\(address.port) did not answer in time") }

    private func close() {
        if let context { redisFree(context) }
        context = nil
    }

    private static func time(_ duration: Duration) -> timeval {
        let (seconds, attoseconds) = duration.components
        return timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }

    private static func reply(_ raw: UnsafeMutablePointer<redisReply>) -> RedisReply {
        let bytes = UnsafeRawBufferPointer(
            start: raw.pointee.str, count: raw.pointee.str == nil ? 0 : Int(raw.pointee.len))
        switch raw.pointee.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .bytes(Array(bytes))
        case REDIS_REPLY_INTEGER: return .integer(raw.pointee.integer)
        case REDIS_REPLY_ARRAY:
            return .list(
                (0..<Int(raw.pointee.elements)).map { index in
                    raw.pointee.element[index].map(reply) ?? .null
                })
        case REDIS_REPLY_ERROR: return .error(String(decoding: bytes, as: UTF8.self))
        default: return .null
        }
    }
}

/// A command and its arguments, one after the other in memory.
struct RedisCommand: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    init(_ words: String...) {
        for word in words { append(word.utf8) }
    }

    mutating func append(_ argument: some Collection<UInt8>) {
        bytes.append(contentsOf: argument)
        ends.append(bytes.count)
    }

    fileprivate func append(to context: UnsafeMutablePointer<redisContext>) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            var start = 0
            var pointers: [UnsafePointer<CChar>?] = []
            var lengths: [Int] = []
            pointers.reserveCapacity(ends.count)
            lengths.reserveCapacity(ends.count)
            for end in ends {
                pointers.append(UnsafeRawPointer(base + start).assumingMemoryBound(to: CChar.self))
                lengths.append(end - start)
                start = end
            }
            return redisAppendCommandArgv(context, Int32(ends.count), &pointers, &lengths) == REDIS_OK
        }
    }
}
