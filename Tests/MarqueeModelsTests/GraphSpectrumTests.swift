import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

@testable import MarqueeModels

/// Patterns against singular vectors found one after the other, by power iteration in double precision.
@Suite struct GraphSpectrumTests {
    private static let (users, items) = (30, 12)

    /// Some users and an item without any.
    private static func graph(_ seed: UInt64) -> InteractionMatrix {
        var stream = RandomStream(seed: seed, "graph")
        let rows = (0..<users).map { user in
            user % 9 == 4 ? [] : Set((0..<6).map { _ in Int32(stream.next() % UInt64(items - 1)) }).sorted()
        }
        return matrix(rows)
    }

    private static func matrix(_ rows: [[Int32]]) -> InteractionMatrix {
        InteractionMatrix(
            rowCount: rows.count, columnCount: items,
            offsets: rows.reduce(into: [0]) { $0.append($0.last! + $1.count) },
            columns: rows.flatMap { $0 }, values: Array(repeating: 1, count: rows.reduce(0) { $0 + $1.count }))
    }

    private static func features(_ spectrum: GraphSpectrum, _ row: [Int32]) -> [[Float]] {
        let stride = GraphSpectrum.featureCount + 3
        var features = [Float](repeating: .nan, count: items * stride)
        features.withUnsafeMutableBufferPointer {
            spectrum.view(ofUserWith: row).write(
                items: (0..<Int32(items)).map { $0 }, to: $0.baseAddress!, stride: stride)
        }
        return (0..<items).map { Array(features[$0 * stride..<$0 * stride + GraphSpectrum.featureCount]) }
    }

    /// |N|^-a d^-b of a user's items, 0 of others.
    private static func normalized(_ graph: InteractionMatrix, _ row: [Int32], _ a: Double, _ b: Double) -> [Double] {
        let degrees = graph.columnCounts()
        return (0..<items).map { item in
            row.contains(Int32(item)) ? pow(Double(row.count), -a) * pow(Double(degrees[item]), -b) : 0
        }
    }

    /// The strongest right singular vectors of rows, each found in what the ones before leave.
    private static func singularVectors(_ rows: [[Double]], count: Int) -> [[Double]] {
        var gram = (0..<items).map { i in (0..<items).map { j in rows.reduce(0) { $0 + $1[i] * $1[j] } } }
        return (0..<count).map { m in
            var vector = (0..<items).map { 1 / Double(1 + ($0 * 7 + m) % items) }
            var length = 0.0
            for _ in 0..<3000 {
                vector = gram.map { row in zip(row, vector).reduce(0) { $0 + $1.0 * $1.1 } }
                length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
                vector = vector.map { $0 / length }
            }
            for i in 0..<items { for j in 0..<items { gram[i][j] -= length * vector[i] * vector[j] } }
            return vector
        }
    }

    @Test(arguments: [UInt64(1), 2, 3]) func aUserIsProjectedOnTheStrongestPatterns(_ seed: UInt64) throws {
        let graph = Self.graph(seed)
        let spectrum = try GraphSpectrum(of: graph, rank: 8, stream: RandomStream(key: seed))
        let exponents = [(0.5, 0.5), (0, 0.25)]
        let vectors = exponents.map { a, b in
            Self.singularVectors(
                (0..<Int32(Self.users)).map { Self.normalized(graph, Array(graph[$0]), a, b) }, count: 8)
        }
        for user in 0..<Int32(Self.users) {
            // Not only as the graph has it: an interaction may be hidden.
            for row in [Array(graph[user]), Array(graph[user].dropFirst())] {
                let features = Self.features(spectrum, row)
                for item in 0..<Self.items {
                    let expected = zip(exponents, vectors).flatMap { exponents, vectors in
                        let own = Self.normalized(graph, row, exponents.0, exponents.1)
                        return [1, 2, 4, 8].map { count in
                            vectors.prefix(count).reduce(0) { sum, vector in
                                sum + zip(own, vector).reduce(0) { $0 + $1.0 * $1.1 } * vector[item]
                            }
                        }
                    }
                    for (a, b) in zip(features[item], expected) { #expect(abs(Double(a) - b) < 2e-4) }
                }
            }
        }
    }

    /// More patterns are asked for than there are: all of them give the user's row again.
    @Test func allPatternsTogetherAreTheRowItself() throws {
        let graph = Self.graph(4)
        let spectrum = try GraphSpectrum(of: graph, rank: 128, stream: RandomStream(key: 1))
        for user in 0..<Int32(Self.users) {
            let row = Array(graph[user])
            let features = Self.features(spectrum, row)
            for (k, exponents) in [(0.5, 0.5), (0, 0.25)].enumerated() {
                for (item, value) in Self.normalized(graph, row, exponents.0, exponents.1).enumerated() {
                    for part in 0..<4 { #expect(abs(Double(features[item][4 * k + part]) - value) < 1e-4) }
                }
            }
        }
    }

    @Test func ofAGraphWithoutEdgesNothingIsKnown() throws {
        let spectrum = try GraphSpectrum(
            of: Self.matrix(Array(repeating: [], count: 5)), rank: 4, stream: RandomStream(key: 1))
        #expect(Self.features(spectrum, [1, 2]).allSatisfy { $0.allSatisfy { $0 == 0 } })
    }
}
