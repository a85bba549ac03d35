/// What a policy chose, from the first slot down.
public struct Slate: Codable, Sendable, Equatable {
    public struct Slot: Codable, Sendable, Equatable {
        /// Which candidate, as its index in the ``ChoiceSet``.
        public var candidate: Int
        /// Its probability given the slots above.
        public var propensity: Double

        /// As logs spell it.
        private enum CodingKeys: String, CodingKey {
            case candidate = "place"
            case propensity
        }

        public init(candidate: Int, propensity: Double) {
            self.candidate = candidate
            self.propensity = propensity
        }
    }

    public var slots: [Slot]

    public init(slots: [Slot]) { self.slots = slots }

    public var candidates: [Int] { slots.map(\.candidate) }

    /// The probability of the whole slate: the product over its slots.
    public var propensity: Double { slots.reduce(1) { $0 * $1.propensity } }
}
