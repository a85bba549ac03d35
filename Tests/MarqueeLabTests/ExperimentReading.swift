import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLab

@Suite("Experiments are read strictly")
struct ExperimentReading {
    @Test("Every default is spelled out, and what is written reads back as the same experiment")
    func roundTrip() throws {
        let experiment = try Experiment(yaml: tinyYAML, file: "tiny.yaml")
        #expect(experiment.name == "tiny")
        #expect(experiment.models.map(\.name) == ["popularity", "item-knn", "ials"])
        #expect(
            try experiment.evaluate[0].resolvedMetrics().map(\.description) == ["HR@5", "HR@10", "NDCG@5", "NDCG@10"])
        let text = try experiment.yaml()
        #expect(text.contains("initial-scale"))
        #expect(try Experiment(yaml: text, file: "other.yaml") == experiment)
    }

    @Test(
        "Names that YAML would take for something else are quoted",
        arguments: ["true", "3 x", "a: b", "weiß", "#1", ""])
    func quoting(_ text: String) throws {
        let value = ConfigValue.mapping(["key": .string(text)])
        #expect(try ConfigDocument(yaml: value.text, file: "test").value == value)
    }

    static let mistakes: [(yaml: String, line: Int, says: [String])] = [
        ("data: { path: x }\nmodles: [popularity]", 2, ["modles", "did you mean 'models'"]),
        ("data: { path: x }\nmodels: [popularty]", 2, ["popularty", "'popularity'"]),
        (
            "data: { path: x }\nmodels:\n  - popularity\n  - ease:\n      regularizaton: 5", 5,
            ["regularizaton", "'regularization'"]
        ),
        ("data: { path: x }\nmodels:\n  - ials: { epochs: 3,\n      factors: none }", 4, ["factors"]),
        ("data: { path: x }\nmodels: [ { ease: { regularization: 5 }, tuen: { } } ]", 2, ["tuen", "'tune'"]),
        (
            "data: { path: x }\nmodels:\n  - ease: { }\n    tune: { regularizaton: [1] }", 4,
            ["regularizaton", "'regularization'"]
        ),
        ("data: { path: x }\nmodels: [popularity]\nprepare:\n  - binarize\n  - k-cor: 5", 5, ["k-cor", "'k-core'"]),
        (
            "data: { path: x }\nmodels: [popularity]\nsplit: { leave-one-out: { validatoin: true } }", 3,
            ["'validation'"]
        ),
        ("data: { path: x }\nmodels: [popularity]\nsplit: leave-one-in", 3, ["'leave-one-out'"]),
        ("data: { path: x }\nmodels: [popularity]\nevaluate:\n  metrics: [HR, NGCD]", 4, ["NGCD", "'NDCG'"]),
        ("data: { path: x }\nmodels: [popularity]\nevaluate:\n  at: [5, ten]", 4, ["whole number", "ten"]),
        ("data: { path: x }\nmodels: [popularity]\nevaluate:\n  at: [0]", 4, ["1 or more"]),
        ("data: { path: x }\nmodels: [popularity]\nevaluate:\n  slices: [user-activty]", 4, ["'user-activity'"]),
        ("data: { path: x }\nmodels: [popularity]\nevaluate: { candidates: { sampeld: 99 } }", 3, ["'sampled'"]),
        ("data: { path: x }\nmodels: [popularity]\nvalidate: { users: 0 }", 3, ["nobody validates with 0 users"]),
        ("data: { path: x }\nmodels: [popularity]\nvalidate: { user: 5 }", 3, ["'users'"]),
        ("data: { path: x }\nmodels: [popularity]\nvalidate: { every: 0 }", 3, ["1 or more"]),
        ("data: { path: x, pth: y }\nmodels: [popularity]", 1, ["pth", "'path'"]),
        (
            "data:\n  path: plays.csv\n  columns:\n    user: listener\n    item: track\n    rating: stars\n    time: at\nmodels: [popularity]",
            6, ["unknown key 'rating': did you mean 'value'?", "unknown key 'time': did you mean 'timestamp'?"]
        ),
        ("data: { path: x, columns: { time-unti: milliseconds } }\nmodels: [popularity]", 1, ["'time-unit'"]),
        ("data: { path: x, columns: { time-unit: minutes } }\nmodels: [popularity]", 1, ["milliseconds", "iso-8601"]),
        (
            "data: { path: x, columns: { catalog: { file: y, id: 1, tilte: 2 } } }\nmodels: [popularity]", 1,
            ["tilte", "'title'"]
        ),
        ("data: { domains: [ { path: x, domain: a, pth: 1 } ] }\nmodels: [popularity]", 1, ["pth", "'path'"]),
        ("data: { simulate: { usres: 5 } }\nmodels: [popularity]", 1, ["usres", "'users'"]),
        ("data: { path: x }\nmodels: [popularity]\nsplit: { given: { tise: seeded } }", 3, ["tise", "'ties'"]),
        ("data: { path: x }\nmodels: [popularity]\nsplit: { ratio: { trainn: 0.8 } }", 3, ["trainn", "'train'"]),
        (
            "data: { path: x }\nmodels: [popularity]\nprepare:\n  - binarize: { treshold: 4 }", 4,
            ["treshold", "'threshold'"]
        ),
        (
            "data: { path: x }\nmodels: [popularity]\nevaluate:\n  candidatess: full", 4,
            ["candidatess", "'candidates'"]
        ),
        (
            "data: { path: x }\nmodels: [popularity]\ntables:\n  - { title: a, models: [popularity], aggainst: x }", 4,
            ["aggainst", "'against'"]
        ),
        ("data: { }\nmodels: [popularity]", 1, ["path: ml-1m"]),
        ("models: [popularity]", 1, ["'data' is missing"]),
        ("data: { path: x }\nmodels: []", 2, ["no models"]),
        ("data: { path: x }\nmodels: [ease, popularity, ease]", 2, ["'ease'", "name:"]),
        ("data: { path: x }\nmodels: [ease]\nseeds: [1, 1]", 3, ["twice"]),
        ("data: { path: x }\nmodels: [ease]\nseeds: 1", 3, ["list"]),
        ("data: { path: x }\nmodels: [ease]\nname: ../up", 3, ["cannot name a folder"]),
        ("data: { path: x }\nmodels: [ease\nseeds: [1]", 3, ["not valid YAML"]),
        ("data: { path: x }\ndata: { path: y }\nmodels: [ease]", 1, ["'data'", "twice"]),
    ]

    @Test("A mistake is told with file, line and what would be right", arguments: mistakes.indices)
    func mistake(_ index: Int) throws {
        let (yaml, line, says) = Self.mistakes[index]
        let error = try #require(throws: ConfigurationError.self) { try Experiment(yaml: yaml, file: "e.yaml") }
        #expect(error.line == line, "\(error)")
        for text in says { #expect("\(error)".contains(text), "\(error)") }
        #expect("\(error)".hasPrefix("e.yaml:\(line): "))
        #expect(!"\(error)".contains("\n"))
    }

    @Test("What is written spells keys as the file does, and a word of two spellings is one key")
    func spelling() throws {
        let yaml = """
            data: { path: ms.csv, columns: { user: listener, item: track, timestamp: at, time-unit: milliseconds, \
            on-bad-line: skip } }
            models: [popularity]
            """
        let experiment = try Experiment(yaml: yaml, file: "ms.yaml")
        #expect(experiment.data.columns?.timeUnit == .milliseconds && experiment.data.columns?.onBadLine == .skip)
        let text = try experiment.yaml()
        #expect(text.contains("time-unit: milliseconds") && !text.contains("timeUnit"))
        #expect(try Experiment(yaml: text, file: "ms.yaml") == experiment)
        #expect(
            try Experiment(yaml: yaml.replacing("time-unit", with: "timeUnit"), file: "ms.yaml") == experiment)
    }

    @Test("An empty file is told so")
    func empty() throws {
        let error = try #require(throws: ConfigurationError.self) { try Experiment(yaml: "", file: "e.yaml") }
        #expect("\(error)".contains("empty"))
    }

    @Test("A grid has every combination, and dotted keys reach inside")
    func grid() throws {
        let entry = try ConfigDocument(
            yaml:
                "{ ncf: { embedding: 4 }, tune: { train.epochs: [1, 2], train.weight-decay: [0, 0.1], dropout: [0] } }",
            file: "test"
        ).decode(ModelEntry.self)
        let grid = try entry.grid()
        #expect(grid.count == 4)
        #expect(Set(grid.map { $0.spec.config[dotted: "train.epochs"]?.text }) == ["1", "2"])
        #expect(grid.allSatisfy { $0.spec.config[dotted: "embedding"] == .integer(4) })
        #expect(grid[3].spec.config[dotted: "train.weightDecay"]?.text == "0.1")
    }

    static let experiments =
        ((try? FileManager.default.contentsOfDirectory(atPath: Package.root.appendingPathComponent("Experiments").path))
        ?? [])
        .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()

    @Test("The experiments of this project can be read", arguments: experiments)
    func shipped(_ name: String) throws {
        #expect(Self.experiments.contains("quickstart"))
        let experiment = try Experiment(contentsOf: Package.root.appendingPathComponent("Experiments/\(name).yaml"))
        #expect(experiment.name == name)
    }

    @Test("Data is found in --data, itself or inside")
    func location() throws {
        let folder = try TemporaryFolder()
        let inside = folder.url.appendingPathComponent("ml")
        try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
        let source = DataSource(path: "ml")
        #expect(try source.locate(in: folder.url).path == inside.path)
        #expect(try source.locate(in: inside).path == inside.path)
        #expect(try source.locate(in: nil, besides: folder.url.appendingPathComponent("e.yaml")).path == inside.path)
        let error = try #require(throws: DataSourceError.self) {
            try DataSource(path: "nowhere-to-be-found").locate(in: nil)
        }
        #expect("\(error)".contains("--data"))
    }
}
