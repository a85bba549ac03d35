/// What an evaluation of click predictions found.
public struct ClickResult: Sendable, Equatable, Codable {
    public let impressions: Int
    /// Items shown, each as often as it was shown, and how many of them were clicked.
    public let shown, clicks: Int

    /// The share of all (clicked, not clicked) pairs of the log in the right order, ties counting half; nil when
    /// everything or nothing was clicked. Pairs of different people and pages are among them, so it rewards knowing
    /// who clicks at all.
    public let auc: Double?

    /// Σ_u n_u·AUC_u / Σ_u n_u over the people who clicked something and not everything, AUC_u over all that was shown
    /// to u and n_u its number (Zhu et al., "Optimized Cost per Click in Taobao Display Advertising", KDD 2017; as in
    /// DIN, KDD 2018). Impressions of nobody known are left out. Nil without such people.
    public let gauc: Double?
    /// The number of people that ``gauc`` is of.
    public let gaucUsers: Int

    /// −1/n Σ y ln p + (1 − y) ln(1 − p), p kept 2⁻²³ away from 0 and 1; nil when some prediction lies outside 0...1.
    public let logLoss: Double?
    /// Nil when some prediction lies outside 0...1.
    public let calibration: Calibration?

    /// Does what was looked at longer than half of what is about as long score above the rest? AUC over the rows of known
    /// dwell; nil where none is known.
    public let dwellAUC: Double?
    /// The AUC of what was liked against what was disliked; nil where nothing of the one or the other was said.
    public let likedAUC: Double?

    /// What was measured within each impression with a click.
    public let metrics: [Metric]
    /// The indices of those impressions.
    public let impressionsWithClick: [Int]
    /// By metric, then by impression: expected values where predictions tie. MRR is of the first click; MIND's own
    /// script takes the mean over clicks instead, which is the same where one was clicked. AUC is 1/2 where all was.
    public let values: [[Double]]

    /// The mean of a metric over impressions with a click; nil when it was not measured or nothing was clicked.
    public subscript(metric: Metric) -> Double? {
        guard let index = metrics.firstIndex(of: metric), !values[index].isEmpty else { return nil }
        return values[index].reduce(0, +) / Double(values[index].count)
    }
}
