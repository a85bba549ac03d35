internal import MarqueeModels
internal import MarqueeRuntime

/// What a model's results came of, `results/NAME/entry.json` of a run folder: they apply to an experiment whose entry is
/// equal to it.
struct EntryRecord: Codable, Equatable {
    let spec: ModelSpec
    let tune: [String: [ConfigValue]]
    let refit: Bool
    /// It is tuned, and its model saved, with the first seed; fits with further seeds are kept apart.
    let firstSeed: UInt64
    /// Nil where training is validated by everybody after every epoch.
    let validate: ValidationBudget?

    init(_ entry: ModelEntry, of experiment: Experiment) throws {
        spec = entry.spec
        tune = entry.tune
        refit = entry.refit ?? experiment.refit
        firstSeed = experiment.seeds(of: entry)[0]
        validate = experiment.validation == .all ? nil : experiment.validation
    }
}

extension Experiment {
    /// What every model is asked, by key of the file; runs with equal questions can be one run.
    var question: ConfigValue {
        get throws {
            ConfigValue.mapping([
                "data": try ConfigValue(encoding: data), "prepare": try ConfigValue(encoding: prepare),
                "split": try ConfigValue(encoding: split), "evaluate": try ConfigValue(encoding: evaluate),
                "resplit": .bool(resplit),
            ]).hyphenated
        }
    }
}

extension ConfigValue {
    /// The first place, by dotted key, where this value is not as `other`, with both as YAML writes them; nil where they
    /// are equal.
    func difference(from other: ConfigValue) -> (key: String, was: String, now: String)? {
        guard self != other else { return nil }
        func inside(_ key: String, _ part: (key: String, was: String, now: String)) -> (String, String, String) {
            (part.key.isEmpty ? key : "\(key).\(part.key)", part.was, part.now)
        }
        switch (other, self) {
        case (.mapping(let was), .mapping(let now)):
            for key in Set(was.keys).union(now.keys).sorted() {
                if let part = (now[key] ?? .null).difference(from: was[key] ?? .null) { return inside(key, part) }
            }
        case (.list(let was), .list(let now)) where was.count == now.count:
            for (index, pair) in zip(was, now).enumerated() {
                // The only one needs no number.
                if let part = pair.1.difference(from: pair.0) {
                    return was.count == 1 ? part : inside("\(index + 1)", part)
                }
            }
        default: break
        }
        return ("", other.text, text)
    }
}
