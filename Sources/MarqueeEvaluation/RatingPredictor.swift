/// A scorer whose scores are ratings, in the unit of the data that it learned from: its errors can be taken.
public protocol RatingPredictor: Scorer {
    /// How much an error on validation data counts, beside the others: 1 / P(observed) for a model that learned with
    /// inverse propensities, so that it is chosen by what it was fitted to. 1 unless a model says otherwise.
    func validationWeight(user: Int32, item: Int32) -> Double
}

extension RatingPredictor {
    public func validationWeight(user: Int32, item: Int32) -> Double { 1 }
}
