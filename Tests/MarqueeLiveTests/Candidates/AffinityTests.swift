import Testing

@testable import MarqueeLive

@Suite("how much categories are liked")
struct AffinityTests {
    /// Items 0 of a, 1 of b, 2 of both, 3 of none.
    private let snapshot: CatalogSnapshot = {
        var snapshot = CatalogSnapshot()
        for (id, categories) in [("0", ["a"]), ("1", ["b"]), ("2", ["a", "b"]), ("3", [])] {
            snapshot.put(CatalogItem(id: id, title: "", categories: categories))
        }
        return snapshot
    }()

    private func mean(_ affinity: Affinity, _ item: Int) -> Double { affinity.mean(snapshot.categories[item]) }

    @Test("touches raise a category, showings in vain lower it, and an item has the mean of its own")
    func isTheRateAboveOthers() {
        let affinity = Affinity(
            touched: [.init(.click, item: 0, time: 1), .init(.click, item: 3, time: 0)],
            inVain: [.init(item: 1, count: 5, time: 1), .init(item: 99, count: 1, time: 1)],
            snapshot)
        // (1 + 0.5) / (1 + 5) - 0.1 and (0 + 0.5) / (5 + 5) - 0.1.
        let expected = [0.15, -0.05, 0.05, 0]
        for item in 0..<4 { #expect(abs(mean(affinity, item) - expected[item]) < 1e-12) }
        #expect(affinity.liked == snapshot.categories[0])
    }

    @Test("what was only ever touched is liked the more the more often, and of whom nothing is known likes nothing")
    func growsWithTouches() {
        let affinity = Affinity(
            touched: [.init(.click, item: 0, time: 2), .init(.click, item: 2, time: 1)], inVain: [], snapshot)
        #expect(mean(affinity, 0) > mean(affinity, 1) && mean(affinity, 1) > 0)
        #expect(affinity.liked == snapshot.categories[2])
        let nobody = Affinity(touched: [], inVain: [], snapshot)
        #expect((0..<4).allSatisfy { mean(nobody, $0) == 0 } && nobody.liked.isEmpty)
    }
}
