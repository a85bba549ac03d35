import Foundation
import MarqueeLive
import Testing

@Suite struct FeaturePlanTests {
    static let folder = Programs.root.appendingPathComponent("Engines/plans")

    /// Another engine works by these bytes.
    @Test func thePlanOfTheExampleStays() throws {
        let definitions = try FeatureDefinitions(contentsOf: Self.folder.appendingPathComponent("example.yaml"))
        let expected = try String(contentsOf: Self.folder.appendingPathComponent("example.json"), encoding: .utf8)
        #expect(try FeaturePlan(definitions).json() + "\n" == expected)
    }

    @Test func theOrderOfDefinitionsDoesNotMatter() throws {
        let definitions = try FeatureDefinitions(contentsOf: Self.folder.appendingPathComponent("example.yaml"))
        let plan = FeaturePlan(definitions)
        #expect(plan == FeaturePlan(FeatureDefinitions(definitions.features.reversed())))
        #expect(plan.entities.map(\.type) == ["item", "item,device", "user", "user,context.category", "user,word"])
        // What stores nothing is not in it.
        #expect(plan.entities.flatMap(\.features).count == definitions.features.count - 1)
        #expect(plan.plan != FeaturePlan(FeatureDefinitions(Array(definitions.features.dropLast()))).plan)
    }

    /// A prior matters at reading alone: it changes neither label nor plan.
    @Test func whatMattersAtReadingAloneIsNotInIt() throws {
        func plan(_ prior: String) throws -> FeaturePlan {
            let ratio = "{ of: click, over: impression, bucket: 1h, buckets: 24, \(prior) }"
            return FeaturePlan(
                try FeatureDefinitions(
                    yaml: "entities: { item: item }\nfeatures:\n  ctr: { entity: item, ratio: \(ratio) }"))
        }
        #expect(try plan("prior: 0.05, strength: 20") == plan("prior: 0.5, strength: 7"))
    }
}
