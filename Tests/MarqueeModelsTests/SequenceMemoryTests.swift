import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import MarqueeTensor
import Testing

@testable import MarqueeModels

/// What counting tells a sequence network: the formula, and that nobody is trained with what they did themselves.
@Suite struct SequenceMemoryTests {
    private static let config = {
        var config = MemoryConfig.all
        (config.window, config.decay, config.recency, config.companyRecency) = (2, 0.5, 0.25, 0.5)
        (config.sourceDamping, config.backoff, config.folds) = (1, 0.1, 2)
        return config
    }()

    private static func memory(_ items: [[Int32]], itemCount: Int = 4) -> CountedMemory {
        var offsets = [0]
        for own in items { offsets.append(offsets[offsets.count - 1] + own.count) }
        return CountedMemory(
            config, histories: UserHistories(offsets: offsets, items: items.flatMap { $0 }), itemCount: itemCount,
            target: 0)
    }

    /// m of every item where `history` is known, by feature.
    private static func remembered(
        _ memory: CountedMemory, _ history: [Int32], _ counts: CountedMemory.Counts, itemCount: Int = 4
    ) -> [[Float]] {
        let tape = Tape()
        tape.begin(batchCount: 1, training: false)
        let features = memory.config.counts.count
        return (0..<features).map { feature in
            let weights = tape.constant((0..<features).map { $0 == feature ? 1 : 0 }, rows: 1, columns: features)
            let logits = tape.constant([Float](repeating: 0, count: itemCount), rows: 1, columns: itemCount)
            tape.add(
                memory.input(weights: weights) { _ in
                    (0, history.count)
                } history: { _ in
                    (History(items: history), counts)
                }, to: logits)
            return logits.values
        }
    }

    private static func expectClose(_ a: [Float], _ b: [Float], sourceLocation: SourceLocation = #_sourceLocation) {
        let farthest = zip(a, b).map { abs($0 - $1) }.max() ?? 0
        #expect(a.count == b.count && farthest < 1e-5, "\(a), \(b)", sourceLocation: sourceLocation)
    }

    /// By hand: window 2, every count divided by how often the source is there.
    @Test func whatIsRememberedIsTheFormula() {
        let memory = Self.memory([[0, 1, 2], [1, 2, 0]])
        let found = Self.remembered(memory, [1, 0], memory.whole)
        // C: 0→1 1, 0→2 .5, 1→2 2, 1→0 .5, 2→0 1; 0, 1 and 2 twice each; item 3 never.
        let popularity: [Float] = [0.3, 0.3, 0.3, 0.1]
        func logarithms(_ s: [Float]) -> [Float] {
            zip(s, popularity).map { log($0 / s.reduce(0, +) + 0.1 * $1) }
        }
        Self.expectClose(found[0], logarithms([0.25 * 0.25, 0.5, 0.25 + 0.25 * 1, 0]))
        // C + Cᵀ: 0–1 1.5, 0–2 1.5, 1–2 2.
        Self.expectClose(found[1], logarithms([0.5 * 0.75, 0.75, 0.75 + 0.5 * 1, 0]))
        Self.expectClose(found[2], popularity.map { log($0) })
        // Where nothing is known of what was read, popularity is left.
        Self.expectClose(Self.remembered(memory, [], memory.whole)[0], popularity.map { log(0.1 * $0) })
    }

    /// No training example sees its own target: whatever a user does, and in whatever order, what is remembered for them
    /// stays the same to the bit. That of others changes.
    @Test(arguments: 0..<20) func nobodyIsTrainedWithWhatTheyDid(_ trial: Int) {
        var random = RandomStream(seed: 5, "memory", trial)
        func items() -> [Int32] {
            (0..<3 + Int(random.next() % 8)).map { _ in Int32(random.next() % 12) }
        }
        var histories = (0..<9).map { _ in items() }
        let user = trial % histories.count
        let before = Self.memory(histories, itemCount: 12)
        histories[user] = items()
        let after = Self.memory(histories, itemCount: 12)
        let asked = items()
        func remembered(_ memory: CountedMemory, _ user: Int) -> [[Float]] {
            Self.remembered(memory, asked, memory.counts(without: Int32(user)), itemCount: 12)
        }
        #expect(remembered(before, user) == remembered(after, user))
        #expect(remembered(before, user + 1) != remembered(after, user + 1), "the next one is of another fold")
        #expect(
            Self.remembered(before, asked, before.whole, itemCount: 12)
                != Self.remembered(after, asked, after.whole, itemCount: 12))
    }

    /// A network that has learned next to nothing ranks by what was counted, where it has that.
    @Test func countsAreAheadOfLearning() throws {
        func untrained(_ memory: ConfigValue) throws -> any HistoryScorer {
            try SequenceModelTests.fit("muma", ["train": ["epochs": 1, "rate": 0.0001], "memory": memory])
        }
        /// Of 24 places of the rings, from how many what comes next is first of what is left.
        func right(_ scorer: any HistoryScorer) -> Int {
            (0..<24 as Range<Int32>).count { first in
                let items = (0..<3).map { first / 12 * 12 + (first + $0) % 12 }
                let scores = scorer.scores(Query(history: SequenceModelTests.history(items)))
                let left = scores.indices.filter { !items.contains(Int32($0)) }
                return left.max { scores[$0] < scores[$1] } == Int(first / 12 * 12 + (first + 3) % 12)
            }
        }
        let scorer = try untrained(["counts": ["transitions"], "window": 1, "recency": 0])
        let (counted, learned) = (right(scorer), right(try untrained(["counts": []])))
        #expect(counted >= 16 && learned <= 8, "\(counted) with counts, \(learned) without")
        // Candidates, parts and the whole agree.
        let query = Query(history: SequenceModelTests.history([3, 4, 5]))
        let scores = scorer.scores(query)
        var part = [Float](repeating: 0, count: 5)
        var span = part.mutableSpan
        scorer.score([query], items: 4..<9, into: &span)
        #expect(part == Array(scores[4..<9]))
        #expect(
            scorer.scores(Query(history: query.history, candidates: [7, 2])) == [scores[7], scores[2]])
    }

    @Test func whatCannotBeCountedIsNamed() throws {
        let bad: [ConfigValue] = [
            ["counts": ["transitions", "transitions"]], ["window": 0], ["folds": 1], ["backoff": 0], ["recency": 2],
            ["source-damping": -1], ["counts": ["clicks"]], ["wimdow": 3],
        ]
        for memory in bad {
            #expect(throws: (any Error).self, "\(memory)") { try SequenceModelTests.spec("muma", ["memory": memory]) }
        }
        #expect(throws: (any Error).self) {
            try SequenceModelTests.spec("muma", ["objective": ["loss": "logistic"]])
        }
        _ = try SequenceModelTests.spec("muma", ["objective": ["loss": "logistic"], "memory": ["counts": []]])
    }
}
