/// What somebody sent: one event, an array of them, or one a line (NDJSON).
///
/// The valid ones are kept and each of the others is told what is wrong with it. A broken object costs
/// itself alone where a line break says where the next one starts; inside an array what follows it
/// cannot be told apart any more, and is refused as a whole.
public struct SentEvents: Sendable {
    /// The valid ones, in the order sent.
    public private(set) var events: [Event] = []
    /// Which of those sent each of `events` was, counted from 0.
    public private(set) var indices: [Int] = []
    public private(set) var rejected: [Rejected] = []

    /// One that may not enter.
    public struct Rejected: Error, Sendable, Equatable, CustomStringConvertible {
        /// Which of those sent, counted from 0.
        public let index: Int
        /// Where it starts, counted from 1.
        public let line: Int
        /// As far as it could be read.
        public let id: String?
        public let problem: EventProblem

        public init(index: Int, line: Int, id: String?, problem: EventProblem) {
            self.index = index
            self.line = line
            self.id = id
            self.problem = problem
        }

        public var description: String { "event \(index), line \(line)\(id.map { ", id '\($0)'" } ?? ""): \(problem)" }
    }

    /// How many were sent, as far as they could be told apart.
    public var count: Int { events.count + rejected.count }

    /// Reads JSON. O(bytes).
    /// - Parameter received: now, in milliseconds since 1970: the time of events that give none.
    public init(json: UnsafeRawBufferPointer, received: Int64) {
        let bytes = json.assumingMemoryBound(to: UInt8.self)
        var reading = Reading(bytes: bytes, received: received)
        reading.run()
        events = reading.events
        indices = reading.indices
        rejected = reading.rejected
    }

    public init(json: [UInt8], received: Int64) {
        self = json.withUnsafeBytes { SentEvents(json: $0, received: received) }
    }

    public init(json: String, received: Int64) {
        self.init(json: Array(json.utf8), received: received)
    }

    private struct Reading {
        let bytes: UnsafeBufferPointer<UInt8>
        let received: Int64
        var events: [Event] = []
        var indices: [Int] = []
        var rejected: [Rejected] = []
        private var index = 0
        private var line = 1
        private var counted = 0

        init(bytes: UnsafeBufferPointer<UInt8>, received: Int64) {
            self.bytes = bytes
            self.received = received
        }

        mutating func run() {
            let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
            var scanner = JSONScanner(bytes, at: hasMark ? 3 : 0)
            switch scanner.peek() {
            case nil: reject(.notJSON(reason: "nothing was sent", byte: 0), id: nil, at: 0)
            case UInt8(ascii: "["): array(&scanner)
            default: lines(&scanner)
            }
        }

        private mutating func array(_ scanner: inout JSONScanner) {
            do throws(EventProblem) {
                try scanner.expect(UInt8(ascii: "["))
                if !scanner.take(UInt8(ascii: "]")) {
                    repeat { try one(&scanner) } while scanner.take(UInt8(ascii: ","))
                    try scanner.expect(UInt8(ascii: "]"))
                }
                guard scanner.peek() == nil else { throw scanner.unexpected("the end after the array") }
            } catch {
                reject(error, id: nil, at: scanner.position)
            }
        }

        private mutating func lines(_ scanner: inout JSONScanner) {
            while scanner.peek() != nil {
                let start = scanner.position
                do throws(EventProblem) { try one(&scanner) } catch {
                    reject(error, id: nil, at: start)
                    resume(&scanner, after: start)
                }
            }
        }

        private mutating func one(_ scanner: inout JSONScanner) throws(EventProblem) {
            _ = scanner.peek()
            let start = scanner.position
            switch try Event.read(&scanner, received: received) {
            case .event(let event):
                events.append(event)
                indices.append(index)
                index += 1
            case .problem(let problem, let id): reject(problem, id: id, at: start)
            }
        }

        /// Goes on at the first line after `start` that begins an object.
        private func resume(_ scanner: inout JSONScanner, after start: Int) {
            var position = start
            while position < bytes.count {
                while position < bytes.count, bytes[position] != 0x0A { position += 1 }
                var next = JSONScanner(bytes, at: min(position + 1, bytes.count))
                let first = next.peek()
                position = next.position
                if first == UInt8(ascii: "{") { break }
            }
            scanner = JSONScanner(bytes, at: position)
        }

        private mutating func reject(_ problem: EventProblem, id: String?, at position: Int) {
            while counted < position {
                if bytes[counted] == 0x0A { line += 1 }
                counted += 1
            }
            rejected.append(Rejected(index: index, line: line, id: id, problem: problem))
            index += 1
        }
    }
}
