internal import MarqueeData
internal import MarqueeEvaluation

/// A question as a click model sees it: what was known of a person and a moment, and candidates. Training adds what came of
/// it; serving has nothing else.
struct Occasion {
    /// Everything that counts, before the moment; the newest last.
    var history: History
    var context: RequestContext
    var items: [Int32]
    var known = ClickMemory.Known.now

    /// By candidate: 1 where it was clicked.
    var labels: [Float] = []
    /// By candidate, what it counts in the loss.
    var weights: [Float] = []
    /// By candidate the quantile of its dwell; NaN where it was not clicked or nothing is known.
    var dwell: [Float] = []
    /// By candidate its place, from 1; 0 where nothing was shown.
    var positions: [Int32] = []
}
