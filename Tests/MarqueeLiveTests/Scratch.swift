import Foundation
import MarqueeLive

/// A folder that goes when its test ends.
final class Scratch: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-live-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String) -> URL { url.appendingPathComponent(name) }
    var log: URL { file("events.sqlite") }
}

enum Programs {
    /// A program that was built beside the tests.
    static func beside(_ name: String) -> URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name)
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
}

/// Plain events, numbered.
func clicks(_ numbers: Range<Int>, user: String = "ann", time: Int64 = 1_790_000_000_000) -> [Event] {
    numbers.map { Event(id: "e\($0)", user: user, item: "item-\($0 % 10)", type: .click, time: time + Int64($0)) }
}

/// A value that tasks share.
final class Lock<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value  // Touched under the lock alone.
    init(_ value: Value) { self.value = value }
    func withLock<T>(_ body: (inout Value) throws -> T) rethrows -> T { try lock.withLock { try body(&value) } }
}
