internal import CMarqueeKernels
internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

extension Fixture {
    func sequences(_ tape: Tape, _ name: String = "lengths") throws -> SequenceLayout {
        tape.sequences(lengths: try ids(name))
    }
}

extension OperationCase {
    private static let recurrent = ["x", "inputWeight", "stateWeight", "bias"]

    private static func decayed(_ name: String) -> OperationCase {
        OperationCase(name: name, inputs: recurrent + ["decay"]) { tape, x, fixture in
            tape.lstm(
                x[0], try fixture.sequences(tape), inputWeight: x[1], stateWeight: x[2], bias: x[3], decay: x[4])
        }
    }

    static let sequences: [OperationCase] = [
        OperationCase(name: "lstm", inputs: recurrent) { tape, x, fixture in
            tape.lstm(x[0], try fixture.sequences(tape), inputWeight: x[1], stateWeight: x[2], bias: x[3])
        },
        decayed("lstm_decay"), decayed("lstm_row_decay"),
        OperationCase(name: "gru", inputs: recurrent + ["candidateBias"]) { tape, x, fixture in
            tape.gru(
                x[0], try fixture.sequences(tape), inputWeight: x[1], stateWeight: x[2], bias: x[3],
                candidateBias: x[4])
        },
        OperationCase(name: "attention", inputs: ["q", "k", "v"]) { tape, x, fixture in
            tape.attention(x[0], x[1], x[2], try fixture.sequences(tape), heads: 2)
        },
        OperationCase(name: "attention_biased", inputs: ["q", "k", "v", "position", "time"]) { tape, x, fixture in
            tape.attention(
                x[0], x[1], x[2], try fixture.sequences(tape), heads: 2, causal: true,
                positionBias: AttentionBias(x[3], .relative),
                timeBias: AttentionBias(
                    x[4], .logarithmic(fineness: 1), at: tape.indices(try fixture.ids("times"))))
        },
        OperationCase(name: "attention_across", inputs: ["q", "k", "v"]) { tape, x, fixture in
            tape.attention(
                x[0], x[1], x[2], try fixture.sequences(tape), keys: try fixture.sequences(tape, "keyLengths"),
                heads: 2, causal: true)
        },
        OperationCase(name: "last_rows", inputs: ["x"]) { tape, x, fixture in
            tape.lastRows(x[0], try fixture.sequences(tape))
        },
        OperationCase(name: "mean_rows", inputs: ["x"]) { tape, x, fixture in
            tape.meanRows(x[0], try fixture.sequences(tape))
        },
        OperationCase(name: "softmax_within", inputs: ["x"]) { tape, x, fixture in
            tape.softmax(x[0], within: try fixture.sequences(tape))
        },
        OperationCase(name: "take_rows", inputs: ["x"]) { tape, x, fixture in
            tape.rows(tape.indices(try fixture.ids("ids")), of: x[0])
        },
        OperationCase(name: "columns", inputs: ["x"]) { tape, x, _ in tape.columns(1..<4, of: x[0]) },
        OperationCase(name: "sequence_product", inputs: ["a", "b"]) { tape, x, fixture in
            tape.matmul(x[0], x[1], within: try fixture.sequences(tape))
        },
        OperationCase(name: "transposed_sequence_product", inputs: ["a", "b"]) { tape, x, fixture in
            tape.matmulTransposed(x[0], x[1], within: try fixture.sequences(tape))
        },
        OperationCase(name: "inner_products", inputs: ["a", "b"]) { tape, x, fixture in
            let sequences = try fixture.sequences(tape)
            return tape.innerProducts(x[0], sequences, x[1], sequences)
        },
        OperationCase(name: "softmax_lengths", inputs: ["x"]) { tape, x, fixture in
            tape.softmax(x[0], lengths: tape.indices(try fixture.ids("lengths")))
        },
        OperationCase(name: "softmax_mask", inputs: ["x"]) { tape, x, fixture in
            let mask = try fixture.matrix("mask")
            return tape.softmax(x[0], mask: tape.constant(mask.values, rows: mask.rows, columns: mask.columns))
        },
    ]
}

@Suite("Sequences against PyTorch")
struct SequenceFixtureTests {
    /// Those that ``OperationCase/sequences`` does not have.
    static let names = [
        "embedding_padding", "table_softmax", "table_sampled_softmax", "table_sampled_softmax_per_row",
        "transformer_post_norm", "transformer_pre_norm",
    ]

    @Test("a transformer's layer", arguments: [false, true])
    func transformer(normFirst: Bool) throws {
        let fixture = try Fixture(normFirst ? "transformer_pre_norm" : "transformer_post_norm")
        var stream = RandomStream(key: 0)
        let layer = TransformerEncoderLayer(4, heads: 2, feedForward: 6, normFirst: normFirst, stream: &stream)
        let named = ModuleParameters(of: layer).dense.map { name, parameter in
            (
                name: name.hasPrefix("attention.") ? String(name.dropFirst("attention.".count)) : name,
                parameter: parameter
            )
        }
        for (name, parameter) in named { parameter.values = try fixture.input(name) }
        let sequences = try fixture.ids("lengths")
        let outcome = run(
            [try fixture.matrix("x").parameter] + named.map(\.parameter),
            upstream: try #require(fixture.upstream?["y"]).values
        ) { tape, x in layer(x[0], tape.sequences(lengths: sequences), causal: true, tape) }
        expectClose(outcome.value, try fixture.output("y"), "y")
        for (name, gradient) in zip(["x"] + named.map(\.name), outcome.gradients) {
            expectClose(gradient, try #require(fixture.gradients?[name]).values, "gradient of \(name)")
        }
        #expect(Set(["x"] + named.map(\.name)) == Set(try #require(fixture.gradients).keys))
    }

    private func table(_ matrix: Matrix) -> EmbeddingTable {
        let table = EmbeddingTable(
            rowCount: matrix.rows, width: matrix.columns, .constant(0), stream: RandomStream(key: 0))
        table.values = matrix.values
        return table
    }

    @Test("a lookup with padding gives zeros and no gradient, whatever its row holds")
    func padding() throws {
        let fixture = try Fixture("embedding_padding")
        var matrix = try fixture.matrix("table")
        matrix.values.replaceSubrange(2 * matrix.columns..<3 * matrix.columns, with: [9, 9, 9, 9, 9])
        let table = table(matrix)
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        try withExtendedLifetime(crew) {
            let tape = crew.tapes[0]
            tape.begin(batchCount: 8)
            let y = tape.gather(table[tape.indices(try fixture.ids("ids")), padding: 2])
            #expect(y.values == (try fixture.output("y")))
            tape.arrive(try #require(fixture.upstream?["y"]).values, at: y)
            tape.backward()
            expectClose(tape.gradientValues(table), try #require(fixture.gradients?["table"]).values)
            let touched = tape.rowGradients.flatMap { part in (0..<Int(part.rows.count)).map { part.rows.ids[$0] } }
            #expect(touched == [3, 0, 6, 3])
        }
    }

    @Test("a padded lookup beside another one")
    func paddingBeside() {
        let first = table(.random(4, 2, seed: 1)), second = table(.random(4, 3, seed: 2))
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        withExtendedLifetime(crew) {
            let tape = crew.tapes[0]
            tape.begin(batchCount: 3)
            let ids = tape.indices([0, 1, 3])
            let y = tape.concat(first[ids, padding: 1], second[ids, padding: 0])
            tape.arrive((0..<15).map(Float.init), at: y)
            tape.backward()
            #expect(tape.gradientValues(first) == [0, 1, 0, 0, 0, 0, 10, 11])
            #expect(tape.gradientValues(second) == [0, 0, 0, 7, 8, 9, 0, 0, 0, 12, 13, 14])
        }
    }

    /// Of a loss over a table, by its rows and as a matrix.
    private func expectLoss(
        _ name: String, _ loss: (Tape, Tensor, EmbeddingTable, Fixture) throws -> Double
    ) throws {
        let fixture = try Fixture(name)
        let table = table(try fixture.matrix("table")), states = try fixture.matrix("states").parameter
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        try withExtendedLifetime(crew) {
            let tape = crew.tapes[0]
            tape.begin(batchCount: states.rows)
            let sum = try loss(tape, tape(states), table, fixture)
            tape.backward()
            expectClose([Float(sum / Double(states.rows))], try fixture.output("y"), "loss")
            expectClose(
                tape.gradientValues(tape(states)), try #require(fixture.gradients?["states"]).values, absolute: 1e-6,
                "gradient of the states")
            expectClose(
                tape.gradientValues(table), try #require(fixture.gradients?["table"]).values, absolute: 1e-6,
                "gradient of the table")
            // The value alone, where nothing is learned.
            let inference = Tape()
            inference.begin(batchCount: states.rows, training: false)
            let again = try loss(inference, inference(states), table, fixture)
            #expect(abs(again - sum) < 1e-6)
        }
    }

    @Test("cross entropy over a table")
    func tableSoftmax() throws {
        try expectLoss("table_softmax") { tape, states, table, fixture in
            tape.softmaxCrossEntropy(states, over: table, targets: tape.indices(try fixture.ids("targets")))
        }
        let fixture = try Fixture("table_softmax")
        let inputs = try ["states", "table"].map { try fixture.matrix($0).parameter }
        let targets = try fixture.ids("targets")
        let outcome = run(inputs, batchCount: 8) { tape, x in
            tape.softmaxCrossEntropy(x[0], over: x[1], targets: tape.indices(targets))
        }
        expectClose(outcome.value, try fixture.output("y"), "loss")
        for (name, gradient) in zip(["states", "table"], outcome.gradients) {
            expectClose(gradient, try #require(fixture.gradients?[name]).values, absolute: 1e-6, name)
        }
    }

    @Test("sampled softmax over a table", arguments: [false, true])
    func sampledSoftmax(perRow: Bool) throws {
        try expectLoss(perRow ? "table_sampled_softmax_per_row" : "table_sampled_softmax") {
            tape, states, table, fixture in
            func column(_ name: String) throws -> Tensor {
                let values = try fixture.input(name)
                return tape.constant(values, rows: values.count)
            }
            return tape.sampledSoftmaxCrossEntropy(
                states, over: table, targets: tape.indices(try fixture.ids("targets")),
                negatives: tape.indices(try fixture.ids("negatives")),
                perRow: perRow ? Int(try fixture.parameter("negatives")) : nil,
                logQ: (targets: try column("targetLogQ"), negatives: try column("negativeLogQ")))
        }
    }
}
