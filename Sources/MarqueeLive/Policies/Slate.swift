/// What a policy chose, from the first slot down.
public struct Slate: Codable, Sendable, Equatable {
    public struct Slot: Codable, Sendable, Equatable {
        /// Which candidate, as its place in the ``ChoiceSet``.
        public var place: Int
        /// Its probability given the slots above.
        public var propensity: Double

        public init(place: Int, propensity: Double) {
            self.place = place
            self.propensity = propensity
        }
    }

    public var slots: [Slot]

    public init(slots: [Slot]) { self.slots = slots }

    public var places: [Int] { slots.map(\.place) }

    /// The probability of the whole slate: the product over its slots.
    public var propensity: Double { slots.reduce(1) { $0 * $1.propensity } }
}
