/// How much somebody likes each category: how often they touch what they are shown of it, less how often people do,
///
///     a_c = (n_c + κ r) / (n_c + m_c + κ) - r,
///
/// n items of c touched lately, m showings of it in vain, r = 0.1, and κ = 5 showings' worth of doubt. A category that nothing
/// is known of has 0, and one that was only ever touched the more the more often.
struct Affinity: Sendable {
    private var values: [UInt16: Double] = [:]

    /// O(touched + inVain), as each has a few categories.
    init(touched: [UserState.Interaction], inVain: [UserState.Exposure], _ snapshot: CatalogSnapshot) {
        guard !touched.isEmpty || !inVain.isEmpty else { return }
        var counts: [UInt16: (touched: Double, shown: Double)] = [:]
        for touch in touched {
            for category in snapshot.categories[Int(touch.item)] {
                counts[category, default: (0, 0)].touched += 1
                counts[category, default: (0, 0)].shown += 1
            }
        }
        for exposure in inVain where Int(exposure.item) < snapshot.count {
            for category in snapshot.categories[Int(exposure.item)] {
                counts[category, default: (0, 0)].shown += Double(exposure.count)
            }
        }
        let (rate, doubt) = (0.1, 5.0)
        values = counts.mapValues { ($0.touched + doubt * rate) / ($0.shown + doubt) - rate }
    }

    /// On average over categories; 0 for none.
    func mean(_ categories: [UInt16]) -> Double {
        guard !values.isEmpty, !categories.isEmpty else { return 0 }
        return categories.reduce(0) { $0 + (values[$1] ?? 0) } / Double(categories.count)
    }

    /// The categories that are liked, the most first.
    var liked: [UInt16] {
        values.filter { $0.value > 0 }.sorted { $0.value > $1.value || $0.value == $1.value && $0.key < $1.key }.map(
            \.key)
    }
}
