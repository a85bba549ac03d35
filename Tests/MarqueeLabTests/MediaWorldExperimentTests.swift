import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@testable import MarqueeLab

@Suite("Experiments in the media world")
struct MediaWorldExperimentTests {
    static let world =
        "{ people: 80, days: 8, visits: 10, news: 40, videos: 80, ads: 20, test-days: 3, validation-days: 1, moments: 300 }"

    @Test("Rankers stand between what knows nothing and what knows the truth, by person and by domain")
    func rankers() throws {
        let folder = try TemporaryFolder()
        let result = try run(
            """
            data:     { media-world: \(Self.world) }
            evaluate: { candidates: offered, metrics: [CTR] }
            models:   [ popularity, content, { mf: { factors: 4, train: { epochs: 1 } } } ]
            """, in: folder)
        let world = try #require(result.data.world)
        #expect(result.data.isSimulated && world.moments > 100)
        let metric = Metric(.clickThrough)
        #expect(result.metrics == [metric])
        for model in result.models {
            let rate = try #require(model.mean(metric))
            #expect(rate > 0.3 * world.clickThrough(of: .random) && rate < world.clickThrough(of: .truth))
            let slices = model.fits[0].protocolResults[0].slices
            #expect(Set(slices.map(\.name)).isSuperset(of: ["domain: news", "domain: video", "domain: ad"]))
            #expect(slices.allSatisfy { ($0.means["CTR"] ?? 0) < 1 })
        }
        // A ranker that knows what people liked is better than none.
        let content = try #require(result.models.first { $0.name == "content" }?.mean(metric))
        #expect(content > world.clickThrough(of: .random))
        let report = try String(contentsOf: result.folder.reportURL, encoding: .utf8)
        #expect(report.contains("Between floors and ceilings") && report.contains("ceiling of who sees the log"))
        // Once more in the same folder: everything is there already.
        let again = try ExperimentRunner(result.experiment, in: result.folder).run()
        #expect(again.models.map { $0.mean(metric) } == result.models.map { $0.mean(metric) })
    }

    @Test(
        "What means nothing there is refused",
        arguments: [
            "data: { media-world: {} }\nmodels: [popularity]",
            "data: { path: x }\nevaluate: { candidates: offered, metrics: [CTR] }\nmodels: [popularity]",
            "data: { path: x }\nevaluate: { metrics: [CTR] }\nmodels: [popularity]",
            "data: { media-world: {} }\nevaluate: { candidates: offered, metrics: [HR] }\nmodels: [popularity]",
            "data: { media-world: {} }\nprepare: [binarize]\nevaluate: { candidates: offered, metrics: [CTR] }\nmodels: [popularity]",
            "data: { media-world: { contagions: 0 } }\nevaluate: { candidates: offered, metrics: [CTR] }\nmodels: [popularity]",
        ])
    func refused(_ yaml: String) {
        #expect(throws: ConfigurationError.self) { try Experiment(yaml: yaml, file: "world.yaml") }
    }
}
