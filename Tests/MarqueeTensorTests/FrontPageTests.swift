internal import Foundation
internal import MarqueeRuntime
internal import MarqueeTensor
internal import Testing

/// The example of the module's front page, in the words of the front page.
@Suite("Front page")
struct FrontPageTests {
    struct Taste: Module {
        let users, items: EmbeddingTable

        func logits(_ user: Indices, _ item: Indices, _ tape: Tape) -> Tensor {
            tape.dot(tape.gather(users[user]), tape.gather(items[item]))
        }
    }

    @Test("its network learns and is saved")
    func example() throws {
        let taste = Taste(
            users: EmbeddingTable(
                rowCount: 4, width: 8, .normal(deviation: 0.1), stream: RandomStream(seed: 1, "users")),
            items: EmbeddingTable(
                rowCount: 3, width: 8, .normal(deviation: 0.1), stream: RandomStream(seed: 1, "items")))
        let pool = WorkerPool(workerCount: 2)
        let crew = Crew(pool: pool)
        let optimizer = Optimizer(.init(), for: ModuleParameters(of: taste), crew: crew)
        let users: [Int32] = [0, 1, 2, 3, 0, 1]
        let items: [Int32] = [0, 1, 2, 0, 1, 2]
        let labels: [Float] = [1, 1, 1, 0, 0, 0]
        func probabilities() -> [Float] {
            let tape = Tape()
            tape.begin(batchCount: users.count)
            return tape.activate(taste.logits(tape.indices(users), tape.indices(items), tape), .sigmoid).values
        }

        for _ in 0..<1000 {
            crew.run { tape in
                let shard = pool.shard(tape.worker, of: users.count)
                tape.begin(batchCount: users.count)
                let logits = taste.logits(tape.indices(Array(users[shard])), tape.indices(Array(items[shard])), tape)
                tape.binaryCrossEntropy(logits, labels: tape.constant(Array(labels[shard]), rows: shard.count))
                tape.backward()
                optimizer.update(tape)
            }
        }
        #expect(zip(probabilities(), labels).allSatisfy { abs($0 - $1) < 0.1 })
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).safetensors")
        defer { try? FileManager.default.removeItem(at: file) }
        try Safetensors(tensors: ModuleParameters(of: taste).tensors()).write(to: file)
        let saved = try Safetensors(contentsOf: file).tensors
        #expect(Set(saved.keys) == ["users", "items"])
    }
}
