internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

@Suite("Modules")
struct ModuleTests {
    struct Block: Module {
        let linear: Linear
        let norm: BatchNorm1d?
    }

    struct Network: Module {
        let users: EmbeddingTable
        let tower: [Block]
        let extra: Linear?
        let pair: (Linear, LayerNorm)
        let tied: Linear
        let rate: Float = 0.5
        let kinds: [UInt8] = [0, 1, 0]
    }

    static func network() -> Network {
        var stream = RandomStream(seed: 1, "module")
        let first = Linear(2, 3, stream: &stream)
        return Network(
            users: EmbeddingTable(rowCount: 4, width: 2, .normal(deviation: 1), stream: RandomStream(key: 5)),
            tower: [
                Block(linear: first, norm: BatchNorm1d(3)), Block(linear: Linear(3, 1, stream: &stream), norm: nil),
            ],
            extra: nil, pair: (Linear(1, 1, stream: &stream), LayerNorm(2)), tied: first)
    }

    @Test("parameters go by the path of their properties, a shared one by its first")
    func names() {
        let parameters = ModuleParameters(of: Self.network())
        #expect(
            parameters.dense.map(\.name) == [
                "tower.0.linear.weight", "tower.0.linear.bias", "tower.0.norm.gain", "tower.0.norm.bias",
                "tower.1.linear.weight", "tower.1.linear.bias", "pair.0.weight", "pair.0.bias", "pair.1.gain",
                "pair.1.bias",
            ])
        #expect(parameters.tables.map(\.name) == ["users"])
        #expect(parameters.buffers.map(\.name) == ["tower.0.norm.runningMean", "tower.0.norm.runningVariance"])
        #expect(parameters.count == 8 + 6 + 3 + 3 + 3 + 3 + 1 + 1 + 1 + 2 + 2)
        #expect(parameters.tensors()["tower.0.linear.weight"]?.shape == [3, 2])
        #expect(parameters.tensors()["tower.0.linear.bias"]?.shape == [3])
        #expect(parameters.tensors()["users"]?.shape == [4, 2])
    }

    @Test("a shared parameter is updated once a step")
    func shared() {
        struct Tied: Module {
            let a, b: Parameter
        }
        let parameter = Parameter(columns: 1, .constant(0), stream: RandomStream(key: 0))
        var options = Optimizer.Options()
        options.rule = .sgd()
        options.rate = 1
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        let optimizer = Optimizer(options, for: ModuleParameters(of: Tied(a: parameter, b: parameter)), crew: crew)
        crew.run { tape in
            tape.begin(batchCount: 1)
            tape.arrive([1], at: tape(parameter))
            optimizer.update(tape)
        }
        #expect(parameter.values == [-1])
    }

    @Test("what was saved comes back, buffers included")
    func restored() throws {
        let network = Self.network()
        let parameters = ModuleParameters(of: network)
        let saved = parameters.tensors()
        for (_, parameter) in parameters.dense + parameters.buffers {
            parameter.values = parameter.values.map { $0 + 1 }
        }
        network.users.values = network.users.values.map { $0 * 2 }
        #expect(parameters.tensors() != saved)
        try parameters.restore(saved)
        #expect(parameters.tensors() == saved)
    }

    @Test("a file that does not fit changes nothing and says which tensor and why")
    func misfits() throws {
        let parameters = ModuleParameters(of: Self.network())
        let before = parameters.tensors()
        func attempt(_ change: (inout [String: StoredTensor]) -> Void) -> ModuleError? {
            // Everything else differs, so that a partial restore would show.
            var tensors: [String: StoredTensor] = [:]
            for (name, tensor) in before {
                tensors[name] = StoredTensor([Float](repeating: 9, count: tensor.bytes.count / 4), shape: tensor.shape)
            }
            change(&tensors)
            return #expect(throws: ModuleError.self) { try parameters.restore(tensors) }
        }
        #expect(attempt { $0["users"] = nil } == .missing("users"))
        #expect(attempt { $0["tower.0.norm.runningMean"] = nil } == .missing("tower.0.norm.runningMean"))
        #expect(
            attempt { $0["users"] = StoredTensor([1, 2], shape: [1, 2]) }
                == .wrongShape("users", expected: [4, 2], found: [1, 2]))
        // As many numbers, but the other way round.
        let transposed = attempt { $0["tower.0.linear.weight"] = StoredTensor([1, 2, 3, 4, 5, 6], shape: [2, 3]) }
        #expect(transposed == .wrongShape("tower.0.linear.weight", expected: [3, 2], found: [2, 3]))
        #expect(
            transposed?.description
                == "tensor 'tower.0.linear.weight' has shape [2, 3], expected [3, 2]; was it saved by another configuration?"
        )
        var integers = before
        integers["users"] = StoredTensor([Int32](repeating: 1, count: 8), shape: [4, 2])
        #expect(throws: SafetensorsError.self) { try parameters.restore(integers) }
        #expect(parameters.tensors() == before)
    }
}

@Suite("Initializers")
struct InitializerTests {
    func draw(_ initializer: Initializer, count: Int = 100_001, seed: UInt64 = 1) -> [Float] {
        Parameter(columns: count, initializer, stream: RandomStream(seed: seed, "draw")).values
    }

    func moments(_ values: [Float]) -> (mean: Double, variance: Double, kurtosis: Double) {
        let n = Double(values.count)
        let mean = values.reduce(0) { $0 + Double($1) } / n
        let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / n
        let fourth =
            values.reduce(0) { sum, value in
                let d = Double(value) - mean
                return sum + d * d * d * d
            } / n
        return (mean, variance, fourth / (variance * variance))
    }

    @Test("normal: mean 0, its deviation, kurtosis 3")
    func normal() {
        let (mean, variance, kurtosis) = moments(draw(.normal(deviation: 0.05)))
        #expect(abs(mean) < 4 * 0.05 / 316)
        #expect(abs(variance.squareRoot() / 0.05 - 1) < 0.01)
        #expect(abs(kurtosis - 3) < 0.1)
    }

    @Test("uniform: within its bound, variance bound² / 3, kurtosis 9/5")
    func uniform() {
        let values = draw(.uniform(bound: 0.3))
        let (mean, variance, kurtosis) = moments(values)
        #expect(values.allSatisfy { abs($0) <= 0.3 })
        #expect(abs(mean) < 4 * 0.3 / 3.squareRoot() / 316)
        #expect(abs(variance / (0.09 / 3) - 1) < 0.02)
        #expect(abs(kurtosis - 1.8) < 0.05)
    }

    @Test("the identity lets everything through")
    func identity() {
        #expect(draw(.identity, count: 9) == [1, 0, 0, 0, 1, 0, 0, 0, 1])
    }

    @Test("bounds of linear layers")
    func bounds() {
        #expect(Initializer.linear(inputs: 16) == .uniform(bound: 0.25))
        #expect(Initializer.linear(inputs: 0) == .uniform(bound: 1))
        #expect(Initializer.glorot(inputs: 2, outputs: 4) == .uniform(bound: 1))
        #expect(draw(.constant(2), count: 5) == [2, 2, 2, 2, 2])
    }

    @Test(
        "a value is a function of the stream and its index",
        arguments: [
            Initializer.normal(deviation: 1), .uniform(bound: 1),
        ])
    func streams(_ initializer: Initializer) {
        #expect(draw(initializer, count: 7) == Array(draw(initializer, count: 100)[..<7]))
        #expect(draw(initializer, count: 7) != draw(initializer, count: 7, seed: 2))
    }

    @Test("a linear layer's weight and bias are drawn apart, within 1/√inputs")
    func linear() {
        var stream = RandomStream(seed: 1, "linear")
        let layer = Linear(100, 50, stream: &stream)
        let next = Linear(100, 50, stream: &stream)
        #expect(layer.weight.values.allSatisfy { abs($0) <= 0.1 } && layer.bias.values.allSatisfy { abs($0) <= 0.1 })
        #expect(layer.weight.values != next.weight.values)
        #expect(Array(layer.weight.values[..<50]) != layer.bias.values)
        #expect(layer.weight.decays && !layer.bias.decays)
    }
}
