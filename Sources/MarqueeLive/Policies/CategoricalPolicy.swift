/// A policy that draws each slot from a distribution over values that are the same in every slot.
///
/// A conforming type says what candidates are worth and how worth becomes probability; slates and their
/// propensities come with it, the values computed once for all slots.
public protocol CategoricalPolicy: Policy {
    /// What the candidates are worth. [candidates]
    func values(of choices: ChoiceSet) throws(PolicyError) -> [Double]

    /// The probability of every candidate to come next below `above`, 0 for those; sums to 1 while some are left.
    func distribution(of values: [Double], over choices: ChoiceSet, below above: [Int]) throws(PolicyError) -> [Double]
}

extension CategoricalPolicy {
    public func choose(_ count: Int, from choices: ChoiceSet, seed: UInt64) throws(PolicyError) -> Slate {
        let values = try values(of: choices)
        return try choices.draw(count, seed: seed) { above throws(PolicyError) in
            try distribution(of: values, over: choices, below: above)
        }
    }

    public func distribution(over choices: ChoiceSet, below above: [Int]) throws(PolicyError) -> [Double] {
        try distribution(of: values(of: choices), over: choices, below: above)
    }

    public func propensities(of candidates: [Int], from choices: ChoiceSet) throws(PolicyError) -> [Double] {
        try choices.check(candidates)
        let values = try values(of: choices)
        var propensities: [Double] = []
        for slot in candidates.indices {
            propensities.append(
                try distribution(of: values, over: choices, below: Array(candidates[..<slot]))[candidates[slot]])
        }
        return propensities
    }
}
