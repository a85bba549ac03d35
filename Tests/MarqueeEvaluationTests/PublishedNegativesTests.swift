import Foundation
import MarqueeData
import MarqueeEvaluation
import Testing

/// Popularity on MovieLens 1M in the NCF paper's files, where its figures are published.
@Suite struct PublishedNegativesTests {
    static let folder = URL(
        fileURLWithPath: ProcessInfo.processInfo.environment["MARQUEE_DATA"] ?? "../shared/data"
    ).appendingPathComponent("ml-1m-ncf")

    static let isThere = FileManager.default.fileExists(atPath: folder.path)

    /// The numbers of each line.
    private func rows(_ name: String) throws -> [[Int32]] {
        let data = try Data(contentsOf: Self.folder.appendingPathComponent(name))
        return data.withUnsafeBytes { bytes in
            var rows: [[Int32]] = []
            var row: [Int32] = []
            var number: Int32?
            for byte in bytes {
                if byte >= 0x30, byte <= 0x39 {
                    number = (number ?? 0) &* 10 &+ Int32(byte &- 0x30)
                    continue
                }
                if let ended = number { row.append(ended) }
                number = nil
                if byte == 0x0A {
                    rows.append(row)
                    row.removeAll(keepingCapacity: true)
                }
            }
            return rows
        }
    }

    @Test(.enabled(if: isThere, "needs ml-1m-ncf in MARQUEE_DATA"))
    func popularityHasItsPublishedFigures() throws {
        let train = try rows("ml-1m.train.rating").map { (user: $0[0], item: $0[1]) }
        let test = try rows("ml-1m.test.rating").map { (user: $0[0], item: $0[1]) }
        let negatives = try rows("ml-1m.test.negative").map { Array($0.dropFirst(2)) }
        var items = [[Int32]](repeating: [], count: 6040)
        for pair in train { items[Int(pair.user)].append(pair.item) }
        let seen = InteractionMatrix(rows: items, columnCount: 3706)
        let counts = seen.columnCounts().map(Float.init)

        let evaluator = try Evaluator(
            holdout: Holdout(pairs: test),
            candidates: .sampled(FrozenNegatives(name: "ml-1m.test.negative", rows: negatives)), seen: seen,
            metrics: [Metric("HR@10"), Metric("NDCG@10")])
        let result = try evaluator.evaluate(ItemScorer(userCount: 6040, row: counts))
        // Dacrema et al., TOIS 2021: .4533 / .2542, with ties in one order.
        #expect(try abs(#require(result[Metric("HR@10")]) - 0.4533) < 0.0005)
        #expect(try abs(#require(result[Metric("NDCG@10")]) - 0.2542) < 0.0005)
        #expect(result.protocol.targetsAmongNegatives == 156)
        #expect(result.protocol.candidates == "sampled(99)")
        #expect(result.userCount == 6040)
    }
}

/// The same scores for everybody.
private struct ItemScorer: Scorer {
    let userCount: Int
    let row: [Float]
    var itemCount: Int { row.count }

    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for place in 0..<users.count * items.count { scores[place] = row[items.lowerBound + place % items.count] }
    }

    func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        for (place, item) in candidates.enumerated() { scores[place] = row[Int(item)] }
    }
}
