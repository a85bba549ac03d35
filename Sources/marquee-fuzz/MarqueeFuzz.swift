import ArgumentParser
import Foundation
import MarqueeRuntime

/// Feeds damaged files to the readers and the safetensors loader. What is about to be tried lies in
/// `OUT/current`, so that after a crash the culprit is there; `scripts/fuzz` moves it away and goes on.
@main
struct MarqueeFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "marquee-fuzz", abstract: "Looks for files that crash the readers or fool them.")

    @Option(help: "How long to look.") var seconds = 60.0
    @Option(help: "Equal seeds try equal inputs.") var seed: UInt64 = 1
    @Option(help: "Where findings go.") var out = "fuzz-findings"
    @Option(help: "Inputs to begin with beside the built-in ones: a folder of folders.") var corpus: String?
    @Flag(help: "Keep every input that led to new ground in OUT/kept.") var keep = false

    func run() throws {
        let out = URL(fileURLWithPath: out)
        let current = out.appendingPathComponent("current")
        var population = try Seeds.all()
        if let corpus { population += try Self.load(URL(fileURLWithPath: corpus)) }
        var seen: Set<String> = []
        var stream = RandomStream(seed: seed, "fuzz")
        let begin = Date()
        var tries = 0
        var findings = 0
        var fresh = population[...]
        while Date().timeIntervalSince(begin) < seconds {
            var files: [String: Data]
            if let next = fresh.popFirst() {
                files = next
            } else {
                files = population.randomElement(using: &stream) ?? [:]
                let name = files.keys.sorted().randomElement(using: &stream) ?? ""
                let donor = population.randomElement(using: &stream)?.sorted { $0.key < $1.key }.randomElement(
                    using: &stream)
                files[name] = Mutation.apply(to: files[name] ?? Data(), other: donor?.value ?? Data(), &stream)
            }
            try Self.store(files, in: current)
            tries += 1
            do {
                let words = try FuzzSubject.run(current, files: files)
                if seen.insert(words).inserted {
                    population.append(files)
                    if keep { try Self.store(files, in: out.appendingPathComponent("kept/\(seen.count)")) }
                }
            } catch {
                findings += 1
                print("finding \(findings): \(error)")
                try Self.store(files, in: out.appendingPathComponent("unsound/\(seed)-\(tries)"))
                if findings >= 20 { break }
            }
        }
        try? FileManager.default.removeItem(at: current)
        print("\(tries) inputs, \(seen.count) kinds of answer, \(findings) findings")
        if findings > 0 { throw ExitCode(1) }
    }

    private static func store(_ files: [String: Data], in folder: URL) throws {
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, data) in files { try data.write(to: folder.appendingPathComponent(name)) }
    }

    private static func load(_ corpus: URL) throws -> [[String: Data]] {
        try FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil)
            .filter(\.hasDirectoryPath).sorted { $0.path < $1.path }
            .map { folder in
                let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                return Dictionary(
                    uniqueKeysWithValues: try files.map { ($0.lastPathComponent, try Data(contentsOf: $0)) })
            }
    }
}
