import Foundation
import MarqueeModels
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
            throws: ModelError.badConfig(
                model: "ials", reason: "unknown key 'unobserved-wieght'; did you mean 'unobserved-weight'?")
        ) { try ModelSpec("ials", ["unobserved-wieght": 1]) }
        #expect(throws: ModelError.badConfig(model: "popularity", reason: "unknown key 'decay'; it has none")) {
            try ModelSpec("popularity", ["decay": 1])
        }
        #expect(throws: ModelError.unknownModel("item-kn", nearest: "item-knn")) { try ModelSpec("item-kn") }
    }

    @Test func valuesOfAnotherTypeOrOutOfRangeAreErrors() {
        #expect(throws: ModelError.badConfig(model: "ease", reason: "regularization must be positive")) {
            try ModelSpec("ease", ["regularization": 0])
        }
        for bad: ConfigValue in [["factors": "many"], ["factors": 1.5], ["solver": "magic"], ["factors": [1]], "64"] {
            #expect(throws: ModelError.self, "\(bad)") { try ModelSpec("ials", bad) }
        }
    }

    @Test func fractionsOfWhatIsCountedAreNamed() {
        for (kind, own, place) in [
            ("mbh-walk", ["patterns": 1.5], "patterns"), ("mbh-walk", ["layers": [64, 1.5]], "layers"),
            ("lightgcn", ["train": ["epochs": 1.5]], "train.epochs"),
        ] as [(String, ConfigValue, String)] {
            #expect(throws: ModelError.badConfig(model: kind, reason: "\(place): expected a whole number, found 1.5")) {
                try ModelSpec(kind, own)
            }
        }
    }

    @Test func whatIsNoneOfAFewNamesThem() {
        #expect(
            throws: ModelError.badConfig(model: "lightgcn", reason: "train.messages: expected one of float32, bfloat16")
        ) {
            try ModelSpec("lightgcn", ["train": ["messages": "quarter"]])
        }
        #expect(throws: ModelError.self) { try ModelSpec("lightgcn", ["train": ["messages": 1]]) }
    }

    @Test(arguments: ModelRegistry.kinds) func specsSurviveJSON(_ kind: String) throws {
        let spec = try ModelSpec(kind)
        let again = try JSONDecoder().decode(ModelSpec.self, from: JSONEncoder().encode(spec))
        #expect(again == spec)
        #expect(try JSONDecoder().decode([ModelSpec].self, from: Data(#"["\#(kind)"]"#.utf8)) == [spec])
    }

    @Test func membersOfAHybridAreReadStrictly() throws {
        let spec = try ModelSpec("hybrid", ["models": ["popularity", ["ease": ["regularization": 10]]]])
        #expect(throws: ModelError.self) { try ModelSpec("hybrid", ["models": [["ease": ["regularizer": 10]]]]) }
        #expect(throws: ModelError.self) { try ModelSpec("hybrid", ["models": []]) }
        #expect(throws: ModelError.self) { try ModelSpec("hybrid", ["models": ["ease"], "weights": [1, 2]]) }
        #expect(spec.kind == "hybrid")
    }
}
