import Foundation
import MarqueeLive
import MarqueeRuntime

extension Benchmark {
    /// Simulated regret of every policy beside Vowpal Wabbit's, on the same contexts, with the same clicks.
    static let policies = Benchmark(
        name: "policies",
        summary:
            "policies: regret a round over 20,000 rounds, 10 of 30 items a round, mean of 3 worlds; at random in the limit's place",
        contests: [
            Contest(
                name: "regret",
                prepare: { try BanditWorld.prepare(in: $0) },
                ours: { workspace in
                    var figures: Figures = [:]
                    for (name, spec) in BanditWorld.policies {
                        figures[name] = try BanditWorld.regret(of: spec, in: workspace)
                    }
                    figures["random"] = try BanditWorld.regret(
                        of: .init(EpsilonGreedy(.init(epsilon: 1))), in: workspace)
                    figures["best"] = BanditWorld.policies.compactMap { figures[$0.name] }.min()
                    return figures
                },
                peers: BanditWorld.peers.map { peer in
                    Peer(name: peer.name, script: "policies.py") { [BanditWorld.place(in: $0).path] + peer.options }
                },
                rows: [
                    Row(
                        "ε-greedy, ε 0.05", "epsilon-greedy", unit: "regret/round", better: .less,
                        against: ["vw ε-greedy"], limit: "random"),
                    Row(
                        "softmax", "softmax", unit: "regret/round", better: .less, against: ["vw softmax"],
                        limit: "random"),
                    Row(
                        "linear Thompson", "linear-thompson", unit: "regret/round", better: .less,
                        against: ["vw bag 10"], limit: "random"),
                    Row(
                        "LinUCB", "linucb", unit: "regret/round", better: .less, against: ["vw regcbopt"],
                        limit: "random"),
                    Row(
                        "Beta-Thompson, no features", "beta-thompson", unit: "regret/round", better: .less, against: [],
                        limit: "random"),
                    Row(
                        "the best of each", "best", unit: "regret/round", better: .less,
                        against: BanditWorld.peers.map(\.name),
                        limit: "random"),
                ])
        ])
}

/// Worlds in which every round ten items out of thirty come with a person; a click is drawn from
/// σ(2 (x · W y) − 2.2 + b_item): bilinear in the features of both, and an item's own appeal, which no feature tells.
enum BanditWorld {
    static let worlds = 3
    static let rounds = 20_000
    static let items = 30
    static let candidates = 10
    static let width = 4

    static let policies: [(name: String, state: PolicyState)] = {
        // Settings are valid, and tried by the tests.
        guard let epsilon = try? EpsilonGreedy(.init(epsilon: 0.05, learning: .init())),
            let softmax = try? Softmax(.init(temperature: 0.02, learning: .init())),
            let beta = try? BetaThompson(), let thompson = try? LinearThompson(.init(spread: 0.3)),
            let bound = try? LinUCB(.init(alpha: 0.3))
        else { return [] }
        return [
            ("epsilon-greedy", .init(epsilon)), ("softmax", .init(softmax)), ("beta-thompson", .init(beta)),
            ("linear-thompson", .init(thompson)), ("linucb", .init(bound)),
        ]
    }()

    /// VW's explorations, each with the learning rate, and where it has one the sharpness, that served it best among
    /// a few tried on these worlds; ours have theirs untried.
    static let peers: [(name: String, options: [String])] = [
        ("vw ε-greedy", ["--epsilon", "0.05", "--learning_rate", "2"]),
        ("vw softmax", ["--softmax", "--lambda", "50", "--learning_rate", "3"]), ("vw bag 10", ["--bag", "10"]),
        ("vw regcbopt", ["--regcbopt", "--cb_min_cost", "-1", "--cb_max_cost", "0"]),
        ("vw squarecb", ["--squarecb", "--learning_rate", "3"]),
    ]

    static func place(in workspace: Workspace) -> URL {
        workspace.folder.appendingPathComponent(workspace.scale == 1 ? "policies" : "policies-\(workspace.scale)")
    }

    static func prepare(in workspace: Workspace) throws {
        let place = place(in: workspace)
        let rounds = max(100, Int(Double(rounds) * workspace.scale))
        try workspace.once(place, "shape.npy") {
            var people: [Float] = []
            var shown: [Int32] = []
            var rates: [Double] = []
            var marks: [Double] = []
            var features: [Float] = []
            for world in 0..<worlds {
                var random = RandomStream(seed: 11, "bandit world", world)
                func normal() -> Double { random.normalPair().0 }
                let weights = (0..<width * width).map { _ in normal() / Double(width).squareRoot() }
                let own = (0..<items * width).map { _ in normal() }
                let appeal = (0..<items).map { _ in 0.5 * normal() }
                features += own.map { Float($0) }
                for _ in 0..<rounds {
                    let person = (0..<width).map { _ in normal() }
                    people += person.map { Float($0) }
                    var order = Array(0..<items)
                    for index in 0..<candidates {
                        order.swapAt(index, index + Int(random.next() % UInt64(items - index)))
                        let item = order[index]
                        shown.append(Int32(item))
                        var match = 0.0
                        for a in 0..<width {
                            for b in 0..<width { match += person[a] * weights[a * width + b] * own[item * width + b] }
                        }
                        rates.append(1 / (1 + exp(-(2 * match / Double(width).squareRoot() - 2.2 + appeal[item]))))
                    }
                    // One mark a round: whoever shows an item gets the same click for it.
                    marks.append(random.nextUnit())
                }
            }
            try NumpyFile.write(people, to: place.appendingPathComponent("people.npy"))
            try NumpyFile.write(shown, to: place.appendingPathComponent("shown.npy"))
            try NumpyFile.write(rates.map { Float($0) }, to: place.appendingPathComponent("rates.npy"))
            try NumpyFile.write(marks.map { Float($0) }, to: place.appendingPathComponent("marks.npy"))
            try NumpyFile.write(features, to: place.appendingPathComponent("items.npy"))
            try NumpyFile.write(
                [Int64(worlds), Int64(rounds), Int64(candidates), Int64(items), Int64(width)],
                to: place.appendingPathComponent("shape.npy"))
        }
    }

    /// Mean over rounds and worlds of the best candidate's click rate minus the chosen one's.
    ///
    /// A candidate's features are all products of person's and item's, and which item it is, as VW's are.
    static func regret(of start: PolicyState, in workspace: Workspace) throws -> Double {
        let place = place(in: workspace)
        let shape: [Int64] = try NumpyFile.read(place.appendingPathComponent("shape.npy"))
        let rounds = Int(shape[1])
        let people: [Float] = try NumpyFile.read(place.appendingPathComponent("people.npy"))
        let shown: [Int32] = try NumpyFile.read(place.appendingPathComponent("shown.npy"))
        let rates: [Float] = try NumpyFile.read(place.appendingPathComponent("rates.npy"))
        let marks: [Float] = try NumpyFile.read(place.appendingPathComponent("marks.npy"))
        let own: [Float] = try NumpyFile.read(place.appendingPathComponent("items.npy"))
        let worldRegrets = try WorkerPool.shared.map(worlds) { world in
            var policy = start.policy
            var regret = 0.0
            for round in 0..<rounds {
                let base = world * rounds + round
                var features: [Double] = []
                features.reserveCapacity(candidates * (width * width + items))
                var names: [String] = []
                for candidate in 0..<candidates {
                    let item = Int(shown[base * candidates + candidate])
                    names.append("\(item)")
                    for a in 0..<width {
                        let x = Double(people[base * width + a])
                        for b in 0..<width { features.append(x * Double(own[(world * items + item) * width + b])) }
                    }
                    for other in 0..<items { features.append(other == item ? 1 : 0) }
                }
                let choices = ChoiceSet(
                    items: names, scores: Array(repeating: 0, count: candidates), features: features,
                    width: width * width + items)
                let chosen = try policy.choose(1, from: choices, seed: UInt64(base)).candidates[0]
                let own = rates[base * candidates..<(base + 1) * candidates]
                let rate = own[own.startIndex + chosen]
                regret += Double((own.max() ?? 0) - rate) / Double(rounds)
                try policy.learn(
                    Outcome(
                        item: names[chosen], features: Array(choices.features(of: chosen)),
                        reward: marks[base] < rate ? 1 : 0))
            }
            return regret
        }
        return worldRegrets.reduce(0, +) / Double(worlds)
    }
}
