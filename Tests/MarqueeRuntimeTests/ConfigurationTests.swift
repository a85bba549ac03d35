import Foundation
import MarqueeRuntime
import Testing

private struct Training: Configuration, Encodable, Equatable {
    enum Rule: String, Codable, CaseIterable { case adam, sgd }
    var epochs = 5
    var rate: Float = 0.1
    var rule = Rule.adam
    var patience: Int?
    static let defaults = Training()
    func validate() throws { if epochs < 1 { throw ConfigurationError(at: ["epochs"], "epochs must be at least 1") } }
}

private struct Network: Configuration, Encodable, Equatable {
    var name: String
    var hiddenLayers = [64, 32]
    var isLinear = false
    var weights: [String: Double] = ["view": 0.5]
    /// Other defaults than training's own.
    var train = Training(epochs: 9, patience: 3)
    static let defaults = Network(name: "")
    static let required = ["name"]

    enum CodingKeys: String, CodingKey {
        case name, hiddenLayers, weights, train
        case isLinear = "linear"
    }
}

private enum Step: NamedChoice, Encodable, Equatable {
    case dates
    case core(Int)
    case train(Training)

    static let what = "step"
    static let choices: [Choice<Step>] = [
        Choice("dates", .dates) { $0 == .dates },
        Choice("core", Step.core(checked:)) { if case .core(let k) = $0 { k } else { nil } },
        Choice("train", standard: Training(), Step.train) { if case .train(let it) = $0 { it } else { nil } },
    ]

    private static func core(checked k: Int) throws -> Step {
        guard k > 0 else { throw ConfigurationError("a core needs 1 or more, found \(k)") }
        return .core(k)
    }
}

@Suite struct ConfigurationTests {
    private func read<Value: Decodable>(_ yaml: String, as type: Value.Type = Value.self) throws -> Value {
        try ConfigDocument(yaml: yaml, file: "c.yaml").decode(type)
    }

    @Test func whatIsNotSaidHasTheDefaultOfWhereItLies() throws {
        #expect(try read("name: a") == Network(name: "a"))
        let network: Network = try read("name: a\nhidden-layers: [8]\nlinear: true\ntrain: { epochs: 2 }")
        #expect(
            network == Network(name: "a", hiddenLayers: [8], isLinear: true, train: Training(epochs: 2, patience: 3)))
        // On its own the part has its own defaults.
        #expect(try read("epochs: 2") == Training(epochs: 2))
        // Null is nothing said, and no value of what may have none.
        #expect(
            try read("name: a\ntrain: { epochs: ~, patience: ~ }") == Network(name: "a", train: Training(epochs: 9)))
    }

    @Test func aMappingOfNamesIsTakenAsItIs() throws {
        #expect(
            try read("name: a\nweights: { buy-late: 1, buyLate: 2 }", as: Network.self).weights == [
                "buy-late": 1, "buyLate": 2,
            ])
    }

    @Test func whatIsWrittenReadsBack() throws {
        let network = Network(name: "a", hiddenLayers: [], train: Training(rate: 0.003, rule: .sgd, patience: 3))
        #expect(try ConfigValue(encoding: network).decode(Network.self) == network)
        for step in [Step.dates, .core(3), .train(Training(epochs: 2))] {
            #expect(try ConfigValue(encoding: step).decode(Step.self) == step)
            #expect(try JSONDecoder().decode(Step.self, from: JSONEncoder().encode(step)) == step)
        }
        #expect(try ConfigValue(encoding: Step.dates) == "dates")
        #expect(Step.train(Training()).name == "train")
    }

    static let mistakes: [(yaml: String, description: String)] = [
        (
            "name: a\ntrain:\n  epohcs: 1",
            "c.yaml:3: unknown key 'epohcs': did you mean 'epochs'? Valid are: epochs, patience, rate, rule"
        ),
        ("name: a\nzzz: 1", "c.yaml:2: unknown key 'zzz'; valid are: hidden-layers, linear, name, train, weights"),
        (
            "name: a\nzzz: 1\nlinaer: true",
            "c.yaml:3: unknown key 'linaer': did you mean 'linear'? unknown key 'zzz'. Valid are: hidden-layers, linear, name, train, weights"
        ),
        ("train: {}\nnmae: a", "c.yaml:2: unknown key 'nmae': did you mean 'name'?"),
        ("linear: true", "c.yaml:1: 'name' is missing"),
        ("name: a\ntrain:\n  epochs: 1.5", "c.yaml:3: train.epochs: expected a whole number, found 1.5"),
        ("name: a\nhidden-layers:\n  - 1\n  - x", "c.yaml:4: hidden-layers: expected a whole number, found 'x'"),
        ("name: a\nlinear: 1", "c.yaml:2: linear: expected true or false, found 1"),
        ("name: [a]", "c.yaml:1: name: expected a text, found [a]"),
        ("name: a\ntrain: 3", "c.yaml:2: train: expected keys and values, found 3"),
        ("name: a\nhidden-layers: 3", "c.yaml:2: hidden-layers: expected a list, found 3"),
        (
            "name: a\ntrain: { rule: admm }",
            "c.yaml:2: train.rule: unknown value 'admm': did you mean 'adam'? Valid are: adam, sgd"
        ),
        ("name: a\ntrain: { rule: 1 }", "c.yaml:2: train.rule: expected one of adam, sgd, found 1"),
        ("name: a\ntrain:\n  rate: 1\n  epochs: 0", "c.yaml:4: train: epochs must be at least 1"),
        ("name: a\nname: b", "c.yaml:1: 'name' given twice; keep one"),
    ]

    @Test(arguments: mistakes.indices) func aMistakeHasItsLineAndWhatWouldBeRight(index: Int) {
        let (yaml, description) = Self.mistakes[index]
        let error = #expect(throws: ConfigurationError.self) { try read(yaml, as: Network.self) }
        #expect(error?.description == description)
    }

    static let wrongSteps: [(yaml: String, description: String)] = [
        ("- dtes", "c.yaml:1: unknown step 'dtes': did you mean 'dates'? Valid are: core, dates, train"),
        ("- dates\n- cor: 3", "c.yaml:2: unknown step 'cor': did you mean 'core'? Valid are: core, dates, train"),
        ("- core", "c.yaml:1: 'core' needs its settings: write 'core: …'"),
        ("- core: 0", "c.yaml:1: core: a core needs 1 or more, found 0"),
        ("- dates: 1", "c.yaml:1: 'dates' has no settings; leave them out"),
        ("- train:\n    epochs: x", "c.yaml:2: train.epochs: expected a whole number, found 'x'"),
    ]

    @Test(arguments: wrongSteps.indices) func aChoiceSaysWhichThereAre(index: Int) {
        let (yaml, description) = Self.wrongSteps[index]
        let error = #expect(throws: ConfigurationError.self) { try read(yaml, as: [Step].self) }
        #expect(error?.description == description)
    }

    @Test func textsInQuotesAndMomentsAreTexts() throws {
        let document = try ConfigDocument(
            yaml: "a: '1'\nb: 12:30\nc: 2015-01-31\nd: nan\ne: 1e-3\nf: 007\ng: yes\nh: ~", file: "c.yaml")
        #expect(
            document.value == [
                "a": "1", "b": "12:30", "c": "2015-01-31", "d": "nan", "e": 0.001, "f": 7, "g": true, "h": .null,
            ])
        #expect(document.keys(of: []) == ["a", "b", "c", "d", "e", "f", "g", "h"])
        #expect(document.line(of: ["f"]) == 6)
    }
}
