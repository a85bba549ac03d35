import MarqueeModels
import Testing

/// The NCF paper's Table 1: 16 → 128 → 64 → 32 → 16 → 1 with batch norm after the first three.
@Suite struct ParameterTableTests {
    @Test func listsTheNetworkOfThePaper() throws {
        let rows = try #require(try ModelSpec("ncf").parameters(users: 138_493, items: 131_262))
        let counts = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.count) })
        #expect(counts["users"] == 138_493 * 8)
        #expect(counts["items"] == 131_262 * 8)
        #expect(counts["tower.0.linear.weight"] == 16 * 128)
        #expect(counts["tower.0.norm.gain"] == 128)
        #expect(counts["tower.1.linear.weight"] == 128 * 64)
        #expect(counts["tower.2.norm.bias"] == 32)
        #expect(counts["tower.3.linear.weight"] == 32 * 16)
        #expect(counts["tower.3.norm.gain"] == nil)
        #expect(counts["output.weight"] == 16)
        let dense = rows.dropFirst(2).reduce(0) { $0 + $1.count }
        #expect(
            dense == (16 * 128 + 128) + (128 * 64 + 64) + (64 * 32 + 32) + (32 * 16 + 16) + 17 + 2 * (128 + 64 + 32))
    }

    @Test func knowsThatPopularityIsNoNetwork() throws {
        #expect(try ModelSpec("popularity").parameters(users: 3, items: 4) == nil)
    }
}
