import Foundation

/// Values that Fixtures/write_fixtures.py computed with numpy and scipy.
struct Reference: Decodable {
    struct Full: Decodable {
        let items: Int
        let scores: [[Float]]
        let seen, targets: [[Int32]]
        let values: [String: [Double]]
    }

    struct Tied: Decodable {
        let items: Int
        let scores: [[Float]]
        let negatives, targets: [[Int32]]
        let values: [String: [Double]]
        let targetsAmongNegatives, repeatedNegatives: Int
    }

    struct Comparison: Decodable {
        let differences: [Double]
        let pValue, lower, upper: Double
    }

    struct Beyond: Decodable {
        let items, width: Int
        let train, lists: [[Int32]]
        let vectors: [Float]
        let genres: [[String]]
        let coverage, novelty, averagePopularity, exposureGini, cosineDiversity, genreDiversity: Double
    }

    let full: Full
    let tied: Tied
    let comparison: Comparison
    let beyond: Beyond

    static func load() throws -> Reference {
        let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/reference.json")
        return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
    }
}
