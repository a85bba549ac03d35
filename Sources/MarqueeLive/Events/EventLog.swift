public import Foundation
internal import GRDB
internal import MarqueeRuntime
internal import Synchronization

/// The durable log of events: what was acknowledged is on disk, once, in an order that never changes.
///
/// Appends from many tasks share a commit: while one group is being synced the next gathers, so that
/// cost a commit is paid once for all who wait. An id that is in the log already is not taken again,
/// also after a restart, as long as retention keeps the event.
///
/// Late events enter like any other: their number in the log is that of arrival, their `time` says when
/// they happened, and every feature is a function of the set of events, not of their order.
///
/// One process writes a log; any number read it by ``EventLogReader``.
public final class EventLog: Sendable {
    /// Bounds on what waits.
    public struct Limits: Sendable {
        /// Events that wait to be written; beyond, appends fail with ``EventLogError/busy(retryAfter:)``.
        public var waiting = 100_000
        /// Events of one commit.
        public var group = 20_000
        /// Newest events that stay in memory for those who follow the log.
        public var recent = 50_000
        /// Newest ids that stay in memory until they are merged into the index on disk.
        public var unindexed = 262_144

        public init() {}
    }

    public let url: URL
    /// A number that this log alone has: what was derived from another log holds nothing of this one.
    public let id: Int64
    public let reader: EventLogReader
    private let core: Core

    /// Opens a log, or begins one.
    /// - Throws: ``EventLogError``.
    public init(_ url: URL, limits: Limits = Limits(), clock: @escaping @Sendable () -> Int64 = EventLog.now)
        throws(EventLogError)
    {
        self.url = url
        let lock = try LogLock(url.path)
        let pool = try LogFile.open(url.path)
        let writer = try LogWriter(path: url.path, pool: pool, unindexed: limits.unindexed)
        id = writer.id
        reader = EventLogReader(url: url, pool: pool)
        core = Core(last: writer.last, limits: limits, clock: clock)
        let thread = Thread { [core] in core.run(writer, lock) }
        thread.name = "marquee-event-log"
        thread.stackSize = 2 << 20
        thread.start()
    }

    deinit { core.close(nil) }

    /// Milliseconds since 1970.
    public static let now: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Appends valid events and returns once they are on disk, what became of each in order.
    ///
    /// All of one append are in one transaction: all or none of them are taken.
    /// - Throws: ``EventLogError``. Then none was acknowledged; it is safe to send them again.
    public func append(_ events: [Event]) async throws -> [Acknowledgment] {
        if events.isEmpty { return [] }
        try core.admit(events.count)
        let append = LogWriter.Append(events)
        return try await withCheckedThrowingContinuation { core.enqueue(append, $0) }
    }

    /// The sequence number of the last event on disk; 0 when there is none yet.
    public var lastSequence: Int64 { core.state.withLock { $0.last } }

    /// Whether it was told to close.
    var isClosed: Bool { core.state.withLock { $0.isClosed } }

    /// Events that wait to be written now.
    public var waiting: Int { core.state.withLock { $0.waiting } }

    /// The next events after a sequence number, at most `limit`; waits until there is one.
    ///
    /// This is how the loop follows its log: call it with the number of the last event that was handled.
    /// The newest come from memory, older ones from disk.
    /// - Throws: ``EventLogError/closed``, ``EventLogError/dropped(after:firstKept:)``, `CancellationError`.
    public func next(after sequence: Int64, limit: Int = 5_000) async throws -> LoggedEvents {
        while true {
            try Task.checkCancellation()
            switch core.recent(after: sequence, limit: limit) {
            case .events(let events): return LoggedEvents(events, through: events.last?.sequence ?? sequence)
            case .onDisk:
                do { return try await reader.page(after: sequence, limit: limit) } catch {
                    // The file was closed under the reading.
                    throw isClosed ? EventLogError.closed : error
                }
            case .none: try await core.written.wait(past: sequence)
            }
        }
    }

    /// How commits are made durable, as the file's connection says.
    package var journal: String {
        (try? reader.journal()) ?? "unknown"
    }

    /// Drops the events that were received before a time (milliseconds since 1970) and with them their
    /// ids. Features keep what they learned, but cannot be computed again from these events.
    /// - Parameter through: the last that may go, as far as those who follow the log have come.
    /// - Returns: how many.
    @discardableResult
    public func drop(receivedBefore time: Int64, through: Int64 = .max) async throws -> Int {
        try await withCheckedThrowingContinuation { core.drop(receivedBefore: time, through: through, $0) }
    }

    /// Erases the events at these places: their places stay taken and their ids known, so that what is sent again does
    /// not come back, and nothing else is left of them, in the file or beside it. In pieces, so that others can be
    /// written in between.
    /// - Parameter anew: whether the file is written anew after it, which takes as long as to copy it: for what lies in
    ///   pages that were freed by an earlier version.
    public func erase(_ places: [Int64], writingAnew anew: Bool = false) async throws {
        try await withCheckedThrowingContinuation { core.erase(places, writingAnew: anew, $0) }
    }

    /// Writes what waits, refuses what comes, and closes the file, which then is whole without its write-ahead log.
    public func close() async {
        await withCheckedContinuation { core.close($0) }
    }
}

/// Keeps a second writer out: an advisory lock on a file beside the log, released by the system with the process.
final class LogLock: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws(EventLogError) {
        descriptor = open(path + "-lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .cannotOpen(path: path, reason: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Foundation.close(descriptor)
            throw .inUse(path: path)
        }
    }

    func release() { flock(descriptor, LOCK_UN) }

    deinit { Foundation.close(descriptor) }
}

extension EventLog {
    /// What the tasks that append, the one thread that writes and the tasks that follow share.
    fileprivate final class Core: Sendable {
        struct Request {
            let append: LogWriter.Append
            let done: CheckedContinuation<[Acknowledgment], any Error>
        }

        struct Drop {
            let time, through: Int64
            let done: CheckedContinuation<Int, any Error>
        }

        struct Erasure {
            let places: [Int64]
            let anew: Bool
            let done: CheckedContinuation<Void, any Error>
        }

        struct State {
            var requests: [Request] = []
            var waiting = 0
            var drops: [Drop] = []
            var erasures: [Erasure] = []
            var last: Int64
            var isClosed = false
            var hasEnded = false
            var onEnd: [CheckedContinuation<Void, Never>] = []
            /// Events a second, smoothed, for the time after which to come again.
            var rate = 10_000.0
            var recent: [[LoggedEvent]] = []
            var recentCount = 0
        }

        enum Recent {
            case events([LoggedEvent])
            case onDisk
            case none
        }

        let state: Mutex<State>
        /// The sequence number of the last event on disk.
        let written: Watermark
        private let signal = DispatchSemaphore(value: 0)
        private let limits: Limits
        private let clock: @Sendable () -> Int64

        init(last: Int64, limits: Limits, clock: @escaping @Sendable () -> Int64) {
            state = Mutex(State(last: last))
            written = Watermark(last)
            self.limits = limits
            self.clock = clock
        }

        // MARK: Those who append

        /// Takes room in the queue.
        func admit(_ count: Int) throws(EventLogError) {
            guard count <= limits.waiting else { throw .tooMany(count, limit: limits.waiting) }
            try state.withLock { state throws(EventLogError) in
                guard !state.isClosed else { throw .closed }
                guard state.waiting + count <= limits.waiting else {
                    throw .busy(retryAfter: .seconds(max(1, (Double(state.waiting) / state.rate).rounded(.up))))
                }
                state.waiting += count
            }
        }

        func enqueue(_ append: LogWriter.Append, _ done: CheckedContinuation<[Acknowledgment], any Error>) {
            let isClosed = state.withLock { state in
                if state.hasEnded { return true }
                state.requests.append(Request(append: append, done: done))
                return false
            }
            if isClosed { done.resume(throwing: EventLogError.closed) } else { signal.signal() }
        }

        func drop(receivedBefore time: Int64, through: Int64, _ done: CheckedContinuation<Int, any Error>) {
            let isClosed = state.withLock { state in
                if state.isClosed { return true }
                state.drops.append(Drop(time: time, through: through, done: done))
                return false
            }
            if isClosed { done.resume(throwing: EventLogError.closed) } else { signal.signal() }
        }

        func erase(_ places: [Int64], writingAnew anew: Bool, _ done: CheckedContinuation<Void, any Error>) {
            let isClosed = state.withLock { state in
                if state.isClosed { return true }
                state.erasures.append(Erasure(places: places, anew: anew, done: done))
                return false
            }
            if isClosed { done.resume(throwing: EventLogError.closed) } else { signal.signal() }
        }

        func close(_ done: CheckedContinuation<Void, Never>?) {
            let hasEnded = state.withLock { state in
                state.isClosed = true
                if let done, !state.hasEnded { state.onEnd.append(done) }
                return state.hasEnded
            }
            if hasEnded { done?.resume() }
            signal.signal()
        }

        // MARK: The one thread

        func run(_ writer: consuming LogWriter, _ lock: LogLock) {
            var writer = writer
            while true {
                signal.wait()
                writeAll(&writer)
                while let next = state.withLock({ $0.drops.isEmpty ? nil : $0.drops.removeFirst() }) {
                    do throws(EventLogError) { next.done.resume(returning: try drop(next, &writer)) } catch {
                        next.done.resume(throwing: error)
                    }
                }
                while let next = state.withLock({ $0.erasures.isEmpty ? nil : $0.erasures.removeFirst() }) {
                    do throws(EventLogError) { next.done.resume(returning: try erase(next, &writer)) } catch {
                        next.done.resume(throwing: error)
                    }
                }
                let isOver = state.withLock {
                    $0.isClosed && $0.requests.isEmpty && $0.drops.isEmpty && $0.erasures.isEmpty && $0.waiting == 0
                }
                if isOver { break }
            }
            // Whoever closes last would do it, but for readers, who are not allowed to: so that the file alone is the log.
            try? writer.checkpoint()
            try? writer.pool.close()
            _ = consume writer
            lock.release()
            written.end(with: EventLogError.closed)
            let ended = state.withLock { state in
                state.hasEnded = true
                defer { state.onEnd = [] }
                return state.onEnd
            }
            for done in ended { done.resume() }
        }

        private func writeAll(_ writer: inout LogWriter) {
            while case let group = take(), !group.isEmpty { write(group, &writer) }
        }

        /// Those who append go first, piece by piece; a log that is to close leaves the rest for the next time.
        private func drop(_ drop: Drop, _ writer: inout LogWriter) throws(EventLogError) -> Int {
            var dropping = try writer.dropping(receivedBefore: drop.time, through: drop.through)
            while try writer.drop(&dropping) {
                writeAll(&writer)
                if state.withLock({ $0.isClosed }) { throw .closed }
            }
            return dropping.count
        }

        private func erase(_ erasure: Erasure, _ writer: inout LogWriter) throws(EventLogError) {
            var start = 0
            while start < erasure.places.count {
                let end = min(start + 5_000, erasure.places.count)
                try writer.erase(erasure.places[start..<end])
                start = end
                writeAll(&writer)
            }
            // Followers read what is left from the file.
            state.withLock { state in (state.recent, state.recentCount) = ([], 0) }
            try writer.checkpoint(writingAnew: erasure.anew)
        }

        private func take() -> [Request] {
            state.withLock { state in
                var count = 0
                var taken = 0
                while taken < state.requests.count,
                    taken == 0 || count + state.requests[taken].append.events.count <= limits.group
                {
                    count += state.requests[taken].append.events.count
                    taken += 1
                }
                let group = Array(state.requests[..<taken])
                state.requests.removeFirst(taken)
                return group
            }
        }

        private func write(_ group: [Request], _ writer: inout LogWriter) {
            let start = ContinuousClock.now
            let received = clock()
            let count = group.reduce(0) { $0 + $1.append.events.count }
            let result: Result<[[Acknowledgment]], EventLogError>
            do throws(EventLogError) {
                result = .success(try writer.commit(group.map(\.append), received: received))
            } catch { result = .failure(error) }
            let seconds = max(1e-6, (ContinuousClock.now - start).seconds)

            var logged: [LoggedEvent] = []
            if case .success(let acknowledgments) = result {
                logged.reserveCapacity(count)
                for (request, acknowledged) in zip(group, acknowledgments) {
                    for (event, acknowledgment) in zip(request.append.events, acknowledged) {
                        guard case .accepted(let sequence) = acknowledgment else { continue }
                        logged.append(LoggedEvent(sequence: sequence, received: received, event: event))
                    }
                }
            }
            state.withLock { state in
                state.waiting -= count
                state.rate += 0.2 * (Double(count) / seconds - state.rate)
                guard let last = logged.last else { return }
                state.last = last.sequence
                state.recent.append(logged)
                state.recentCount += logged.count
                while state.recentCount > limits.recent, state.recent.count > 1 {
                    state.recentCount -= state.recent.removeFirst().count
                }
            }
            if let last = logged.last { written.advance(to: last.sequence) }
            switch result {
            case .success(let acknowledgments):
                for (request, acknowledged) in zip(group, acknowledgments) {
                    request.done.resume(returning: acknowledged)
                }
            case .failure(let error):
                for request in group { request.done.resume(throwing: error) }
            }
        }

        // MARK: Those who follow

        func recent(after sequence: Int64, limit: Int) -> Recent {
            state.withLock { state in
                if sequence >= state.last { return .none }
                guard let oldest = state.recent.first?.first?.sequence, sequence + 1 >= oldest else { return .onDisk }
                // Followers are near the end: look from there.
                guard let chunk = state.recent.last(where: { $0[0].sequence <= sequence + 1 }) else { return .onDisk }
                let start = Int(sequence + 1 - chunk[0].sequence)
                return .events(Array(chunk[start..<min(chunk.count, start + limit)]))
            }
        }
    }
}
