import Foundation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLab

@Suite("One model that cannot be fitted does not end the run")
struct NotFittedTests {
    /// Three users and 50,000 items, of which EASE wants the square.
    static func wide(in folder: TemporaryFolder) throws -> URL {
        let lists = (0..<3).map { user in
            ([user] + stride(from: user, to: 50_000, by: 3).map { $0 }).map(String.init).joined(separator: " ")
        }
        _ = try folder.write(lists.joined(separator: "\n") + "\n", "wide.txt")
        return try folder.write(
            "data: { path: wide.txt }\nsplit: { leave-one-out: { by: random } }\nmodels: [ popularity, ease ]\n",
            "x.yaml")
    }

    static let diverging = tinyYAML.replacingOccurrences(
        of: "  - popularity\n",
        with: "  - mf: { factors: 4, train: { epochs: 4, optimizer: sgd, rate: 1.0e+30 } }\n  - popularity\n")

    @Test("One that diverges stands in table, metrics and report with its reason, and the others have figures")
    func diverges() throws {
        let folder = try TemporaryFolder()
        let notes = Notes()
        let result = try run(Self.diverging, in: folder, progress: notes)
        #expect(result.models.map(\.name) == ["popularity", "item-knn", "ials"])
        let failure = try #require(result.notFitted.first)
        #expect(failure.model == "mf" && failure.reason.contains("diverge"), "\(failure)")
        #expect(notes.lines.contains(failure.sentence))
        let lines = result.table().lines()
        #expect(lines.contains { $0.hasPrefix("mf ") && $0.contains("not fitted") })
        #expect(lines.last == failure.sentence)
        let metrics = try JSONFile.read(RunMetrics.self, from: result.folder.metricsURL)
        #expect(metrics.notFitted == ["mf": failure.reason] && metrics.models.count == 3)
        let html = try String(contentsOf: result.folder.reportURL, encoding: .utf8)
        #expect(html.contains(">not fitted") && html.contains("mf was not fitted"))
        #expect(try RunComparison(of: [result]).table().lines().last == failure.sentence)
        // It is tried again, and kept out of the way of a table that names it.
        let tables =
            "tables: [ { title: One, models: [mf] }, { title: Two, models: [popularity, item-knn, ials, mf], against: mf } ]"
        let again = try Experiment(yaml: Self.diverging + "\n" + tables, file: "tiny.yaml")
        let place = try RunFolder(result.folder.url, for: again, resume: true)
        let second = try ExperimentRunner(again, in: place).run()
        #expect(second.tables.map(\.title) == ["Two"] && second.tables[0].against == nil)
        #expect(second.models.map(\.fits) == result.models.map(\.fits))
    }

    @Test("Where no model can be fitted, the run says why")
    func none() throws {
        let folder = try TemporaryFolder()
        let yaml = Self.diverging.replacingOccurrences(
            of:
                "  - popularity\n  - { item-knn: { neighbors: 10 }, tune: { shrinkage: [0, 20] } }\n  - { ials: { factors: 4, epochs: 3 }, refit: true }\n",
            with: "")
        let error = try #require(throws: RunFolderError.self) { try run(yaml, in: folder) }
        #expect("\(error)".contains("no model could be fitted: mf: "), "\(error)")
    }

    @Test("Tuning without validation data is refused before anything is fitted")
    func tuning() throws {
        let folder = try TemporaryFolder()
        let notes = Notes()
        let result = try run(
            tinyYAML.replacingOccurrences(of: "leave-one-out", with: "{ leave-one-out: { validation: false } }"),
            in: folder, progress: notes)
        #expect(result.notFitted.map(\.model) == ["item-knn"])
        let told = try #require(notes.lines.firstIndex { $0.hasPrefix("item-knn will not be fitted: tuning needs") })
        #expect(told < notes.lines.firstIndex { $0.contains("fitted in") } ?? 0)
    }

    @Test("A fit whose loss stays where it began says so in table, metrics and report")
    func collapses() throws {
        let folder = try TemporaryFolder()
        let result = try run(
            tinyYAML.replacingOccurrences(
                of: "ials: { factors: 4, epochs: 3 }", with: "ials: { factors: 4, epochs: 3, regularization: 1000 }"),
            in: folder)
        let collapse = try #require(result.models[2].collapse)
        #expect(collapse.contains("at 1.0000: it learned nothing"), "\(collapse)")
        #expect(result.models[0].collapse == nil && result.models[1].collapse == nil)
        let lines = result.table().lines()
        #expect(lines.contains { $0.hasPrefix("ials (collapsed)") } && lines.last == "ials collapsed: \(collapse)")
        #expect(RunMetrics(result).models["ials"]?.collapsed == collapse)
        #expect(try String(contentsOf: result.folder.reportURL, encoding: .utf8).contains("ials (collapsed)"))
    }
}

@Suite("A run goes on with other models")
struct ResumingTests {
    private func resume(_ yaml: String, _ folder: TemporaryFolder, _ notes: Notes = Notes()) throws -> RunResult {
        let experiment = try Experiment(yaml: yaml, file: "tiny.yaml")
        let place = try RunFolder(folder.url.appendingPathComponent("run"), for: experiment, resume: true)
        return try ExperimentRunner(experiment, in: place, progress: notes).run()
    }

    @Test("Rows that still apply are kept, the others fitted, whether models come, go or change")
    func models() throws {
        let folder = try TemporaryFolder()
        let first = try run(tinyYAML, in: folder)
        let fewer = tinyYAML.replacingOccurrences(
            of: "  - { ials: { factors: 4, epochs: 3 }, refit: true }\n", with: "")
        let second = try resume(fewer, folder)
        #expect(second.models.map(\.fits) == first.models.prefix(2).map(\.fits))
        let more = tinyYAML.replacingOccurrences(
            of: "  - popularity\n", with: "  - popularity\n  - { name: near, item-knn: { neighbors: 3 } }\n")
        let notes = Notes()
        let third = try resume(more, folder, notes)
        #expect(third.models.map(\.name) == ["popularity", "near", "item-knn", "ials"])
        // What had gone from the file had not gone from the folder.
        #expect(notes.lines.count { $0.contains("kept from before") } == 6)
        #expect(third.models.filter { $0.name != "near" }.map(\.fits) == first.models.map(\.fits))
        let changed = Notes()
        let fourth = try resume(more.replacingOccurrences(of: "factors: 4", with: "factors: 5"), folder, changed)
        #expect(changed.lines.count { $0.contains("kept from before") } == 6)
        #expect(fourth.models[3].fits[0].spec.config[dotted: "factors"] == 5)
        let seeds = Notes()
        let fifth = try resume(
            more.replacingOccurrences(of: "[1, 2]", with: "[1, 3]").replacingOccurrences(
                of: "factors: 4", with: "factors: 5"), folder, seeds)
        #expect(seeds.lines.count { $0.contains("kept from before") } == 4)
        #expect(fifth.models.allSatisfy { $0.fits.map(\.seed) == [1, 3] })
    }

    @Test(
        "What asks something else is refused by the key that changed",
        arguments: [
            ("users: 120", "users: 130", "data.simulate.users' was 120, is 130"),
            ("{ k-core: 3 }", "{ k-core: 4 }", "prepare.2.k-core'"),
            ("leave-one-out", "{ leave-one-out: { by: random } }", "split.leave-one-out.by'"),
            ("sampled: 20", "sampled: 19", "evaluate.candidates.sampled' was 20, is 19"),
        ])
    func questions(_ was: String, _ now: String, _ says: String) throws {
        let folder = try TemporaryFolder()
        _ = try run(tinyYAML, in: folder)
        let error = try #require(throws: RunFolderError.self) {
            try resume(tinyYAML.replacingOccurrences(of: was, with: now), folder)
        }
        #expect("\(error)".contains(says), "\(error)")
        // And nothing was touched.
        #expect(throws: Never.self) { try resume(tinyYAML, folder) }
    }
}
