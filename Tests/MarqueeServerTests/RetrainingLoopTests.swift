import Foundation
import ProcessTesting
import Testing

@Suite("The loop closes: a server's events train the model that it serves")
struct RetrainingLoopTests {
    /// Runs `marquee` to its end; what it says, on both outputs.
    private static func marquee(_ arguments: [String]) throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = RunningServer.program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MARQUEE_") }
        let pipe = Children.pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        process.standardInput = FileHandle.nullDevice
        try Children.start(process)
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// Everybody touches the next items of their camp, a day after the other.
    private static func events(days: Range<Int>) -> String {
        days.flatMap { day in
            (0..<20).map { user in
                let item = (user % 2) * 20 + (day + user / 2) % 12
                let time = 1_700_000_000_000 + day * 86_400_000 + user
                return
                    #"{"id":"\#(day)-\#(user)","user":"u\#(user)","item":"i\#(item)","type":"click","time":\#(time)}"#
            }
        }.joined(separator: "\n")
    }

    private struct Answer: Decodable {
        struct Trial: Decodable {
            var candidate, atWork: Double
        }
        var trial: Trial?
        var before, deployed: String?
    }

    @Test("Trained on what was collected, tried against the model at work, and swapped in only if no worse")
    func loop() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-loop-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try RunningServer(folder: folder)
        let live = folder.appendingPathComponent("live").path
        func send(_ text: String) throws -> String { try Wire(server.port).exchange(text) }
        func train(_ kind: String, _ more: String...) throws -> Answer {
            let ran = try Self.marquee(
                [
                    "train", kind, "--events", live, "--deploy", "http://127.0.0.1:\(server.port)", "--out",
                    folder.appendingPathComponent("models/\(kind)").path, "--json", "--quiet",
                ] + more)
            try #require(ran.code == 0, "\(ran.output)")
            return try JSONDecoder().decode(Answer.self, from: Data(ran.output.utf8))
        }
        let catalog = (0..<40).map { #"{"id":"i\#($0)","title":"Title \#($0)"}"# }.joined(separator: ",")
        #expect(try send(Wire.post("/api/items", "[\(catalog)]")).hasPrefix("HTTP/1.1 2"))
        #expect(try send(Wire.post("/api/events", Self.events(days: 0..<6))).hasPrefix("HTTP/1.1 2"))

        // Nothing is at work yet, so that there is nothing to compare with.
        let first = try train("popularity")
        #expect(first.trial == nil && first.deployed?.hasPrefix("popularity-") == true)

        #expect(try send(Wire.post("/api/events", Self.events(days: 6..<8))).hasPrefix("HTTP/1.1 2"))
        let better = try train("ease", "--set", "regularization=10")
        let up = try #require(better.trial)
        #expect(up.candidate > up.atWork && better.before == first.deployed)
        #expect(better.deployed?.hasPrefix("ease-") == true)

        #expect(try send(Wire.post("/api/events", Self.events(days: 8..<10))).hasPrefix("HTTP/1.1 2"))
        let worse = try train("popularity")
        let down = try #require(worse.trial)
        #expect(down.candidate < down.atWork && worse.before == better.deployed && worse.deployed == nil)
        let model = try send("GET /api/model HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(
            model.contains(better.deployed ?? "none") && model.contains("models\\/ease")
                || model.contains("models/ease"))

        // Its titles are the catalog's, and the other verbs read the same folder.
        let listed = try Self.marquee(["recommend", folder.appendingPathComponent("models/ease").path, "--user", "u1"])
        #expect(listed.code == 0 && listed.output.contains("Title "), "\(listed.output)")
        let described = try Self.marquee([
            "data", "describe", live, "--out", folder.appendingPathComponent("p.html").path,
        ])
        #expect(
            described.code == 0 && described.output.contains("events of a server: 200 interactions"),
            "\(described.output)")
        server.signal(SIGTERM)
        #expect(server.wait() == 0)
    }

    @Test("A model in a folder that is not there, or a server that is not, is one line that says so")
    func refused() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-loop-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let export = folder.appendingPathComponent("export.ndjson")
        try Data(Self.events(days: 0..<3).utf8).write(to: export)
        let out = folder.appendingPathComponent("m").path
        let gone = try Self.marquee([
            "train", "popularity", "--events", export.path, "--deploy", "http://127.0.0.1:1", "--out", out, "--quiet",
        ])
        #expect(gone.code == 1 && gone.output.contains("no answer"), "\(gone.output)")
        #expect(!FileManager.default.fileExists(atPath: out))
        let both = try Self.marquee(["train", "popularity", "--events", "x", "--data", "y", "--out", out])
        #expect(both.code == 64 && both.output.contains("--events"), "\(both.output)")
        let trained = try Self.marquee(["train", "popularity", "--events", export.path, "--out", out, "--quiet"])
        #expect(trained.code == 0 && FileManager.default.fileExists(atPath: out), "\(trained.output)")
    }
}
