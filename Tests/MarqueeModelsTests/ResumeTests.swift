import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Synchronization
import Testing

/// A fit that was killed and goes on from its checkpoint ends with the numbers of one left alone.
@Suite struct ResumeTests {
    static let specs: [ModelSpec] = {
        let train: ConfigValue = ["epochs": 5, "batch": 16, "rate": 0.01]
        let specs = try? [
            ModelSpec("mf", ["factors": 4, "train": train]), ModelSpec("ncf", ["train": train]),
            ModelSpec("neumf", ["train": train, "pretraining": ["epochs": 2]]),
        ]
        return specs ?? []
    }()

    @Test(arguments: specs) func endsWithTheSameNumbers(_ spec: ModelSpec) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = RecommenderBehaviorTests.camps.data
        let whole = folder.appendingPathComponent("whole.safetensors")
        let killed = folder.appendingPathComponent("killed.safetensors")
        // What a run killed in its fourth epoch leaves behind: the checkpoint after the third.
        let copied = Mutex(false)
        let undisturbed = try spec.fit(
            to: data,
            in: FitContext(pool: WorkerPool(workerCount: 2), checkpoint: Checkpoint(url: whole)) { record in
                guard record.epoch == 4 else { return }
                copied.withLock { $0 = (try? FileManager.default.copyItem(at: whole, to: killed)) != nil }
            })
        #expect(copied.withLock { $0 })
        let epochs = Mutex<[Int]>([])
        let resumed = try spec.fit(
            to: data,
            in: FitContext(pool: WorkerPool(workerCount: 2), checkpoint: Checkpoint(url: killed)) { record in
                epochs.withLock { $0.append(record.epoch) }
            })
        #expect(epochs.withLock { $0 } == [1, 2, 3, 4, 5], "the curve is told whole")
        for user in 0..<Int32(data.userCount) { #expect(resumed.scores(user: user) == undisturbed.scores(user: user)) }
    }

    @Test func startsAnewWhenTheCheckpointIsOfAnotherRun() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        let data = RecommenderBehaviorTests.camps.data
        let spec = try ModelSpec("mf", ["factors": 4, "train": ["epochs": 2, "batch": 16]])
        let pool = WorkerPool(workerCount: 1)
        _ = try spec.fit(to: data, in: FitContext(seed: 1, pool: pool, checkpoint: Checkpoint(url: url)))
        let other = try spec.fit(to: data, in: FitContext(seed: 2, pool: pool, checkpoint: Checkpoint(url: url)))
        let fresh = try spec.fit(to: data, in: FitContext(seed: 2, pool: pool))
        #expect(other.scores(user: 3) == fresh.scores(user: 3))
    }

    @Test func namesADamagedCheckpoint() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data("half a checkpoint".utf8).write(to: url)
        let spec = try ModelSpec("mf", ["factors": 4, "train": ["epochs": 1]])
        #expect(throws: ModelError.self) {
            try spec.fit(
                to: RecommenderBehaviorTests.camps.data,
                in: FitContext(pool: WorkerPool(workerCount: 1), checkpoint: Checkpoint(url: url)))
        }
    }
}
