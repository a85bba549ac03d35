/// What a click model learns: the `objective` block of its configuration.
///
///     −Σ w [y log p + (1 − y) log(1 − p)] − dwell · Σ over clicks of known dwell [q log d + (1 − q) log(1 − d)]
///
/// y says whether there was a click, q is its dwell as a quantile among those of items about as long, p and d are the two
/// heads. w is 1, or with `propensity` the inverse of how likely the item was to be shown, at most `clip` times the mean;
/// where it is known how much of an item was seen, one that was not clicked counts by that.
public struct ClickObjective: Codable, Sendable, Equatable {
    public enum Weighting: String, Codable, Sendable, CaseIterable {
        case none, propensity
    }

    public enum Calibration: String, Codable, Sendable, CaseIterable {
        case none, platt, isotonic
    }

    /// What is scored and ranked by.
    public enum Score: String, Codable, Sendable, CaseIterable {
        /// p.
        case click
        /// d.
        case dwell
        /// p · d.
        case both
    }

    public var weighting = Weighting.none
    /// The most that a weight by propensity is, in mean weights.
    public var clip: Float = 10
    /// Weight of the second head; 0 leaves it out.
    public var dwell: Float = 0.5
    /// How p is brought to be a probability, on validation impressions.
    public var calibration = Calibration.platt
    public var score = Score.click
    /// Whether training takes out of p what the place in the list did; whoever is asked is asked without a place.
    public var positions = true

    public init() {}

    var problem: String? {
        if !(clip >= 1) { return "objective.clip must be at least 1" }
        if !(dwell >= 0) { return "objective.dwell must not be negative" }
        if score != .click, dwell == 0 { return "objective.score asks for dwell, whose weight is 0" }
        return nil
    }
}
