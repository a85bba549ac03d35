import MarqueeLive
import Testing

@Suite struct FeatureKindTests {
    /// A kind that the library has never heard of goes the whole way, from events to its plan.
    @Test func aKindIsOneFile() async throws {
        let definitions = FeatureDefinitions([
            FeatureDefinition(name: "record", entity: [.user], kind: LargestValueFeature(of: [.purchase]))
        ])
        let features = Features(definitions, EmbeddedStore())
        let values: [Double?] = [3, nil, 19.5, -4]
        try await features.writer.apply(
            logged(
                values.enumerated().map {
                    Event(id: "\($0)", user: "ann", item: "film", type: .purchase, value: $1, time: 0)
                }))
        #expect(try await features.reader.read("record", of: "ann", at: 0) == .number(19.5))
        #expect(try await features.reader.read("record", of: "ben", at: 0) == .unknown)
        let feature = try #require(FeaturePlan(definitions).entities.first?.features.first)
        #expect(feature.kind == "largest-value" && feature.statistic == "largest" && feature.events == ["purchase"])
    }

    /// Names of kinds are in files, codes of statistics on disk: none may be used for two.
    @Test func namesAndCodesAreUnique() {
        #expect(Set(FeatureKinds.names).count == FeatureKinds.all.count)
        let statistics = FeatureKinds.all.compactMap { ($0 as? any StoredFeatureKind.Type)?.statistic }
        let codes = Dictionary(grouping: statistics, by: { $0.code }).mapValues { Set($0.map { ObjectIdentifier($0) }) }
        #expect(codes.count == 7 && codes.values.allSatisfy { $0.count == 1 })
    }
}
