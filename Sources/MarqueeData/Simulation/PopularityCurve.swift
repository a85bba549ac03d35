internal import MarqueeRuntime

/// Popularity weights under which items get the counts that are asked for, although a user watches
/// nothing twice.
///
/// Drawing n items one after the other without replacement takes item i with probability close to
/// π_i = 1 - exp(-w_i e^a τ), where τ makes them add up to n (Rosén 1997). Heavy users exhaust the head
/// of the curve, so weights must be steeper than counts. They are found by iterating over bins of items
/// of like popularity, groups of users of like activity, and five nodes of the affinity a (Gauss–Hermite).
struct PopularityCurve {
    let logWeights: [Float]

    /// - Parameters:
    ///   - counts: the interactions that each item shall have.
    ///   - reach: the share of users who can have it at all.
    init(counts: [Double], reach: [Double], activity: ActivityCurve, strength: Float) {
        let users = Double(activity.sizes.count)
        // The share of the users who could that shall have the item; never all of them.
        let wanted = zip(counts, reach).map { min(0.6, max(1e-9, $0 / (users * $1))) }
        let logs = wanted.map(\.logarithm)
        let (least, greatest) = (logs.min() ?? 0, logs.max() ?? 0)
        let binCount = 160
        let scale = Double(binCount) / max(1e-9, greatest - least)
        let bins = logs.map { min(binCount - 1, Int(($0 - least) * scale)) }
        var weight = [Double](repeating: 0, count: binCount)  // items in the bin, each by its reach
        var rate = [Double](repeating: 0, count: binCount)  // their mean share
        for (k, bin) in bins.enumerated() {
            weight[bin] += reach[k]
            rate[bin] += reach[k] * wanted[k]
        }
        for bin in 0..<binCount where weight[bin] > 0 { rate[bin] /= weight[bin] }
        let full = (0..<binCount).filter { weight[$0] > 0 }

        let nodes = [-2.857, -1.3556, 0, 1.3556, 2.857].map { min(2, max(-2, $0 * Double(strength))).exponential }
        let nodeShares = [0.011257, 0.222076, 0.533333, 0.222076, 0.011257]
        /// The items that are expected at τ, and their derivative.
        func expected(_ w: [Double], _ tau: Double) -> (taken: Double, slope: Double) {
            var (taken, slope) = (0.0, 0.0)
            for bin in full {
                for node in 0..<nodes.count {
                    let left = (-w[bin] * nodes[node] * tau).exponential
                    taken += weight[bin] * nodeShares[node] * (1 - left)
                    slope += weight[bin] * nodeShares[node] * w[bin] * nodes[node] * left
                }
            }
            return (taken, slope)
        }

        let groups = min(24, activity.sizes.count)
        let sizes = (0..<groups).map { group -> Double in
            let range = (activity.sizes.count * group / groups)..<(activity.sizes.count * (group + 1) / groups)
            return Double(activity.sizes[range].reduce(0, +)) / Double(range.count)
        }
        var w = rate  // to start with
        var tau = [Double](repeating: 1, count: groups)
        for _ in 0..<30 {
            var average = [Double](repeating: 0, count: binCount)
            for group in 0..<groups {
                // Newton's step, two of them a round; all converge together.
                for _ in 0..<2 {
                    let (taken, slope) = expected(w, tau[group])
                    let next = tau[group] + (sizes[group] - taken) / max(1e-300, slope)
                    tau[group] = min(4 * tau[group], max(tau[group] / 4, next))
                }
                for bin in full {
                    for node in 0..<nodes.count {
                        average[bin] +=
                            nodeShares[node] * (1 - (-w[bin] * nodes[node] * tau[group]).exponential) / Double(groups)
                    }
                }
            }
            for bin in full { w[bin] *= rate[bin] / max(1e-12, average[bin]) }
        }
        logWeights = bins.indices.map { k in Float((w[bins[k]] * wanted[k] / rate[bins[k]]).logarithm) }
    }
}
