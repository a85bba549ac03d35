import Foundation
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLab

@Suite("The command line")
struct CommandLineTests {
    @Test(
        "What cannot be is one line on standard error and an exit code",
        arguments: [
            (["experiment", "run", "e.yaml", "--ot", "x"], Int32(64), "'--out'"),
            (["experiment", "rnu", "e.yaml"], 64, "'run'"),
            (["recomend"], 64, "'recommend'"),
            (["recommend", "model", "--count", "0"], 64, "--count"),
            (["experiment", "run", "missing.yaml"], 1, "missing.yaml"),
            (["experiment", "compare", "."], 1, "no run"),
            (["recommend", "no-model"], 1, "no-model"),
            (["train", "eas", "--data", ".", "--out", "m"], 1, "'ease'"),
            (["train", "ease2", "--data", ".", "--out", "m"], 1, "Valid are: bias, biased-mf"),
            (["recommend", "model", "--all"], 64, "--out"),
            (["recommend", "model", "--all", "--out", "lists.txt"], 64, ".csv or .jsonl"),
            (["score", "missing.csv", "--data", "."], 1, "missing.csv"),
            (["data", "describe", "nowhere"], 1, "nowhere"),
            (["data", "describe", "."], 1, "no known data set"),
            (["data", "simulate", "--out", "w", "--users", "0"], 64, "--users"),
            (["features", "plan", "missing.yaml"], 1, "missing.yaml"),
            (["erase", "ann", "--folder", "nowhere"], 1, "no events.sqlite here"),
            (["backup", "copy", "--folder", "nowhere"], 1, "no events.sqlite here"),
        ])
    func errors(_ arguments: [String], code: Int32, says: String) throws {
        let ran = try Ran.marquee(arguments, in: TemporaryFolder())
        #expect(ran.code == code, "\(ran.errors)")
        #expect(ran.errors.contains(says), "\(ran.errors)")
        #expect(ran.errors.hasPrefix("marquee: ") && ran.errors.count { $0 == "\n" } == 1, "\(ran.errors)")
        #expect(ran.output.isEmpty, "\(ran.output)")
    }

    @Test("Completion scripts come for every shell", arguments: ["bash", "zsh", "fish"])
    func completions(_ shell: String) throws {
        let ran = try Ran.marquee(["--generate-completion-script", shell], in: TemporaryFolder())
        #expect(ran.code == 0 && ran.output.contains("recommend"))
    }

    @Test("The plan of a definition file is JSON and nothing else, and what is wrong with the file has its line")
    func featurePlan() throws {
        let folder = try TemporaryFolder()
        let example = Package.root.appendingPathComponent("Engines/plans/example.yaml")
        let ran = try Ran.marquee(["features", "plan", example.path], in: folder)
        #expect(try ran.code == 0 && ran.output == Package.text("Engines/plans/example.json"), "\(ran.errors)")
        let file = try folder.write(
            "entities: { user: user }\nfeatures:\n  a: { entity: user, count: clik }\n", "f.yaml")
        let wrong = try Ran.marquee(["features", "plan", file.path], in: folder)
        #expect(wrong.code == 1 && wrong.output.isEmpty)
        #expect(
            wrong.errors
                == "marquee: f.yaml:3: unknown event type 'clik': did you mean 'click'? "
                + "Valid are: cart, click, favorite, gaze, hide, impression, purchase, rating, retract, scroll, search, "
                + "share, view\n")
    }

    @Test("With --json the output is JSON and nothing else; with --quiet the table and nothing else")
    func outputs() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(tinyYAML, "tiny.yaml")
        let ran = try Ran.marquee(["experiment", "run", file.path, "--out", "run", "--json"], in: folder)
        #expect(ran.code == 0, "\(ran.errors)")
        let metrics = try JSONDecoder().decode(RunMetrics.self, from: Data(ran.output.utf8))
        #expect(metrics.models.count == 3)
        #expect(ran.errors.contains("split:"))
        let quiet = try Ran.marquee(["experiment", "compare", "run", "--quiet"], in: folder)
        #expect(quiet.code == 0 && quiet.errors.isEmpty && quiet.output.contains("baseline"))
        #expect(!quiet.output.contains("\u{1B}"))
        let models = try Ran.marquee(["models", "--json"], in: folder)
        let listed = try JSONDecoder().decode([String: ConfigValue].self, from: Data(models.output.utf8))
        #expect(Set(listed.keys) == Set(ModelRegistry.kinds))
    }

    @Test("From a made-up world to a model, its figures, recommendations and likenesses")
    func singleModel() throws {
        let folder = try TemporaryFolder()
        func marquee(_ arguments: String...) throws -> Ran {
            let ran = try Ran.marquee(arguments, in: folder)
            #expect(ran.code == 0, "\(arguments): \(ran.errors)")
            return ran
        }
        _ = try marquee(
            "data", "simulate", "--out", "world", "--users", "80", "--items", "60", "--interactions", "1600")
        #expect(try marquee("data", "describe", "world", "--out", "page.html").output.contains("1,600"))
        #expect(
            try String(contentsOf: folder.url.appendingPathComponent("page.html"), encoding: .utf8).contains(
                "Items by genre"))
        _ = try marquee(
            "train", "ease", "--data", "world", "--out", "model", "--split", "leave-one-out", "--set",
            "regularization=50")
        let judged = try marquee("evaluate", "model", "--data", "world", "--metrics", "HR@5", "AUC", "--json")
        #expect(judged.output.contains("HR@5") && judged.output.contains("AUC"))
        let list = try marquee("recommend", "model", "--user", "3", "--count", "4", "--json")
        let answer = try JSONDecoder().decode(RecommendationList.self, from: Data(list.output.utf8))
        #expect(answer.recommendations.count == 4)
        let cold = try marquee("recommend", "model", "--user", "nobody")
        #expect(cold.errors.contains("unknown"))
        #expect(try marquee("similar", "model", "--item", "1").output.contains("like "))
        let refused = try Ran.marquee(["train", "ease", "--data", "world", "--out", "all"], in: folder)
        #expect(refused.code == 0)
        let blind = try Ran.marquee(["evaluate", "all", "--data", "world"], in: folder)
        #expect(blind.code == 1 && blind.errors.contains("learned from"))
    }

    /// Thirty people of two tastes and thirty of none, so that hardly two films have equal scores; titles with years, and
    /// two films of one title.
    private static func films(in folder: TemporaryFolder) throws {
        var ratings = "userId,movieId,rating,timestamp\n"
        for user in 1...30 {
            for item in 1...20 where (user + item) % 2 == 0 && (user + item / 2) % 5 > 0 {
                ratings += "\(user),\(item),4.0,\(1_000_000_000 + 100 * user + item)\n"
            }
        }
        let random = RandomStream(seed: 3, "films")
        for user in 31...60 {
            for item in 1...20 where random.unit(at: UInt64(user * 20 + item)) < 0.2 + 0.02 * Double(item) {
                ratings += "\(user),\(item),4.0,\(1_000_000_000 + 100 * user + item)\n"
            }
        }
        _ = try folder.write(ratings, "ratings.csv")
        let titles = (1...20).map {
            "\($0),\($0 > 18 ? "\"Twin (\(1960 + $0))\"" : "\"Film \($0), The (\(1980 + $0))\""),Drama"
        }
        _ = try folder.write("movieId,title,genres\n" + titles.joined(separator: "\n") + "\n", "movies.csv")
    }

    @Test("Lists have ids, are of several people or of all, and are judged as the model is")
    func lists() throws {
        let folder = try TemporaryFolder()
        try Self.films(in: folder)
        func marquee(_ arguments: String..., code: Int32 = 0) throws -> Ran {
            let ran = try Ran.marquee(arguments, in: folder)
            #expect(ran.code == code, "\(arguments): \(ran.errors)")
            return ran
        }
        // Everything the model has not learned from is asked for.
        let split = "{ leave-one-out: { validation: false } }"
        _ = try marquee("train", "ease", "--data", ".", "--out", "m", "--split", split, "-q")
        let one = try marquee("recommend", "m", "--user", "7", "--count", "2", "--scores", "-q").output
        #expect(one.contains("id") && one.contains("score") && one.contains("(19"), "\(one)")
        let two = try marquee("recommend", "m", "--user", "7", "--user", "8", "--count", "2", "-q").output
        #expect(two.contains("for user 7") && two.contains("for user 8") && !two.contains("score"), "\(two)")
        _ = try folder.write("7\r\n8\nnobody\n\n", "people.txt")
        let some = try marquee("recommend", "m", "--users", "people.txt", "--out", "some.jsonl", "--count", "3")
        #expect(some.errors.contains("1 users are unknown"), "\(some.errors)")
        let lines = try String(contentsOf: folder.url.appendingPathComponent("some.jsonl"), encoding: .utf8)
            .split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("{\"user\":\"7\",\"items\":[\""), "\(lines)")

        // What the model itself reaches is what its lists reach, in each form.
        for (file, arguments) in [("all.csv", ["--all"]), ("all.jsonl", ["--all"])] {
            _ = try Ran.marquee(["recommend", "m", "--out", file, "--count", "12"] + arguments, in: folder)
        }
        let judged = try marquee(
            "evaluate", "m", "--data", ".", "--split", split, "--metrics", "HR@3", "NDCG@5", "--json")
        for file in ["all.csv", "all.jsonl"] {
            let scored = try marquee(
                "score", file, "--data", ".", "--split", split, "--metrics", "HR@3", "NDCG@5", "--json")
            let figures = try [judged, scored].map {
                try JSONDecoder().decode(Scored.self, from: Data($0.output.utf8)).metrics
            }
            #expect(figures[0].count == 2 && figures[0] == figures[1], "\(file): \(figures)")
        }
        _ = try folder.write("user,item,score\n7,1,0.5\n7,1,0.4\n", "twice.csv")
        let twice = try marquee("score", "twice.csv", "--data", ".", code: 1)
        #expect(twice.errors.contains("twice.csv:3: expected every item once"), "\(twice.errors)")
    }

    private struct Scored: Decodable { var metrics: [String: Double] }

    @Test("The title that 'recommend' prints is what 'similar' takes, and a model that knows no items is refused")
    func similarByTitle() throws {
        let folder = try TemporaryFolder()
        try Self.films(in: folder)
        func marquee(_ arguments: String...) throws -> Ran { try Ran.marquee(arguments, in: folder) }
        for kind in ["item-knn", "popularity"] {
            #expect(try marquee("train", kind, "--data", ".", "--out", kind, "-q").code == 0)
        }
        let similar = try marquee("similar", "item-knn", "--item", "Film 3, The (1983)", "-q")
        #expect(similar.code == 0 && similar.output.contains("by the model's weight between the two"), "\(similar)")
        let beginning = try marquee("similar", "item-knn", "--item", "film 18", "-q")
        #expect(beginning.code == 0 && beginning.output.contains("like Film 18, The (1998)"), "\(beginning)")
        let twins = try marquee("similar", "item-knn", "--item", "Twin", "-q")
        #expect(
            twins.code == 1 && twins.errors.contains("Twin (1979) (id 19)")
                && twins.errors.contains("Twin (1980) (id 20)"), "\(twins.errors)")
        let unknown = try marquee("similar", "item-knn", "--item", "Fillm 3, The (1983)", "-q")
        #expect(unknown.code == 1 && unknown.errors.contains("did you mean 'Film 3, The (1983)'?"), "\(unknown.errors)")
        let refused = try marquee("similar", "popularity", "--item", "3", "-q")
        #expect(
            refused.code == 1
                && refused.errors.contains(
                    "popularity knows nothing of which items are alike; these do: item-knn, content"),
            "\(refused.errors)")
    }

    @Test("A model that cannot be fitted is told before anything is, the others have their table, and the code says so")
    func notFitted() throws {
        let folder = try TemporaryFolder()
        let file = try NotFittedTests.wide(in: folder)
        let ran = try Ran.marquee(["experiment", "run", file.path, "--out", "run"], in: folder)
        #expect(
            ran.code == 3
                && ran.errors == "marquee: 1 of 2 models was not fitted: ease; the reasons stand below the table\n")
        let told = try #require(ran.output.range(of: "ease will not be fitted: 50000 items need 10 GB"))
        let fitted = try #require(ran.output.range(of: "popularity: fitted in"))
        #expect(told.upperBound < fitted.lowerBound)
        #expect(
            ran.output.contains("ease was not fitted: 50000 items need 10 GB; drop rare items with k-core, or use ials")
        )
    }

    static let longYAML = """
        data:     { simulate: { users: 150, items: 80, interactions: 4000 } }
        prepare:  [ binarize ]
        split:    leave-one-out
        evaluate: { candidates: { sampled: 20 }, metrics: [HR, NDCG], at: [10] }
        models:
          - popularity
          - ncf: { layers: [16, 8], train: { epochs: 20, batch: 64, rate: 0.01, patience: 20 } }
        """

    @Test(
        "Stopped or killed in the middle and resumed, a run ends with the same figures", arguments: [SIGINT, SIGKILL])
    func resume(_ signal: Int32) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.longYAML, "long.yaml")
        // One worker: two would wait for each other on a machine that runs all tests at once.
        let alone = ["MARQUEE_WORKERS": "1"]
        let whole = try Ran.marquee(["experiment", "run", file.path, "--out", "whole"], in: folder, environment: alone)
        #expect(whole.code == 0, "\(whole.errors)")
        let stopped = try Ran.marquee(
            ["experiment", "run", file.path, "--out", "part"], in: folder, environment: alone
        ) { line, process in
            if line.hasPrefix("ncf: epoch 2,") { kill(process, signal) }
        }
        if signal == SIGINT {
            #expect(stopped.code == 130)
            #expect(
                stopped.errors.contains("--resume") && stopped.errors.count { $0 == "\n" } == 1, "\(stopped.errors)")
        } else {
            #expect(stopped.code == SIGKILL)
        }
        let part = folder.url.appendingPathComponent("part")
        #expect(!FileManager.default.fileExists(atPath: part.appendingPathComponent("metrics.json").path))
        let resumed = try Ran.marquee(
            ["experiment", "run", file.path, "--out", "part", "--resume"], in: folder, environment: alone)
        #expect(resumed.code == 0, "\(resumed.errors)")
        #expect(resumed.output.contains("popularity: kept from before"))
        #expect(!resumed.output.contains("ncf: epoch 1,"))
        let results = try ["whole", "part"].map {
            try RunResult(RunFolder(contentsOf: folder.url.appendingPathComponent($0)))
        }
        #expect(results[0].models.map { $0.fits.map(\.result) } == results[1].models.map { $0.fits.map(\.result) })
        let curves = results.map { $0.models[1].fits[0].curve }
        #expect(curves[0].map(\.loss) == curves[1].map(\.loss))
        #expect(curves[0].map(\.epoch) == curves[1].map(\.epoch))
    }

    @Test("A full disk is one line that says what to do, and leaves nothing half-written", arguments: [1, 8, 40])
    func fullDisk(_ kilobytes: Int) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(tinyYAML, "tiny.yaml")
        // No file may grow beyond the limit, which fails writes as a full disk does.
        let ran = try Ran(
            URL(fileURLWithPath: "/bin/bash"),
            [
                "-c", "trap '' XFSZ; ulimit -f \(kilobytes); exec \"$0\" experiment run \"$1\" --out run --quiet",
                Package.program("marquee").path, file.path,
            ], in: folder.url)
        #expect(ran.code == 1, "\(ran.output)")
        #expect(ran.errors.contains("cannot be written") && ran.errors.contains("--out"), "\(ran.errors)")
        #expect(ran.errors.count { $0 == "\n" } == 1, "\(ran.errors)")
        let place = folder.url.appendingPathComponent("run")
        let left =
            FileManager.default.enumerator(at: place, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
        #expect(!left.contains { $0.lastPathComponent.contains("partial") })
        for metrics in left where metrics.lastPathComponent == "metrics.json" {
            #expect(throws: Never.self) { try JSONFile.read(RunMetrics.self, from: metrics) }
        }
        for model in left where model.lastPathComponent == "model.json" {
            #expect(throws: Never.self) { try SavedModel(contentsOf: model.deletingLastPathComponent()) }
        }
        for record in left where record.lastPathComponent.hasPrefix("seed-") {
            #expect(throws: Never.self) { try JSONFile.read(FitRecord.self, from: record) }
        }
        // With room again it goes on.
        let resumed = try Ran.marquee(
            ["experiment", "run", file.path, "--out", "run", "--resume", "--quiet"], in: folder)
        #expect(resumed.code == 0, "\(resumed.errors)")
    }
}
