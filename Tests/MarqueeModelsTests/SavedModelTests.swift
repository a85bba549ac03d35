import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime
import Testing

@Suite struct SavedModelTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)")

    func write(_ kind: String = "item-knn") throws {
        let data = RecommenderBehaviorTests.camps.data
        try SavedModel(model: RecommenderBehaviorTests.fit(kind, to: data), data: data).write(to: folder)
    }

    @Test func anAbsentFolderIsNotFound() {
        #expect(throws: FileError.notFound(folder.path)) { try SavedModel(contentsOf: folder) }
    }

    @Test func writingAgainReplacesAndLeavesNothingBeside() throws {
        let parent = folder.appendingPathComponent("models")
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = RecommenderBehaviorTests.camps.data
        for kind in ["popularity", "ease"] {
            try SavedModel(model: RecommenderBehaviorTests.fit(kind, to: data), data: data)
                .write(to: parent.appendingPathComponent("one"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent.path) == ["one"])
        #expect(try type(of: SavedModel(contentsOf: parent.appendingPathComponent("one")).model).kind == "ease")
    }

    @Test func aFailedWriteLeavesTheOldModel() throws {
        try write("popularity")
        defer { try? FileManager.default.removeItem(at: folder) }
        struct Full: Error {}
        #expect(throws: FileError.self) {
            try AtomicFolder.replace(folder) { place in
                try Data("half".utf8).write(to: place.appendingPathComponent("model.json"))
                throw Full()
            }
        }
        #expect(try type(of: SavedModel(contentsOf: folder).model).kind == "popularity")
        #expect(
            !FileManager.default.fileExists(
                atPath: folder.deletingLastPathComponent().appendingPathComponent(
                    ".\(folder.lastPathComponent).\(getpid()).partial"
                ).path))
    }

    /// Each file missing, empty, cut anywhere, or with any bit of the weights turned: one clear error.
    @Test func damageIsOneClearError() throws {
        try write()
        defer { try? FileManager.default.removeItem(at: folder) }
        func expectBad(_ what: String) {
            do {
                _ = try SavedModel(contentsOf: folder)
                Issue.record("loaded with \(what)")
            } catch ModelError.badArtifact(let path, let reason) {
                #expect(path == folder.path && !reason.isEmpty)
            } catch { Issue.record("\(what): \(error)") }
        }
        for name in ["model.json", "weights.safetensors"] {
            let file = folder.appendingPathComponent(name)
            let whole = try Data(contentsOf: file)
            for length in [0, 1, 7, 8, 9, whole.count / 2, whole.count - 2] {
                try whole.prefix(length).write(to: file)
                expectBad("\(name) cut to \(length) bytes")
            }
            try FileManager.default.removeItem(at: file)
            expectBad("\(name) missing")
            if name == "weights.safetensors" {
                var random = RandomStream(seed: 1, "damage")
                for _ in 0..<100 {
                    var damaged = whole
                    damaged[Int.random(in: 0..<whole.count, using: &random)] ^=
                        1 << Int.random(in: 0..<8, using: &random)
                    try damaged.write(to: file)
                    expectBad("a bit turned")
                }
                try (whole + [0]).write(to: file)
                expectBad("a byte too many")
            } else {
                let text = String(decoding: whole, as: UTF8.self)
                for (from, to) in [
                    ("\"version\" : 1", "\"version\" : 2"), ("marquee-model", "other-model"), ("item-knn", "item-kn"),
                    ("\"neighbors\" : 4", "\"neighbors\" : 0"), ("\"user 0\",", ""), ("\"item 0\",", ""),
                ] {
                    #expect(text.contains(from))
                    try Data(text.replacing(from, with: to).utf8).write(to: file)
                    expectBad("'\(from)' made '\(to)'")
                }
            }
            try whole.write(to: file)
        }
        _ = try SavedModel(contentsOf: folder)
    }
}
