internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

/// An operation beside the values and gradients that PyTorch gives it.
struct OperationCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// The inputs that are differentiated, in the order in which `operation` takes them.
    let inputs: [String]
    /// Tiny results count as well.
    var exact = false
    let operation: @Sendable (Tape, [Tensor], Fixture) throws -> Tensor

    var testDescription: String { name }

    static func pointwise(_ name: String, _ activation: Activation) -> OperationCase {
        OperationCase(name: name, inputs: ["x"], exact: name.hasSuffix("extremes")) { tape, x, _ in
            tape.activate(x[0], activation)
        }
    }

    static let all: [OperationCase] = [
        pointwise("relu", .relu), pointwise("sigmoid", .sigmoid), pointwise("tanh", .tanh),
        pointwise("softplus", .softplus), pointwise("gelu", .gelu), pointwise("leaky_relu", .leakyReLU(slope: 0.2)),
        pointwise("sigmoid_extremes", .sigmoid), pointwise("tanh_extremes", .tanh),
        pointwise("softplus_extremes", .softplus),
        OperationCase(name: "add", inputs: ["a", "b"]) { tape, x, _ in tape.add(x[0], x[1]) },
        OperationCase(name: "subtract", inputs: ["a", "b"]) { tape, x, _ in tape.add(x[0], x[1], scale: -1) },
        OperationCase(name: "add_bias", inputs: ["a", "b"]) { tape, x, _ in tape.addBias(x[0], x[1]) },
        OperationCase(name: "multiply", inputs: ["a", "b"]) { tape, x, _ in tape.multiply(x[0], x[1]) },
        OperationCase(name: "scale_columns", inputs: ["a", "b"]) { tape, x, _ in tape.scaleColumns(x[0], by: x[1]) },
        OperationCase(name: "mix", inputs: ["w", "a", "b", "c"]) { tape, x, _ in tape.mix(Array(x[1...]), weights: x[0])
        },
        OperationCase(name: "scale", inputs: ["a"]) { tape, x, fixture in
            tape.scale(x[0], by: try fixture.parameter("factor"))
        },
        OperationCase(name: "linear", inputs: ["x", "weight", "bias"]) { tape, x, _ in
            tape.linear(x[0], weight: x[1], bias: x[2])
        },
        OperationCase(name: "linear_relu", inputs: ["x", "weight", "bias"]) { tape, x, _ in
            tape.linear(x[0], weight: x[1], bias: x[2], relu: true)
        },
        OperationCase(name: "linear_no_bias", inputs: ["x", "weight"]) { tape, x, _ in
            tape.matmul(x[0], x[1], transposed: true)
        },
        OperationCase(name: "matmul", inputs: ["a", "b"]) { tape, x, _ in tape.matmul(x[0], x[1]) },
        OperationCase(name: "concat", inputs: ["a", "b", "c"]) { tape, x, _ in
            tape.concat(tape.concat(x[0], x[1]), x[2])
        },
        OperationCase(name: "unit_rows", inputs: ["x"]) { tape, x, _ in tape.unitRows(x[0]) },
        OperationCase(name: "propagate", inputs: ["x"]) { tape, x, _ in
            let partition = GraphOperationTests.partition(tape.workerCount)
            return tape.propagate(
                SparseOperator(GraphOperationTests.rows, symmetric: false, partition: partition), x[0])
        },
        OperationCase(name: "edge_attention", inputs: ["s", "t", "z", "w"]) { tape, x, _ in
            tape.edgeAttention(
                GraphOperationTests.edges(workers: tape.workerCount), s: x[0], t: x[1], z: x[2], weights: x[3])
        },
        OperationCase(name: "rowwise_dot", inputs: ["a", "b"]) { tape, x, _ in tape.dot(x[0], x[1]) },
        OperationCase(name: "sum_rows", inputs: ["a"]) { tape, x, _ in tape.sumRows(x[0]) },
        OperationCase(name: "mean", inputs: ["a"]) { tape, x, _ in tape.mean(x[0]) },
        OperationCase(name: "softmax", inputs: ["x"]) { tape, x, _ in tape.softmax(x[0]) },
    ]
}

/// A loss beside the values and gradients that PyTorch gives it.
struct LossCase: Sendable, CustomTestStringConvertible {
    let name: String
    let inputs: [String]
    let loss: @Sendable (Tape, [Tensor], Fixture) throws -> Double

    var testDescription: String { name }

    private static func crossEntropy(_ name: String, weighted: Bool = false) -> LossCase {
        LossCase(name: name, inputs: ["logits"]) { tape, x, fixture in
            let labels = try fixture.input("labels")
            let weights = weighted ? tape.constant(try fixture.input("weights"), rows: labels.count) : nil
            return tape.binaryCrossEntropy(x[0], labels: tape.constant(labels, rows: labels.count), weights: weights)
        }
    }

    static let all: [LossCase] = [
        crossEntropy("bce_with_logits"), crossEntropy("bce_with_logits_extremes"),
        crossEntropy("bce_with_logits_weighted", weighted: true),
        LossCase(name: "bpr", inputs: ["positive", "negative"]) { tape, x, _ in
            tape.bayesianPersonalizedRanking(positive: x[0], negative: x[1])
        },
        LossCase(name: "sampled_softmax", inputs: ["logits"]) { tape, x, _ in tape.softmaxCrossEntropy(x[0]) },
        LossCase(name: "cross_entropy", inputs: ["logits"]) { tape, x, fixture in
            tape.softmaxCrossEntropy(x[0], targets: tape.indices(try fixture.ids("targets")))
        },
        LossCase(name: "squared_error", inputs: ["x"]) { tape, x, fixture in
            tape.squaredError(x[0], targets: tape.constant(try fixture.input("targets"), rows: 1, columns: x[0].count))
        },
    ]
}

@Suite("Operations against PyTorch")
struct OperationFixtureTests {
    @Test("values and gradients", arguments: OperationCase.all + OperationCase.sequences)
    func operation(_ operation: OperationCase) throws {
        let fixture = try Fixture(operation.name)
        let upstream = try #require(fixture.upstream?["y"]).values
        var failure: (any Error)?
        let outcome = run(try operation.inputs.map { try fixture.matrix($0).parameter }, upstream: upstream) {
            tape, inputs in
            do { return try operation.operation(tape, inputs, fixture) } catch {
                failure = error
                return inputs[0]
            }
        }
        if let failure { throw failure }
        expectClose(
            outcome.value, try fixture.output("y"), absolute: operation.exact ? 1e-37 : 1e-5, "y")
        for (name, gradient) in zip(operation.inputs, outcome.gradients) {
            expectClose(
                gradient, try #require(fixture.gradients?[name]).values, absolute: operation.exact ? 1e-37 : 1e-5,
                "gradient of \(name)")
        }
        #expect(Set(operation.inputs) == Set(try #require(fixture.gradients).keys), "a gradient was left unread")
    }

    @Test("losses and their gradients", arguments: LossCase.all)
    func loss(_ loss: LossCase) throws {
        let fixture = try Fixture(loss.name)
        let inputs = try loss.inputs.map { try fixture.matrix($0).parameter }
        let rows = loss.name.hasSuffix("softmax") || loss.name == "cross_entropy" ? inputs[0].rows : inputs[0].columns
        var failure: (any Error)?
        let outcome = run(inputs, batchCount: rows) { tape, inputs in
            do { return try loss.loss(tape, inputs, fixture) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        expectClose(outcome.value, try fixture.output("y"), "loss")
        for (name, gradient) in zip(loss.inputs, outcome.gradients) {
            expectClose(
                gradient, try #require(fixture.gradients?[name]).values, absolute: 1e-7, relative: 1e-5,
                "gradient of \(name)")
        }
        #expect(Set(loss.inputs) == Set(try #require(fixture.gradients).keys), "a gradient was left unread")
    }

    @Test("embedding with repeated ids")
    func embedding() throws {
        let fixture = try Fixture("embedding")
        let matrix = try fixture.matrix("table")
        let table = EmbeddingTable(
            rowCount: matrix.rows, width: matrix.columns, .constant(0), stream: RandomStream(key: 0))
        table.values = matrix.values
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        try withExtendedLifetime(crew) {
            let tape = crew.tapes[0]
            tape.begin(batchCount: 8)
            let y = tape.gather(table[tape.indices(try fixture.ids("ids"))])
            #expect(y.values == (try fixture.output("y")))
            tape.arrive(try #require(fixture.upstream?["y"]).values, at: y)
            tape.backward()
            expectClose(tape.gradientValues(table), try #require(fixture.gradients?["table"]).values)
        }
    }

    @Test("batch normalization in training: values, gradients and running statistics")
    func batchNormTraining() throws {
        let fixture = try Fixture("batch_norm_train")
        let layer = try batchNorm(fixture)
        let upstream = try #require(fixture.upstream?["y"]).values
        var gains: [[Float]] = []
        let outcome = runWithLayer(try fixture.matrix("x"), upstream: upstream, training: true, layer) { gains = $0 }
        expectClose(outcome.value, try fixture.output("y"))
        expectClose(outcome.gradients[0], try #require(fixture.gradients?["x"]).values, "x")
        expectClose(gains[0], try #require(fixture.gradients?["weight"]).values, "weight")
        expectClose(gains[1], try #require(fixture.gradients?["bias"]).values, "bias")
        expectClose(layer.runningMean.values.values, try fixture.output("running_mean"))
        expectClose(layer.runningVariance.values.values, try fixture.output("running_variance"))
    }

    /// Values alone: a tape that evaluates records nothing, so there are no gradients to compare.
    @Test("batch normalization in evaluation")
    func batchNormEvaluation() throws {
        let fixture = try Fixture("batch_norm_eval")
        let layer = try batchNorm(fixture)
        let outcome = runWithLayer(try fixture.matrix("x"), upstream: nil, training: false, layer) { _ in }
        expectClose(outcome.value, try fixture.output("y"))
        #expect(layer.runningMean.values.values == (try fixture.input("running_mean")), "evaluation must not learn")
        #expect(layer.runningVariance.values.values == (try fixture.input("running_variance")))
    }

    @Test("layer normalization")
    func layerNorm() throws {
        let fixture = try Fixture("layer_norm")
        let layer = LayerNorm(6, epsilon: try fixture.parameter("epsilon"))
        layer.gain.values = try fixture.input("weight")
        layer.bias.values = try fixture.input("bias")
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        let x = try fixture.matrix("x").parameter
        try withExtendedLifetime(crew) {
            let tape = crew.tapes[0]
            tape.begin(batchCount: 16)
            let y = layer(tape(x), tape)
            expectClose(y.values, try fixture.output("y"))
            tape.arrive(try #require(fixture.upstream?["y"]).values, at: y)
            tape.backward()
            expectClose(tape.gradientValues(tape(x)), try #require(fixture.gradients?["x"]).values, "x")
            expectClose(tape.gradientValues(tape(layer.gain)), try #require(fixture.gradients?["weight"]).values)
            expectClose(tape.gradientValues(tape(layer.bias)), try #require(fixture.gradients?["bias"]).values)
        }
    }

    @Test("no fixture is left unread")
    func allRead() throws {
        let read =
            OperationCase.all.map(\.name) + OperationCase.sequences.map(\.name) + LossCase.all.map(\.name)
            + SequenceFixtureTests.names
            + ["embedding", "batch_norm_train", "batch_norm_eval", "layer_norm"] + DenseUpdateCase.all.map(\.name)
            + RowUpdateCase.all.map(\.name) + ["clip_global_norm", "clip_global_norm_inactive"]
            + ScheduleCase.all.map(\.name)
        #expect(try Fixture.names == Set(read))
        #expect(Set(read).count == read.count)
    }

    private func batchNorm(_ fixture: Fixture) throws -> BatchNorm1d {
        let layer = BatchNorm1d(
            6, momentum: try fixture.parameter("momentum"), epsilon: try fixture.parameter("epsilon"))
        layer.gain.values = try fixture.input("weight")
        layer.bias.values = try fixture.input("bias")
        layer.runningMean.values.values = try fixture.input("running_mean")
        layer.runningVariance.values.values = try fixture.input("running_variance")
        return layer
    }

    private func runWithLayer(
        _ x: Matrix, upstream: [Float]?, training: Bool, _ layer: BatchNorm1d, _ gains: ([[Float]]) -> Void
    ) -> Outcome {
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        let input = x.parameter
        return withExtendedLifetime(crew) {
            let tape = crew.tapes[0]
            tape.begin(batchCount: x.rows, training: training)
            let y = layer(tape(input), tape)
            if let upstream {
                tape.arrive(upstream, at: y)
                tape.backward()
            }
            gains([layer.gain, layer.bias].map { tape.gradientValues(tape($0)) })
            return Outcome(value: y.values, gradients: [tape.gradientValues(tape(input))])
        }
    }
}
