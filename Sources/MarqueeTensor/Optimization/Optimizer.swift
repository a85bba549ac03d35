internal import CMarqueeKernels
internal import Foundation
internal import MarqueeRuntime

/// Turns the gradients on a crew's tapes into new weights, each worker its own part.
///
/// Dense parameters are cut by index, table rows by a hash of their id; the workers' gradients are
/// added in order of worker and of batch. A step costs what its batch touches, never what a table holds.
public final class Optimizer: @unchecked Sendable {
    // Unchecked: state is cut among the workers as the weights are, between two barriers.
    public struct Options: Sendable, Equatable {
        public var rule: UpdateRule = .adam()
        public var rate: Float = 0.001
        public var schedule: LearningRateSchedule = .constant
        /// λ of λ/2 · |w|², on weights that decay and on the rows that a step touches.
        public var weightDecay: Float = 0
        /// Largest norm of the whole gradient; larger ones are scaled down to it.
        public var clipping: Float?

        public init() {}
    }

    private struct Dense {
        let parameter: Parameter
        let state: AlignedBuffer<Float>
    }

    private struct Sparse {
        let table: EmbeddingTable
        /// [rows, stateWidth · width].
        let state: AlignedBuffer<Float>
        /// The step that last touched a row; nil where the rule does not ask.
        let touched: AlignedBuffer<Int32>?
    }

    /// What one worker collects: the distinct rows of its part and their gradients.
    private final class Collection {
        private(set) var rows = AlignedBuffer<Int32>(count: 0)
        private(set) var sums = AlignedBuffer<Float>(count: 0)
        /// A hash table of rows, -1 where it is free.
        private(set) var slots = AlignedBuffer<Int32>(count: 0)
        private(set) var bits: Int32 = 0
        var lookups: [mq_lookup] = []
        var distinct: [Int] = []
        var step = 0

        func reserve(rows count: Int, floats: Int) {
            if count > rows.count {
                rows = AlignedBuffer(count: count * 2)
                bits = Int32(Int.bitWidth - (rows.count * 2 - 1).leadingZeroBitCount)
                slots = AlignedBuffer(repeating: -1, count: 1 << Int(bits))
            }
            if floats > sums.count { sums = AlignedBuffer(count: floats * 2) }
        }
    }

    public let options: Options
    private let crew: Crew
    private let dense: [Dense]
    private let sparse: [Sparse]
    private let names: [String]
    private let collections: [Collection]

    public init(_ options: Options, for parameters: ModuleParameters, crew: Crew) {
        self.options = options
        self.crew = crew
        let width = options.rule.stateWidth
        dense = parameters.dense.map { _, parameter in
            Dense(parameter: parameter, state: AlignedBuffer(repeating: 0, count: parameter.count * width))
        }
        sparse = parameters.tables.map { _, table in
            Sparse(
                table: table, state: AlignedBuffer(repeating: 0, count: table.rowCount * table.width * width),
                touched: options.rule.remembersSleep ? AlignedBuffer(repeating: 0, count: table.rowCount) : nil)
        }
        names = parameters.dense.map(\.name) + parameters.tables.map(\.name)
        collections = (0..<crew.workerCount).map { _ in Collection() }
    }

    /// Steps taken.
    public private(set) var step: Int {
        get { collections[0].step }
        set { for collection in collections { collection.step = newValue } }
    }

    /// One update, called by every worker of the crew after its backward pass.
    public func update(_ tape: Tape) {
        tape.barrier()
        let own = collections[tape.worker]
        own.step += 1
        for part in dense where tape.shardGradient(part.parameter) == nil {
            addShards(of: part.parameter, worker: tape.worker)
        }
        var offset = 0
        own.distinct.removeAll(keepingCapacity: true)
        reserve(own)
        for part in sparse {
            collectLookups(of: part.table, into: own)
            let count = mq_collect_rows(
                own.lookups, Int32(own.lookups.count), Int32(part.table.width), Int32(tape.worker),
                Int32(crew.workerCount), own.slots.pointer, own.bits, own.rows.pointer + own.distinct.reduce(0, +),
                own.sums.pointer + offset)
            own.distinct.append(Int(count))
            offset += Int(count) * part.table.width
        }
        let factor = options.clipping.map { clippingFactor($0, tape: tape, own: own, floats: offset) } ?? 1
        apply(own, tape: tape, factor: factor)
        tape.barrier()
    }

    private func reserve(_ own: Collection) {
        var rows = 0
        var floats = 0
        for tape in crew.tapes {
            for gradients in tape.rowGradients {
                rows += Int(gradients.rows.count)
                floats += Int(gradients.rows.count) * gradients.table._withUnsafeGuaranteedRef(\.width)
            }
        }
        own.reserve(rows: rows, floats: floats)
    }

    private func collectLookups(of table: EmbeddingTable, into own: Collection) {
        own.lookups.removeAll(keepingCapacity: true)
        let wanted = Unmanaged.passUnretained(table).toOpaque()
        for tape in crew.tapes {
            for gradients in tape.rowGradients where gradients.table.toOpaque() == wanted {
                own.lookups.append(gradients.rows)
            }
        }
    }

    /// Adds the gradients of all workers up in the first one's, for the shard of `worker`.
    private func addShards(of parameter: Parameter, worker: Int) {
        let shard = crew.pool.shard(worker, of: parameter.count, alignment: 16)
        var sum: UnsafeMutablePointer<Float>?
        for tape in crew.tapes {
            guard let gradient = tape.gradient(parameter) else { continue }
            if let sum {
                mq_axpy(1, gradient + shard.lowerBound, sum + shard.lowerBound, shard.count, 1)
            } else {
                sum = gradient
            }
        }
    }

    /// The whole gradient of the part of `parameter` that this worker updates, and which elements those are.
    private func ownGradient(
        _ parameter: Parameter, _ tape: Tape
    ) -> (gradient: UnsafeMutablePointer<Float>, elements: Range<Int>)? {
        if let shard = tape.shardGradient(parameter) { return shard }
        let shard = crew.pool.shard(tape.worker, of: parameter.count, alignment: 16)
        for tape in crew.tapes {
            if let gradient = tape.gradient(parameter) { return (gradient + shard.lowerBound, shard) }
        }
        return nil
    }

    private func clippingFactor(_ limit: Float, tape: Tape, own: Collection, floats: Int) -> Float {
        var squares = mq_sum_of_squares(own.sums.pointer, floats)
        for part in dense {
            guard let own = ownGradient(part.parameter, tape) else { continue }
            squares += mq_sum_of_squares(own.gradient, own.elements.count)
        }
        var total: Float = 0
        tape.exchange.allReduce(1) {
            $0[0] = Float(squares)
        } merge: { _, squares in
            total += squares[0]
        }
        let norm = total.squareRoot()
        return norm > limit ? limit / (norm + 1e-6) : 1
    }

    private func apply(_ own: Collection, tape: Tape, factor: Float) {
        let rate = options.rate * options.schedule.factor(at: own.step - 1)
        for part in dense {
            guard let (gradient, shard) = ownGradient(part.parameter, tape), !shard.isEmpty else { continue }
            if factor != 1 { mq_axpy(factor, gradient, gradient, shard.count, 0) }
            let decay = part.parameter.decays ? options.weightDecay : 0
            let weight = part.parameter.value + shard.lowerBound
            let state = part.state.pointer + shard.lowerBound
            switch options.rule {
            case .sgd(let momentum):
                mq_sgd_update(
                    rate, momentum, decay, weight, gradient, momentum == 0 ? nil : state, shard.count)
            case .adagrad(let epsilon):
                mq_adagrad_update(rate, epsilon, decay, weight, gradient, state, shard.count)
            case .adam(let adam):
                var rule = kernel(adam, rate: rate, decay: decay, step: own.step)
                rule.epsilon *= secondCorrection(adam, step: own.step).squareRoot()
                mq_adam_update(&rule, weight, gradient, state, state + part.parameter.count, shard.count)
            }
        }
        var rows = own.rows.pointer
        var sums = own.sums.pointer
        for (part, count) in zip(sparse, own.distinct) {
            let width = part.table.width
            if factor != 1 { mq_axpy(factor, sums, sums, count * width, 0) }
            switch options.rule {
            case .sgd(let momentum):
                mq_sgd_rows(
                    rate, momentum, options.weightDecay, part.table.value, momentum == 0 ? nil : part.state.pointer,
                    rows,
                    sums, Int32(count), Int32(width))
            case .adagrad(let epsilon):
                mq_adagrad_rows(
                    rate, epsilon, options.weightDecay, part.table.value, part.state.pointer, rows, sums, Int32(count),
                    Int32(width))
            case .adam(let adam):
                var rule = kernel(adam, rate: rate, decay: options.weightDecay, step: own.step)
                mq_adam_rows(
                    &rule, part.table.value, part.state.pointer, part.touched?.pointer, Int32(own.step), rows, sums,
                    Int32(count),
                    Int32(width))
            }
            rows += count
            sums += count * width
        }
    }

    private func secondCorrection(_ adam: UpdateRule.Adam, step: Int) -> Float {
        Float(1 - pow(Double(adam.beta2), Double(step)))
    }

    private func kernel(_ adam: UpdateRule.Adam, rate: Float, decay: Float, step: Int) -> mq_adam {
        let first = Float(1 - pow(Double(adam.beta1), Double(step)))
        let second = secondCorrection(adam, step: step)
        return mq_adam(
            rate: rate * second.squareRoot() / first, beta1: adam.beta1, beta2: adam.beta2, epsilon: adam.epsilon,
            decay: adam.decoupled ? 0 : decay, shrink: adam.decoupled ? 1 - rate * decay : 1)
    }

    // MARK: Checkpoints

    /// The optimizer's memory, by the paths of the parameters, for a checkpoint.
    public func tensors() -> [String: StoredTensor] {
        var tensors = ["optimizer.step": StoredTensor([Int64(step)])]
        for (name, state) in states {
            tensors["optimizer.\(name)"] = StoredTensor(Array(state), shape: [state.count])
        }
        for (name, part) in zip(names.dropFirst(dense.count), sparse) {
            if let touched = part.touched {
                tensors["optimizer.\(name).touched"] = StoredTensor(
                    Array(touched.elements))
            }
        }
        return tensors
    }

    /// Puts back what ``tensors()`` gave; the run then goes on as if it had never stopped.
    /// - Throws: ``ModuleError`` when a tensor is missing or has another shape; nothing has changed then.
    public func restore(_ tensors: [String: StoredTensor]) throws {
        guard let step = try tensors["optimizer.step"]?.longIntegers().first else {
            throw ModuleError.missing("optimizer.step")
        }
        let states = states
        let floats = try states.map { try tensors.floats("optimizer.\($0.0)", shape: [$0.1.count]) }
        let steps = try zip(names.dropFirst(dense.count), sparse).map { name, part -> [Int32] in
            guard part.touched != nil else { return [] }
            let name = "optimizer.\(name).touched"
            guard let tensor = tensors[name] else { throw ModuleError.missing(name) }
            guard tensor.shape == [part.table.rowCount] else {
                throw ModuleError.wrongShape(name, expected: [part.table.rowCount], found: tensor.shape)
            }
            return try tensor.integers()
        }
        for ((_, state), floats) in zip(states, floats) { _ = state.update(from: floats) }
        for (part, steps) in zip(sparse, steps) { _ = part.touched?.elements.update(from: steps) }
        self.step = Int(step)
    }

    private var states: [(String, UnsafeMutableBufferPointer<Float>)] {
        Array(zip(names, dense.map(\.state.elements) + sparse.map(\.state.elements)))
    }
}
