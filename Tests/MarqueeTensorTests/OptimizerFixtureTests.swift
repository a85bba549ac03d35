internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

/// A dense update rule beside PyTorch's optimizer.
struct DenseUpdateCase: Sendable, CustomTestStringConvertible {
    let name: String
    let options: @Sendable (Fixture) throws -> Optimizer.Options
    var testDescription: String { name }

    static let all: [DenseUpdateCase] = [
        DenseUpdateCase(name: "sgd") { try .fixture($0, .sgd()) },
        DenseUpdateCase(name: "sgd_momentum") { try .fixture($0, .sgd(momentum: $0.parameter("momentum"))) },
        DenseUpdateCase(name: "adam") { try .fixture($0, .adam(.fixture($0))) },
        DenseUpdateCase(name: "adam_weight_decay") { try .fixture($0, .adam(.fixture($0))) },
        DenseUpdateCase(name: "adamw") { try .fixture($0, .adam(.fixture($0, decoupled: true))) },
        DenseUpdateCase(name: "adagrad") { try .fixture($0, .adagrad(epsilon: $0.parameter("epsilon"))) },
        DenseUpdateCase(name: "adagrad_weight_decay") {
            try .fixture($0, .adagrad(epsilon: $0.parameter("epsilon")))
        },
    ]
}

/// An update rule of table rows beside PyTorch's.
struct RowUpdateCase: Sendable, CustomTestStringConvertible {
    let name: String
    let options: @Sendable (Fixture) throws -> Optimizer.Options
    var testDescription: String { name }

    static let all: [RowUpdateCase] = [
        RowUpdateCase(name: "sparse_sgd") { try .fixture($0, .sgd()) },
        RowUpdateCase(name: "sparse_adagrad") { try .fixture($0, .adagrad(epsilon: $0.parameter("epsilon"))) },
        RowUpdateCase(name: "sparse_adam") { try .fixture($0, .adam(.fixture($0, sleep: .keep))) },
        // Dense Adam moves rows that sleep as well, so it is compared where none does; see the test.
        RowUpdateCase(name: "adam_rows") { try .fixture($0, .adam(.fixture($0, sleep: .forget))) },
    ]
}

struct ScheduleCase: Sendable, CustomTestStringConvertible {
    let name: String
    let schedule: @Sendable (Fixture) throws -> LearningRateSchedule
    var testDescription: String { name }

    static let all: [ScheduleCase] = [
        ScheduleCase(name: "schedule_constant") { _ in .constant },
        ScheduleCase(name: "schedule_step") {
            .stepped(every: Int(try $0.parameter("every")), factor: try $0.parameter("factor"))
        },
        ScheduleCase(name: "schedule_cosine") { .cosine(total: Int(try $0.parameter("steps"))) },
        ScheduleCase(name: "schedule_warmup") { .warmup(steps: Int(try $0.parameter("steps"))) },
    ]
}

extension Optimizer.Options {
    static func fixture(_ fixture: Fixture, _ rule: UpdateRule) throws -> Optimizer.Options {
        var options = Optimizer.Options()
        options.rule = rule
        options.rate = try fixture.parameter("rate")
        options.weightDecay = fixture.parameters["weight_decay"] ?? 0
        return options
    }
}

extension UpdateRule.Adam {
    static func fixture(_ fixture: Fixture, decoupled: Bool = false, sleep: UpdateRule.Sleep = .forget) throws -> Self {
        var adam = UpdateRule.Adam()
        adam.beta1 = try fixture.parameter("beta1")
        adam.beta2 = try fixture.parameter("beta2")
        adam.epsilon = try fixture.parameter("epsilon")
        adam.decoupled = decoupled
        adam.sleep = sleep
        return adam
    }
}

struct Weights: Module {
    let weight: Parameter
}

struct Table: Module {
    let table: EmbeddingTable
}

@Suite("Optimizers against PyTorch")
struct OptimizerFixtureTests {
    @Test("dense rules, step by step", arguments: DenseUpdateCase.all, 1...2)
    func dense(_ rule: DenseUpdateCase, workers: Int) throws {
        let fixture = try Fixture(rule.name)
        let parameter = try fixture.matrix("initial").parameter
        let crew = Crew(pool: WorkerPool(workerCount: workers))
        let optimizer = Optimizer(
            try rule.options(fixture), for: ModuleParameters(of: Weights(weight: parameter)), crew: crew)
        if let start = fixture.parameters["initial_accumulator"] {
            var state = optimizer.tensors()
            state["optimizer.weight"] = StoredTensor(
                [Float](repeating: start, count: parameter.count), shape: [parameter.count])
            try optimizer.restore(state)
        }
        let gradients = try fixture.steps(of: fixture.inputs?["gradients"])
        for (gradient, expected) in zip(gradients, try fixture.steps(of: fixture.outputs["parameters"])) {
            crew.run { tape in
                tape.begin(batchCount: 1)
                // Each worker brings its equal part.
                tape.arrive(gradient.map { $0 / Float(workers) }, at: tape(parameter))
                optimizer.update(tape)
            }
            expectClose(parameter.values, expected, absolute: 2e-6, relative: 2e-6, "step \(optimizer.step)")
        }
        #expect(optimizer.step == 5)
    }

    @Test("rows of a table, some of them repeated, step by step", arguments: RowUpdateCase.all, 1...3)
    func rows(_ rule: RowUpdateCase, workers: Int) throws {
        let fixture = try Fixture(rule.name)
        let initial = try fixture.matrix("initial")
        let table = EmbeddingTable(
            rowCount: initial.rows, width: initial.columns, .constant(0), stream: RandomStream(key: 0))
        table.values = initial.values
        let pool = WorkerPool(workerCount: workers)
        let crew = Crew(pool: pool)
        let optimizer = Optimizer(
            try rule.options(fixture), for: ModuleParameters(of: Table(table: table)), crew: crew)
        let ids = try fixture.steps(of: fixture.inputs?["rows"]).map { $0.map { Int32($0) } }
        let gradients = try fixture.steps(of: fixture.inputs?["gradients"])
        let expected = try fixture.steps(of: fixture.outputs["parameters"])
        var awake = Set(ids.joined()).filter { ids[0].contains($0) }
        for step in ids.indices {
            crew.run { tape in
                tape.begin(batchCount: 4)
                let shard = pool.shard(tape.worker, of: 4)
                let y = tape.gather(table[tape.indices(Array(ids[step][shard]))])
                tape.arrive(Array(gradients[step][shard.lowerBound * 3..<shard.upperBound * 3]), at: y)
                tape.backward()
                optimizer.update(tape)
            }
            guard rule.name == "adam_rows" else {
                expectClose(table.values, expected[step], absolute: 2e-6, relative: 2e-6, "step \(step)")
                continue
            }
            // Rows that every step touched so far agree with dense Adam.
            awake.formIntersection(ids[step])
            for row in awake.map({ Int($0) * 3..<Int($0) * 3 + 3 }) {
                expectClose(
                    Array(table.values[row]), Array(expected[step][row]), absolute: 2e-6, relative: 2e-6,
                    "row \(row.lowerBound / 3) at step \(step)")
            }
        }
        // Row 6 is in no batch.
        #expect(Array(table.values[18...]) == Array(initial.values[18...]))
    }

    @Test(
        "clipping by the norm of the whole gradient", arguments: ["clip_global_norm", "clip_global_norm_inactive"],
        1...2)
    func clipping(_ name: String, workers: Int) throws {
        struct Pair: Module {
            let a, b: Parameter
        }
        let fixture = try Fixture(name)
        let (a, b) = (try fixture.matrix("a"), try fixture.matrix("b"))
        let pair = Pair(
            a: Parameter(rows: 3, columns: 4, .constant(0), stream: RandomStream(key: 0)),
            b: Parameter(columns: 5, .constant(0), stream: RandomStream(key: 0)))
        var options = Optimizer.Options()
        options.rule = .sgd()
        options.rate = 1
        options.clipping = try fixture.parameter("limit")
        let crew = Crew(pool: WorkerPool(workerCount: workers))
        let optimizer = Optimizer(options, for: ModuleParameters(of: pair), crew: crew)
        crew.run { tape in
            tape.begin(batchCount: 1)
            tape.arrive(a.values.map { $0 / Float(workers) }, at: tape(pair.a))
            tape.arrive(b.values.map { $0 / Float(workers) }, at: tape(pair.b))
            optimizer.update(tape)
        }
        expectClose(pair.a.values.map { -$0 }, try fixture.output("a"))
        expectClose(pair.b.values.map { -$0 }, try fixture.output("b"))
    }

    /// The engine's schedules are factors on the rate; a cosine ends at zero, PyTorch's at its `minimum`.
    @Test("schedules", arguments: ScheduleCase.all)
    func schedule(_ schedule: ScheduleCase) throws {
        let fixture = try Fixture(schedule.name)
        let rate = try fixture.parameter("rate")
        let minimum = fixture.parameters["minimum"] ?? 0
        let rates = try fixture.output("rates")
        let rule = try schedule.schedule(fixture)
        expectClose(rates.indices.map { minimum + (rate - minimum) * rule.factor(at: $0) }, rates, absolute: 1e-7)
    }
}
