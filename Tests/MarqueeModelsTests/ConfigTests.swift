import Foundation
import MarqueeModels
import MarqueeRuntime
import Testing

@Suite struct ConfigTests {
    @Test func missingKeysHaveTheirDefaults() throws {
        let config = try IALS.Config(["factors": 8, "unobserved-weight": 0.5], model: "ials")
        var expected = IALS.Config()
        expected.factors = 8
        expected.unobservedWeight = 0.5
        #expect(config == expected)
        #expect(try Popularity.Config(.null, model: "popularity") == .init())
    }

    @Test func unknownKeysNameTheNearest() {
        #expect(
            throws: ConfigurationError(
                at: ["ials", "unobserved-wieght"],
                "unknown key 'unobserved-wieght': did you mean 'unobserved-weight'? Valid are: epochs, exponent, factors, initial-scale, patience, regularization, solver, steps, unobserved-weight"
            )
        ) { try ModelSpec("ials", ["unobserved-wieght": 1]) }
        #expect(throws: ConfigurationError(at: ["popularity", "decay"], "unknown key 'decay'; it has none")) {
            try ModelSpec("popularity", ["decay": 1])
        }
        #expect(throws: ModelError.unknownModel("item-kn", valid: ModelRegistry.kinds)) { try ModelSpec("item-kn") }
    }

    @Test func valuesOfAnotherTypeOrOutOfRangeAreErrors() {
        #expect(throws: ConfigurationError(at: ["ease"], "ease: regularization must be positive")) {
            try ModelSpec("ease", ["regularization": 0])
        }
        for bad: ConfigValue in [["factors": "many"], ["factors": 1.5], ["solver": "magic"], ["factors": [1]], "64"] {
            #expect(throws: ConfigurationError.self, "\(bad)") { try ModelSpec("ials", bad) }
        }
    }

    @Test func fractionsOfWhatIsCountedAreNamed() {
        for (kind, own, place) in [
            ("mbh-walk", ["patterns": 1.5], "patterns"), ("mbh-walk", ["layers": [64, 1.5]], "layers"),
            ("lightgcn", ["train": ["epochs": 1.5]], "train.epochs"),
        ] as [(String, ConfigValue, String)] {
            let error = #expect(throws: ConfigurationError.self) { try ModelSpec(kind, own) }
            #expect(error?.reason == "\(kind).\(place): expected a whole number, found 1.5")
        }
    }

    @Test func whatIsNoneOfAFewNamesThem() {
        let error = #expect(throws: ConfigurationError.self) {
            try ModelSpec("lightgcn", ["train": ["messages": "quarter"]])
        }
        #expect(error?.reason == "lightgcn.train.messages: unknown value 'quarter'; valid are: bfloat16, float32")
        #expect(throws: ConfigurationError.self) { try ModelSpec("lightgcn", ["train": ["messages": 1]]) }
    }

    @Test(arguments: ModelRegistry.kinds) func specsSurviveJSON(_ kind: String) throws {
        let spec = try ModelSpec(kind)
        let again = try JSONDecoder().decode(ModelSpec.self, from: JSONEncoder().encode(spec))
        #expect(again == spec)
        #expect(try JSONDecoder().decode([ModelSpec].self, from: Data(#"["\#(kind)"]"#.utf8)) == [spec])
    }

    @Test func membersOfAHybridAreReadStrictly() throws {
        let spec = try ModelSpec("hybrid", ["models": ["popularity", ["ease": ["regularization": 10]]]])
        #expect(throws: ConfigurationError.self) {
            try ModelSpec("hybrid", ["models": [["ease": ["regularizer": 10]]]])
        }
        #expect(throws: ConfigurationError.self) { try ModelSpec("hybrid", ["models": []]) }
        #expect(throws: ConfigurationError.self) { try ModelSpec("hybrid", ["models": ["ease"], "weights": [1, 2]]) }
        #expect(spec.kind == "hybrid")
    }
}
