import MarqueeData
import Testing

@Suite struct ItemFeaturesTests {
    @Test func categoriesAreOneHotAndYearsStandardized() throws {
        let catalog = Catalog(items: [
            .init(title: "a", year: 2000, genres: ["War", "war", "Drama"]), .init(title: "b", year: 2004),
            .init(title: "c", genres: ["Drama"], domain: "news"), .init(title: "d", year: 2002),
        ])
        let features = try #require(ItemFeatures(catalog, itemCount: 5))
        #expect(features.names == ["genre drama", "genre war", "domain movie", "domain news", "year"])
        let matrix = features.matrix
        let rows = (0..<5).map { item in
            (matrix.offsets[item]..<matrix.offsets[item + 1]).reduce(into: [Int32: Float]()) {
                $0[matrix.columns[$1]] = matrix.values[$1]
            }
        }
        let step = Float(1.5).squareRoot()
        #expect(Array(rows[0].keys.sorted()) == [0, 1, 2, 4] && rows[0][0] == 1 && rows[0][1] == 1)
        #expect(abs((rows[0][4] ?? 0) + step) < 1e-6 && abs((rows[1][4] ?? 0) - step) < 1e-6 && rows[3][4] == 0)
        #expect(rows[2] == [0: 1, 3: 1])
        // An item that the catalog does not have.
        #expect(rows[4].isEmpty)
    }

    @Test func aCatalogThatTellsNothingApartHasNone() {
        #expect(ItemFeatures(Catalog(), itemCount: 3) == nil)
        #expect(
            ItemFeatures(Catalog(items: [.init(title: "a", year: 1999), .init(title: "b", year: 1999)]), itemCount: 2)
                == nil)
    }
}
