import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeLab
import MarqueeModels
import MarqueeRuntime
import Testing

/// Several sources as one experiment, and one model recommending in either domain.
@Suite("Several domains")
struct DomainTests {
    /// Two files whose users are numbered alike: everybody reads the books and hears the songs of their camp.
    private static func write(_ name: String, in folder: TemporaryFolder) throws {
        var lines = ["user,item"]
        for user in 0..<20 {
            for item in 0..<12 where item % 2 == user % 2 && item != user % 12 { lines.append("\(user),\(item)") }
        }
        _ = try folder.write(lines.joined(separator: "\n"), name)
    }

    private static let yaml = """
        data:
          - { path: books.csv, domain: book, columns: { user: user, item: item } }
          - { path: songs.csv, domain: music, columns: { user: user, item: item } }
        split:    { leave-one-out: { by: random } }
        evaluate:
          - { candidates: full, slices: [domain], lists: 0 }
          - { domain: book }
          - { candidates: { sampled: 5 }, domain: music }
        models:   [ popularity, { item-knn: { neighbors: 10 } } ]
        """

    @Test("Each protocol asks in its domain, the whole says how each domain fared")
    func experiment() throws {
        let folder = try TemporaryFolder()
        for name in ["books.csv", "songs.csv"] { try Self.write(name, in: folder) }
        let experiment = try Experiment(yaml: Self.yaml, file: "two.yaml")
        #expect(experiment.evaluate.map(\.title) == ["full", "full in book", "sampled(5) in music"])
        #expect(try Experiment(yaml: experiment.yaml(), file: "two.yaml") == experiment)

        let task = try EvaluationTask(experiment, data: folder.url)
        #expect(task.dataset.log.userCount == 20 && task.dataset.log.itemCount == 24)
        #expect(task.training.domains.names == ["book", "music"])
        #expect(task.record.read?.format == "2 domains")
        #expect(task.record.read?.notes.last?.text == "20 users occur in another domain too")
        let domains = task.training.domains
        for (part, domain) in [(1, "book"), (2, "music")] {
            let evaluator = task.protocols[part].evaluator
            #expect(!evaluator.holdout.users.isEmpty && evaluator.holdout.users.count < 20)
            #expect(evaluator.holdout.items.allSatisfy { domains[$0] == domain })
        }
        #expect(
            task.protocols[1].evaluator.holdout.users.count + task.protocols[2].evaluator.holdout.users.count
                == task.split.test.users.count)
        #expect(task.protocols[1].evaluator.protocol.candidates == "full in book")
        #expect(task.protocols[2].evaluator.protocol.negatives == "5 uniform unseen in music, seed 1")
        #expect(task.slices.map(\.name) == ["domain: book", "domain: music"])

        let model = try ItemKNN.fit(ItemKNN.Config(), to: task.training, in: FitContext())
        let service = RecommendationService(SavedModel(model: model, data: task.training))
        for domain in ["book", "music"] {
            let list = service.recommend(to: "0", count: 3, domain: domain)
            #expect(list.recommendations.count == 3)
            #expect(list.recommendations.allSatisfy { $0.item.hasPrefix("\(domain)/") })
        }
        let unknown = service.recommend(to: "0", count: 3, domain: "musik")
        #expect(unknown.recommendations.isEmpty && unknown.note?.contains("did you mean 'music'") == true)
    }

    @Test("What is wrong with a list of sources is said with its line")
    func errors() throws {
        func message(_ data: String) -> String {
            do {
                _ = try Experiment(yaml: "data: \(data)\nmodels: [popularity]\n", file: "e.yaml")
                return "no error"
            } catch { return "\(error)" }
        }
        let twice = message("[{ path: a, domain: x }, { path: b, domain: x }]")
        #expect(twice.hasPrefix("e.yaml:1: ") && twice.contains("two domains are called 'x'; give each a name"))
        #expect(message("[{ path: a, domaim: x }]").contains("did you mean 'domain'"))
        #expect(message("[]").contains("no domain; list at least one, { path: …, domain: … }"))
        #expect(message("{ path: a, domains: [{ path: b, domain: x }] }").contains("not both"))
        let folder = try TemporaryFolder()
        for name in ["books.csv", "songs.csv"] { try Self.write(name, in: folder) }
        let unknown = Self.yaml.replacingOccurrences(of: "{ domain: book }", with: "{ domain: bok }")
        let error = try #require(throws: ConfigurationError.self) {
            try EvaluationTask(try Experiment(yaml: unknown, file: "two.yaml"), data: folder.url)
        }
        #expect("\(error)".contains("did you mean 'book'"))
    }
}
