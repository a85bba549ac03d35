import Foundation

/// Runs the contests of a benchmark: samples of ours and of every peer in turn, and their medians.
struct Comparison {
    let workspace: Workspace
    /// The interpreter that has the peers' packages; nil to measure ours alone.
    let python: URL?
    /// Where the peers' scripts lie.
    let scripts: URL
    let repeats: Int

    /// One row measured.
    struct Outcome {
        let row: Row
        let ours: Double
        let peer: (name: String, value: Double)?
        let limit: Double?

        /// How many times better ours is; nil without a peer.
        var ratio: Double? {
            peer.map { row.better == .more ? ours / $0.value : $0.value / ours }
        }
    }

    func run(_ benchmark: Benchmark) throws -> [Outcome] {
        try benchmark.contests.flatMap { try run($0, of: benchmark) }
    }

    private func run(_ contest: Contest, of benchmark: Benchmark) throws -> [Outcome] {
        try contest.prepare(workspace)
        var ours: [Figures] = []
        var theirs: [String: [Figures]] = [:]
        for turn in 1...repeats {
            note("\(benchmark.name) / \(contest.name), \(turn) of \(repeats): Marquee")
            ours.append(
                try sample(
                    workspace.executable,
                    [
                        "measure", benchmark.name, contest.name, "--work", workspace.folder.path, "--scale",
                        "\(workspace.scale)", "--minutes", "\(workspace.minutes)",
                    ]))
            guard let python else { continue }
            for peer in contest.peers {
                note("\(benchmark.name) / \(contest.name), \(turn) of \(repeats): \(peer.name)")
                let script = scripts.appendingPathComponent(peer.script).path
                theirs[peer.name, default: []].append(try sample(python, [script] + peer.arguments(workspace)))
            }
        }
        return try contest.rows.map { row in
            let candidates = try row.peers.compactMap { name in
                try theirs[name].map { (name: name, value: try median(of: row.figure, in: $0)) }
            }
            let best =
                row.better == .more
                ? candidates.max { $0.value < $1.value } : candidates.min { $0.value < $1.value }
            return Outcome(
                row: row, ours: try median(of: row.figure, in: ours), peer: best,
                limit: try row.limit.map { try median(of: $0, in: ours) })
        }
    }

    /// The figures that a process prints on its last line.
    private func sample(_ executable: URL, _ arguments: [String]) throws -> Figures {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        // Everyone cuts the work over threads itself; a BLAS with threads of its own only gets in the way.
        process.environment = ProcessInfo.processInfo.environment.merging(["OPENBLAS_NUM_THREADS": "1"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let command = "\(executable.lastPathComponent) \(arguments.joined(separator: " "))"
        guard process.terminationStatus == 0 else {
            throw BenchmarkError.sampleFailed(command, status: Int(process.terminationStatus))
        }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        guard let last = lines.last, let figures = try? JSONDecoder().decode(Figures.self, from: Data(last.utf8)) else {
            throw BenchmarkError.noFigures(command)
        }
        return figures
    }

    private func median(of figure: String, in samples: [Figures]) throws -> Double {
        try samples.map { sample in
            guard let value = sample[figure] else { throw BenchmarkError.figureMissing(figure) }
            return value
        }.median
    }

    private func note(_ line: String) {
        FileHandle.standardError.write(Data("bench: \(line)\n".utf8))
    }
}

/// A benchmark could not be run.
enum BenchmarkError: Error, CustomStringConvertible {
    case sampleFailed(String, status: Int)
    case noFigures(String)
    case figureMissing(String)
    case badNumpyFile(String, reason: String)
    case dataMissing(String)
    case eventsLost(sent: Int, kept: Int, failures: Int)
    case serverGone

    var description: String {
        switch self {
        case .sampleFailed(let command, let status): "'\(command)' ended with status \(status); run it alone to see why"
        case .serverGone: "the server ended or did not answer; run 'marquee serve' alone to see why"
        case .noFigures(let command): "'\(command)' printed no figures; run it alone to see why"
        case .figureMissing(let name): "no sample measured '\(name)'"
        case .badNumpyFile(let path, let reason): "\(path): \(reason); delete its folder and run again"
        case .eventsLost(let sent, let kept, let failures):
            "\(sent) events were acknowledged and \(kept) are in the log; \(failures) requests failed"
        case .dataMissing(let path): "no data at \(path); MARQUEE_DATA is to name the folder that has it"
        }
    }
}
