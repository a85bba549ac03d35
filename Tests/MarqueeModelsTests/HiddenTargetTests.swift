import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

/// A step's pairs are no edges of the target's graph while the network learns of them.
@Suite struct HiddenTargetTests {
    /// Sixty users view eight items each and buy half of them; a view is the only sign of a purchase, or there is none.
    private static func shop(viewsPurchases: Bool = true) -> TrainingSet {
        var log = InteractionLog(
            userVocabulary: Vocabulary((0..<60).map(String.init)),
            itemVocabulary: Vocabulary((0..<50).map(String.init)),
            behaviorNames: ["view", "buy"], target: 1)
        let stream = RandomStream(seed: 5, "views")
        for user in 0..<60 {
            var viewed: Set<Int32> = []
            var draw = 0
            while viewed.count < 8 {
                viewed.insert(Int32(stream.integer(at: UInt64(user * 100 + draw), below: 50)))
                draw += 1
            }
            for (place, item) in viewed.sorted().enumerated() {
                let isBought = (place + user) % 2 == 0
                if viewsPurchases || !isBought {
                    log.users.append(Int32(user))
                    log.items.append(item)
                    log.behaviors.append(0)
                }
                guard isBought else { continue }
                log.users.append(Int32(user))
                log.items.append(item)
                log.behaviors.append(1)
            }
        }
        return TrainingSet(log: log)
    }

    private func fitted(
        _ own: [String: ConfigValue], _ data: TrainingSet, workers: Int = 2, epochs: Double = 2
    ) throws -> any Recommender {
        let base: [String: ConfigValue] = [
            "factors": 16, "dropout": 0, "slope": 1, "train": ["epochs": .number(epochs), "batch": 32, "rate": 0.01],
        ]
        return try ModelSpec("mbh-gnn", .mapping(own.merging(base) { first, _ in first })).fit(
            to: data, in: FitContext(seed: 1, pool: WorkerPool(workerCount: workers)))
    }

    @Test(
        "with and without modules, in samples too",
        arguments: [["hops": 0], ["attention": false], ["neighbors": 1000]] as [[String: ConfigValue]])
    func whatIsHiddenChangesWhatIsLearned(switches: [String: ConfigValue]) throws {
        let data = Self.shop()
        let hiding = try fitted(switches, data)
        for other in [["hides-targets": false], ["hides-auxiliary": true]] as [[String: ConfigValue]] {
            let model = try fitted(switches.merging(other) { $1 }, data)
            #expect((0..<Int32(60)).contains { hiding.scores(user: $0) != model.scores(user: $0) })
        }
    }

    /// The other items that somebody viewed stand before those he did not, as views come before purchases. A
    /// network that sees the purchases it is asked for has less reason to learn so.
    @Test func viewsAreLearnedToComeFirst() throws {
        let data = Self.shop()
        func standing(_ switches: [String: ConfigValue]) throws -> Double {
            let model = try fitted(switches, data, workers: 1, epochs: 60)
            var shares: [Double] = []
            for user in 0..<Int32(60) {
                let rows = data.log.users.indices.filter { data.log.users[$0] == user }
                let bought = Set(rows.filter { data.log.behaviors[$0] == 1 }.map { data.log.items[$0] })
                let viewed = Set(rows.map { data.log.items[$0] }).subtracting(bought)
                let scores = model.scores(user: user)
                let others = (0..<Int32(50)).filter { !viewed.contains($0) && !bought.contains($0) }
                for item in viewed {
                    shares.append(
                        Double(others.filter { scores[Int($0)] < scores[Int(item)] }.count) / Double(others.count))
                }
            }
            return shares.reduce(0, +) / Double(shares.count)
        }
        let (hiding, seeing) = (try standing([:]), try standing(["hides-targets": false]))
        #expect(hiding > 0.55 && hiding > seeing + 0.05)
        // With the views of the very purchase hidden, views say little.
        #expect(try standing(["hides-auxiliary": true]) < hiding - 0.05)
        // Where views are learned as well, more so.
        #expect(try standing(["learns-all": true]) > hiding + 0.05)
    }

    /// Where nothing bought was viewed, a view is all that there is to be hidden beside the purchases themselves.
    @Test func viewsAreHiddenWhereTheyAreLearned() throws {
        let data = Self.shop(viewsPurchases: false)
        let (seeing, hiding) = (
            try fitted(["learns-all": true], data), try fitted(["learns-all": true, "hides-auxiliary": true], data)
        )
        #expect((0..<Int32(60)).contains { seeing.scores(user: $0) != hiding.scores(user: $0) })
        let (one, other) = (try fitted([:], data), try fitted(["hides-auxiliary": true], data))
        #expect((0..<Int32(60)).allSatisfy { one.scores(user: $0) == other.scores(user: $0) })
    }

    @Test func edgesLeaveAGraph() throws {
        let graph = try BehaviorGraph(Self.shop().log).behaviors[0].adjacency
        let place = try #require(graph.edge(from: 3, to: graph[3].first ?? -1))
        #expect(graph.edge(from: 3, to: 3) == nil && graph.edge(from: 0, to: Int32.max) == nil)
        let (offsets, columns, places) = graph.edges(without: [place, 0])
        #expect(columns.count == graph.columns.count - 2 && places.count == columns.count)
        #expect(zip(columns, places).allSatisfy { $0 == graph.columns[$1] })
        #expect(!places.contains(place) && !places.contains(0) && places == places.sorted())
        #expect(offsets.last == columns.count && offsets.count == graph.offsets.count)
        #expect(offsets[4] - offsets[3] == graph.degree(3) - 1)
    }
}
