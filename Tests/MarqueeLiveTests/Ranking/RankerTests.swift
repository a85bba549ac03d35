import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLive

@Suite struct RankerTests {
    typealias Fixture = LoopFixture

    private static func spec(_ json: String) throws -> any Ranker {
        try ConfigDocument(yaml: json, file: "ranker").decode(RankerSpec.self).ranker
    }

    @Test func aConfigurationNamesARanker() throws {
        #expect(try Self.spec(#""model""#) is ModelRanker)
        #expect(try Self.spec(#"{ "linear": { "weights": { "b": 1, "a": 2 } } }"#).features == ["a", "b"])
        let combined = try Self.spec(
            #"{ "combined": [{ "ranker": "model" }, { "ranker": { "linear": { "weights": { "c": 1 } } }, "weight": 0.5 }] }"#
        )
        #expect(combined.features == ["c"])
        for (json, complaint) in [
            (#""modle""#, "did you mean 'model'?"), (#""linear""#, "'linear' needs its settings"),
            (#"{ "linear": { "weights": {} } }"#, "ranker linear: weights must name a feature at least"),
            (#"{ "linear": { "wieghts": {} } }"#, "did you mean 'weights'?"),
            (#"{ "combined": [] }"#, "ranker combined: rankers must be one at least"),
        ] {
            #expect { try Self.spec(json) } throws: { "\($0)".contains(complaint) }
        }
    }

    private static let definitions = """
        entities: { user: user, item: item, place: [context.region, item] }
        features:
          user-clicks: { entity: user, count: click }
          item-clicks: { entity: item, count: click }
          clicks-here: { entity: place, count: click }
          user-last: { entity: user, last: { of: click, keep: 3 } }
        """

    /// Items are ranked by what the store says of them; what it said is in the log, and says the same once more.
    @Test func featuresAreLoggedWithTheDecisionAndReplayToTheBit() async throws {
        let features = EngineFeatures(
            try FeatureDefinitions(yaml: Self.definitions), store: EmbeddedStore(), recent: "user-last")
        let ranker = try LinearRanker(
            .init(weights: ["item-clicks": 0.1, "clicks-here": 0.3, "user-clicks": 1e-3, "user-last": 1]))
        let arm = PolicyArm(try Softmax())
        try await Fixture.run(features: features) {
            $0.decisions.ranker = ranker
            $0.arms = [arm]
        } _: { loop, clock in
            let items = Fixture.model.items
            var events: [Event] = []
            for (item, clicks) in [(7, 3), (20, 5), (31, 1)] {
                for k in 0..<clicks {
                    events.append(
                        Fixture.event(
                            .click, items[Int32(item)], by: "reader\(k)", at: clock.now,
                            context: ["region": item == 31 ? "de" : "fr"]))
                }
            }
            try await loop.take(events)
            try await features.writer?.settle(through: Int64(events.count))
            let decision = try await loop.decide(
                DecisionQuery(who: .user("reader4"), count: 3, context: RequestContext(region: "de")))
            #expect(decision.link == .model && decision.ranking.ranker == "linear")
            let table = decision.ranking.features
            #expect(table.features == ["clicks-here", "item-clicks", "user-clicks", "user-last"])
            #expect(table.count == decision.choices.count)
            func row(_ item: Int32) throws -> [FeatureValue] {
                let row = try #require(decision.choices.items.firstIndex(of: items[item]))
                return (0..<4).map { table[row, $0] }
            }
            // reader4 clicked on item 20, which is not recommended again.
            #expect(!decision.choices.items.contains(items[20]))
            #expect(try row(7).prefix(3) == [.number(0), .number(3), .number(1)])
            #expect(try row(31).prefix(3) == [.number(1), .number(1), .number(1)])
            #expect(try row(31)[3].items.map(\.item) == [items[20]])
            #expect(decision.choices.items.first == items[31])
            #expect(decision.choices.items[1] == items[7])

            try await loop.decisions.flush()
            let read = try #require(try await loop.decisions.decision(decision.id))
            #expect(read.ranking == decision.ranking)
            #expect(ranker.scores(read.ranking.features).map(\.bitPattern) == read.ranking.scores.map(\.bitPattern))
            #expect(read.ranking.scores.sorted(by: >) == read.ranking.scores)
            #expect(try read.replays(with: arm.current))
            // Whoever changes a feature in the log is found out.
            var other = read.ranking
            other.features = .unknown(table.features, rows: table.count)
            #expect(Decision.digest(read.choices, other) != read.digest)
        }
    }

    @Test func withoutAStoreTheDecisionGoesOn() async throws {
        let model = CombinedRanker.Part(ModelRanker())
        let linear = CombinedRanker.Part(try LinearRanker(.init(weights: ["item-clicks": 1])))
        try await Fixture.run(features: FeaturesFixture(error: "gone")) {
            $0.decisions.ranker = try! CombinedRanker([model, linear])
            $0.arms = [PolicyArm(try! Greedy())]
        } _: { loop, _ in
            let decision = try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 10))
            #expect(decision.notes == ["features: gone"])
            #expect(decision.link == .model && decision.ranking.ranker == "combined")
            let best = try Fixture.model.model.topK(10, for: [0], excluding: Fixture.model.history)
            #expect(decision.shownIDs == best.items.map { Fixture.model.items[$0] })
            #expect((0..<decision.choices.count).allSatisfy { decision.ranking.features[$0, 0] == .unknown })
        }
    }

    /// Scores by the request's context and by nothing else.
    private struct DeviceRanker: Ranker {
        static let kind = "device"
        static let standardConfig: NoSettings? = nil
        init(_ config: NoSettings = NoSettings()) {}
        func score(
            _ candidates: [Int32], in context: DecisionContext, _ features: FeatureTable, scratch: inout ItemMarks
        ) -> [Float]? {
            guard context.query?.context == context.request, context.request.time == Fixture.start else { return nil }
            let sign: Float = context.request.device == "mobile" ? 1 : -1
            return candidates.map { sign * Float($0) }
        }
    }

    @Test func whereIsAskedReachesTheRankerAndTheLog() async throws {
        try await Fixture.run {
            $0.decisions.ranker = DeviceRanker()
            $0.arms = [PolicyArm(try! Greedy())]
        } _: { loop, _ in
            func shown(_ device: String) async throws -> [Int32] {
                let query = DecisionQuery(who: .user("u"), count: 150, context: RequestContext(device: device))
                let decision = try await loop.decide(query)
                try await loop.decisions.flush()
                #expect(try await loop.decisions.decision(decision.id)?.query == query)
                #expect(decision.ranking.ranker == "device")
                return decision.shown
            }
            let mobile = try await shown("mobile")
            #expect(mobile.count > 1 && mobile == mobile.sorted(by: >))
            let desktop = try await shown("desktop")
            #expect(desktop == desktop.sorted())
        }
    }

    /// Scores that are given, not a number where there are none.
    private struct FixedRanker: Ranker {
        static let kind = "fixed"
        static let standardConfig: NoSettings? = nil
        var scores: [Float]?
        init(_ config: NoSettings = NoSettings()) {}
        init(scores: [Float]?) { self.scores = scores }
        func score(
            _ candidates: [Int32], in context: DecisionContext, _ features: FeatureTable, scratch: inout ItemMarks
        ) -> [Float]? { scores }
    }

    @Test func aCombinationAddsStandardizedScores() throws {
        let context = DecisionContext(
            DecisionQuery(who: .user("u")), Asker(state: UserState()), time: 0,
            CatalogSnapshot.Shared(CatalogSnapshot()), TrendingLists(), Trends(), nil)
        var marks = ItemMarks()
        let none = FeatureTable(features: [], values: [])
        func score(_ parts: [CombinedRanker.Part]) throws -> [Float]? {
            try CombinedRanker(parts).score([0, 1, 2], in: context, none, scratch: &marks)
        }
        // Means 2 and 10, deviations 1 and 10 of the items that each knows.
        let first = CombinedRanker.Part(FixedRanker(scores: [1, 3, .nan]))
        let second = CombinedRanker.Part(FixedRanker(scores: [0, .nan, 20]), weight: 3)
        #expect(try score([first, second]) == [-4, 1, 3])
        #expect(try score([first, .init(FixedRanker(scores: nil))])?.prefix(2) == [-1, 1])
        #expect(try score([.init(FixedRanker(scores: nil))]) == nil)
    }

    @Test func decisionsFromBeforeRankersAreRead() throws {
        // Written by hand, as versions 1 and 2 were.
        func words(_ words: UInt64...) -> [UInt8] {
            words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
        }
        func text(_ text: String) -> [UInt8] {
            withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
        }
        func body(_ version: UInt64) -> [UInt8] {
            var bytes = words(version, 77, 1_750_000_000_000, 0) + text("ann")
            bytes += words(1) + text("movie") + text("") + words(1) + text("x")
            bytes += text("") + text("catalogue") + words(1) + text("no model is deployed")
            bytes += words(2) + text("a") + text("b")
            bytes += words(2, (0.5).bitPattern, (-0.5).bitPattern) + words(0) + words(0)
            bytes += words(1, 1, (0.25).bitPattern)
            return bytes + words(5) + text("") + text("greedy") + words(3, 9) + words(1, (0.125).bitPattern)
        }
        let assigned = words(3) + text("main") + text("colors") + text("red")
        for bytes in [body(1), body(2) + assigned] {
            let decision = try Decision(bytes: bytes)
            #expect(decision.id == 77 && decision.time == 1_750_000_000_000)
            #expect(
                decision.query
                    == DecisionQuery(who: .user("ann"), count: 1, domain: "movie", touched: ["x"]))
            #expect(decision.link == .catalog && decision.notes == ["no model is deployed"])
            #expect(decision.choices == ChoiceSet(items: ["a", "b"], scores: [0.5, -0.5]))
            #expect(decision.slate == Slate(slots: [.init(candidate: 1, propensity: 0.25)]))
            #expect(decision.digest == 5 && decision.policyVersion == 3 && decision.seed == 9)
            #expect(decision.ranking == RankingRecord() && decision.stages == [0.125])
            #expect(decision.assignments.map(\.arm) == (bytes.count == body(1).count ? [] : ["red"]))
            // Read back from its new form it is the same.
            #expect(try Decision(bytes: decision.bytes) == decision)
        }
        #expect(throws: DecisionLogError.damaged) { try Decision(bytes: body(9) + assigned) }
    }
}
