import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeLab

@Suite("Training with inverse propensities")
struct DebiasingTests {
    /// Writes a folder in Coat's form: people rate what they like, and are then asked about items at random.
    static func folder(_ change: (inout [String: String]) -> Void = { _ in }) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("coat-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("user_item_features"), withIntermediateDirectories: true)
        let random = RandomStream(seed: 2, "coat")
        func rating(_ user: Int, _ item: Int) -> Int { (user + item) % 2 == 0 ? 4 : 1 + (user * item) % 2 }
        func matrix(_ offset: UInt64, _ isThere: (Int, Int, Double) -> Bool) -> String {
            (0..<20).map { user in
                (0..<16).map { item in
                    isThere(user, item, random.unit(at: offset + UInt64(user * 16 + item)))
                        ? "\(rating(user, item))" : "0"
                }.joined(separator: " ")
            }.joined(separator: "\n")
        }
        var files = [
            "train.ascii": matrix(0) { user, item, mark in mark < ((user + item) % 2 == 0 ? 0.6 : 0.2) },
            "test.ascii": matrix(10_000) { _, _, mark in mark < 0.4 },
            "user_item_features/user_features.ascii": (0..<20).map { $0 % 2 == 0 ? "1 0" : "0 1" }.joined(
                separator: "\n"),
            "user_item_features/item_features.ascii": (0..<16).map { $0 % 2 == 0 ? "1 0" : "0 1" }.joined(
                separator: "\n"),
        ]
        change(&files)
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        return folder
    }

    @Test("the experiment runs whole, is the same for the same seeds, and its propensities tell chosen from not")
    func runs() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let experiment = DebiasingExperiment(try RandomizedRatings(contentsOf: folder))
        let outcome = try experiment.run(seeds: [1, 2], progress: SilentProgress())
        #expect(outcome.naive.count == 2 && outcome.weighted.count == 2)
        #expect(outcome.propensities.contains("products"))
        for scores in outcome.naive + outcome.weighted {
            // Who likes what is plain in these ratings.
            #expect(scores.auc > 0.8 && scores.auc <= 1 && scores.ndcg > 0.8 && scores.ndcg <= 1 && scores.mse > 0)
        }
        #expect(try experiment.run(seeds: [1, 2], progress: SilentProgress()) == outcome)
    }

    @Test("the sign-flip test is exact")
    func signFlips() {
        #expect(DebiasingExperiment.signFlips([1, 2, 3, 4]) == 2.0 / 16)
        #expect(DebiasingExperiment.signFlips([1, -1]) == 1)
        #expect(DebiasingExperiment.signFlips(Array(repeating: 0.5, count: 10)) == 2.0 / 1024)
    }

    @Test("files that cannot be are named")
    func refused() throws {
        for (name, text, reason) in [
            ("train.ascii", "1 2\n3\n", "train.ascii:2: expected 2 numbers, found 1"),
            ("test.ascii", "1 x\n", "test.ascii:1: 'x' is not a number"),
            ("test.ascii", "", "test.ascii: no numbers"),
            ("user_item_features/item_features.ascii", "1 0\n", "item_features.ascii: 1 rows"),
        ] {
            let folder = try Self.folder { $0[name] = text }
            defer { try? FileManager.default.removeItem(at: folder) }
            do {
                _ = try RandomizedRatings(contentsOf: folder)
                Issue.record("read \(name)")
            } catch { #expect("\(error)".hasPrefix(reason), "\(error)") }
        }
    }
}
