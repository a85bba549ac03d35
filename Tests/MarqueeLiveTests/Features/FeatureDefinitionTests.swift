import MarqueeLive
import MarqueeRuntime
import Testing

@Suite struct FeatureDefinitionTests {
    @Test func everyKindIsRead() throws {
        let definitions = try FeatureDefinitions(
            yaml: """
                entities:
                  user: user
                  taste: [user, context.category]
                features:
                  a: { entity: user, count: [click, view] }
                  b: { entity: taste, decayed-count: { of: click, half-life: 90s }, where: { domain: video } }
                  c: { entity: user, decayed-sum: { of: purchase, half-life: 500ms } }
                  d: { entity: user, windowed-count: { of: click, bucket: 1h, buckets: 24 } }
                  e: { entity: user, ratio: { of: click, over: impression, bucket: 15m, buckets: 4, prior: 0.1, strength: 5 } }
                  f: { entity: user, last: { of: click, keep: 20 } }
                  g: { entity: user, time-since: click }
                  h: { entity: user, gaze-grid: { columns: 8, rows: 6, half-life: 7d } }
                  i: { entity: user, mean: { of: scroll, number: context.speed, half-life: 1h } }
                  j: { entity: user, friends: { recent: f, keep: 10 } }
                """)
        #expect(definitions.features.map(\.name) == ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])
        #expect(definitions["b"]?.entity == [.user, .context("category")])
        #expect(definitions["b"]?.condition == [.domain: "video"])
        let kinds: [any FeatureKind] = [
            CountFeature(of: [.click, .view]), DecayedCountFeature(of: [.click], halfLife: 90_000),
            DecayedSumFeature(of: [.purchase], halfLife: 500),
            WindowedCountFeature(of: [.click], width: 3_600_000, buckets: 24),
            RatioFeature(
                of: [.click], over: [.impression], width: 900_000, buckets: 4, prior: 0.1, strength: 5),
            LastFeature(of: [.click], keep: 20), TimeSinceFeature(of: [.click]),
            GazeGridFeature(columns: 8, rows: 6, halfLife: 604_800_000),
            MeanFeature(of: [.scroll], number: "context.speed", halfLife: 3_600_000),
            FriendsFeature(recent: "f", keep: 10),
        ]
        #expect(
            definitions.features
                == zip(definitions.features, kinds).map {
                    FeatureDefinition(name: $0.name, entity: $0.entity, kind: $1, condition: $0.condition)
                })
        #expect(kinds.map { type(of: $0).name } == FeatureKinds.names)
    }

    /// Labels name state on disk: they must never change.
    @Test func labelsStay() throws {
        let definitions = try FeatureDefinitions(
            yaml:
                "entities: { item: item }\nfeatures:\n  clicks: { entity: item, count: click }\n  heat: { entity: item, decayed-count: { of: [view, click], half-life: 6h } }"
        )
        #expect(definitions.features.map(\.label) == ["clicks#938e4e0f", "heat#2c7a45af"])
        let vector = try FeatureDefinitions(yaml: GoldenVector.read("a-day").vector.definition)
        #expect(
            ["taste", "item-ctr", "video-clicks"].map { vector[$0]?.label }
                == ["taste#34ffc6af", "item-ctr#8c774104", "video-clicks#5c11268b"])
    }

    static let wrong: [(String, Int?, String)] = [
        ("features: [", nil, "not valid YAML"),
        ("entities: { user: usr }\nfeatures: {}", 1, "an entity is named by fields of events"),
        (
            "entities: { user: user }\nfeatures:\n  a: { entity: usr, count: click }", 3,
            "unknown entity 'usr': did you mean 'user'?"
        ),
        (
            "entities: { user: user }\nfeatures:\n  a: { entity: user, count: clik }", 3,
            "unknown event type 'clik': did you mean 'click'?"
        ),
        (
            "entities: { user: user }\nfeatures:\n  a: { entity: user, cuont: click }", 3,
            "unknown key 'cuont': did you mean 'count'?"
        ),
        ("entities: { user: user }\nfeatures:\n  a: { entity: user }", 3, "'a' needs one of count, decayed-count"),
        (
            "entities: { user: user }\nfeatures:\n  a: { entity: user, count: click, time-since: click }", 3,
            "it has count and time-since"
        ),
        (
            "entities: { user: user }\nfeatures:\n  a: { entity: user, decayed-count: { of: click, half-life: 6 hours } }",
            3,
            "'half-life' is a time such as 500ms"
        ),
        (
            "entities: { user: user }\nfeatures:\n  a: { entity: user, last: { of: click, keep: 0 } }", 3,
            "'keep' is a whole number from 1 to 1000"
        ),
        (
            "entities: { user: user }\nfeatures:\n  a: { entity: user, friends: { recent: b, keep: 5 } }", 3,
            "is no feature of kind 'last'"
        ),
    ]

    @Test(arguments: wrong.indices) func errorsNameLineAndRemedy(index: Int) {
        let (yaml, line, reason) = Self.wrong[index]
        do throws(ConfigurationError) {
            _ = try FeatureDefinitions(yaml: yaml)
            Issue.record("taken")
        } catch {
            #expect(error.reason.contains(reason), "\(error)")
            if let line { #expect(error.line == line, "\(error)") }
        }
    }
}
