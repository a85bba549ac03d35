import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import ProcessTesting
import Testing

@testable import MarqueeLab

/// A folder that goes when its test ends.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-lab-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, _ name: String) throws -> URL {
        let file = url.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file
    }
}

enum Package {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// A program that was built beside the tests.
    static func program(_ name: String) -> URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name)
    }
}

/// A program that has run to its end.
struct Ran {
    var code: Int32
    var output: String
    var errors: String

    /// Runs a program; `watch` sees each line of its output and may signal the process.
    init(
        _ program: URL, _ arguments: [String], in folder: URL, environment: [String: String] = [:],
        watch: (@Sendable (String, Int32) -> Void)? = nil
    ) throws {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        // Errors go to a file, so that neither pipe can fill while the other is read.
        let errorFile = folder.appendingPathComponent(".errors-\(UUID().uuidString)")
        try Data().write(to: errorFile)
        let errorHandle = try FileHandle(forWritingTo: errorFile)
        let pipe = Children.pipe()
        process.standardOutput = pipe
        process.standardError = errorHandle
        process.standardInput = FileHandle.nullDevice
        try Children.start(process)
        var output = Data()
        var line = Data()
        while true {
            let chunk = pipe.fileHandleForReading.availableData
            if chunk.isEmpty { break }
            output += chunk
            guard let watch else { continue }
            for byte in chunk {
                if byte == UInt8(ascii: "\n") {
                    watch(String(decoding: line, as: UTF8.self), process.processIdentifier)
                    line.removeAll()
                } else {
                    line.append(byte)
                }
            }
        }
        process.waitUntilExit()
        code = process.terminationStatus
        self.output = String(decoding: output, as: UTF8.self)
        errors = try String(contentsOf: errorFile, encoding: .utf8)
        try? FileManager.default.removeItem(at: errorFile)
    }

    static func marquee(
        _ arguments: [String], in folder: TemporaryFolder, environment: [String: String] = [:],
        watch: (@Sendable (String, Int32) -> Void)? = nil
    ) throws -> Ran {
        try Ran(Package.program("marquee"), arguments, in: folder.url, environment: environment, watch: watch)
    }
}

/// An experiment of a second on a made-up world.
let tinyYAML = """
    data:     { simulate: { users: 120, items: 80, interactions: 2400 } }
    prepare:  [ binarize, { k-core: 3 } ]
    split:    leave-one-out
    evaluate: { candidates: { sampled: 20 }, metrics: [HR, NDCG], at: [5, 10], slices: [user-activity], lists: 5 }
    models:
      - popularity
      - { item-knn: { neighbors: 10 }, tune: { shrinkage: [0, 20] } }
      - { ials: { factors: 4, epochs: 3 }, refit: true }
    seeds:    [1, 2]
    """

/// Remembers notes.
final class Notes: ProgressObserver, @unchecked Sendable {
    // Unchecked: the lock guards the lines.
    private let lock = NSLock()
    private var stored: [String] = []
    var lines: [String] { lock.withLock { stored } }

    func advance(
        _ stage: String, completed: Int, total: Int?, unit: String, figures: [(name: String, value: Double)]
    ) {}
    func note(_ line: String) { lock.withLock { stored.append(line) } }
}

/// Runs an experiment into a fresh folder.
func run(
    _ yaml: String, in folder: TemporaryFolder, _ name: String = "run",
    progress: any ProgressObserver = SilentProgress()
) throws -> RunResult {
    let experiment = try Experiment(yaml: yaml, file: "tiny.yaml")
    let place = try RunFolder(folder.url.appendingPathComponent(name), for: experiment, resume: false)
    return try ExperimentRunner(experiment, in: place, progress: progress).run()
}
