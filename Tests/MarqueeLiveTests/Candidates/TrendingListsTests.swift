import MarqueeData
import MarqueeRuntime
import Testing

@testable import MarqueeLive

@Suite struct TrendingListsTests {
    /// Lists that are kept up to date are those that are made anew, of all and of every domain and category.
    @Test func refreshedListsAreInTheOrderOfTheFormula() {
        var random = RandomStream(seed: 4, "lists")
        var snapshot = CatalogSnapshot()
        for number in 0..<80 {
            snapshot.put(
                CatalogItem(
                    id: "\(number)", domain: number % 3 == 0 ? "film" : "book",
                    categories: [["a"], ["b", "c"], [], ["c"]][number % 4], time: number == 7 ? 1_000 : 0))
        }
        let training = (0..<60).map { _ in Float(Int(random.nextUnit() * 20)) }
        let weights = PopularityWeights(prior: 5, live: 1.5)
        var lists = TrendingLists(snapshot, weights, training: training, people: [], now: 100)
        for round in 0..<4 {
            let people: [(item: Int32, people: Float)] = (0..<Int32(80)).compactMap { item in
                round < 3 && random.nextUnit() < 0.4 ? (item, Float(random.nextUnit() * 30 - 8)) : nil
            }
            lists.refresh(snapshot, people, now: 100)
            // By the definition; item 7 is not out yet.
            let offered = people.filter { $0.item != 7 }
            let base = training.map { $0 / (training.max() ?? 1) } + [Float](repeating: 0, count: 20)
            let most = max(0, offered.map(\.people).max() ?? 0)
            var popularity = base
            for entry in offered { popularity[Int(entry.item)] += Float(1.5 * Double(entry.people) / Double(most + 5)) }
            let order = (0..<Int32(80)).filter { $0 != 7 }
                .sorted { (popularity[Int($0)], $1) > (popularity[Int($1)], $0) }
            for item in order { #expect(abs(lists.popularity(of: item) - popularity[Int(item)]) < 1e-5) }
            #expect(lists.all.popular == order)
            for (code, name) in ["film", "book"].enumerated() {
                let domain = snapshot.domainNames.index(of: name)
                #expect(
                    lists.byDomain[code].popular == order.filter { Int32(snapshot.domains[Int($0)]) == domain })
            }
            for code in 0..<3 {
                #expect(
                    lists.byCategory[code].popular
                        == order.filter { snapshot.categories[Int($0)].contains(UInt16(code)) })
            }
            #expect(Set(lists.all.trending).isSubset(of: offered.filter { $0.people > 0 }.map(\.item)))
            #expect(round < 3 || lists.all.trending.isEmpty)
        }
    }
}
