internal import CMarqueeKernels
public import MarqueeRuntime

/// What one worker did in a step, kept so that it can be walked backwards.
///
/// Operations compute at once and record how their gradient flows (define-by-run, reverse mode).
/// Values and gradients live in an arena: after warm-up a step allocates nothing.
///
///     tape.begin(batchCount: 512)
///     let loss = tape.binaryCrossEntropy(model.logits(batch, tape), labels: batch.labels)
///     tape.backward()
///
/// A tape belongs to one worker of a ``Crew`` and is not to be shared.
public final class Tape {
    private struct Slot {
        var gradient: UnsafeMutablePointer<Float>?
        /// Whether the gradient holds something yet; until then it is overwritten, which saves clearing it.
        var written = false
    }

    /// Where a gradient goes: `accumulates` adds to what is there, else what is there is undefined.
    struct Target {
        let pointer: UnsafeMutablePointer<Float>
        let accumulates: Bool
        var beta: Float { accumulates ? 1 : 0 }
        var flag: Int32 { accumulates ? 1 : 0 }
    }

    public let worker: Int
    let arena = Arena()
    let exchange: Exchange
    private var operations: [RecordedOperation] = []
    private var slots: [Slot] = []
    private var parameterSlots: [ObjectIdentifier: Int] = [:]
    private var shardSlots: [ObjectIdentifier: (slot: Int, rows: Range<Int>)] = [:]
    /// The gradients of table rows that this step has come to.
    private(set) var rowGradients: [RowGradients] = []
    private var stream = RandomStream(key: 0)
    private var draws: UInt64 = 0

    /// Whether dropout drops and batch normalization uses the batch's own statistics.
    public private(set) var isTraining = true
    /// Rows of the whole batch, all workers' shards together; losses are means over it.
    public private(set) var batchCount = 1

    init(worker: Int, crew: Crew) {
        self.worker = worker
        exchange = Exchange(worker: worker, crew: crew, arena: arena)
    }

    /// A tape of its own, for inference: it records nothing and no other worker waits for it.
    public init() {
        worker = 0
        exchange = Exchange(worker: 0, crew: nil, arena: arena)
        isTraining = false
    }

    deinit { forgetOperations() }

    public var workerCount: Int { exchange.workerCount }

    /// Forgets the last step and starts another.
    /// - Parameters:
    ///   - batchCount: rows of the whole batch.
    ///   - stream: where this step's random numbers (dropout) come from.
    public func begin(batchCount: Int, training: Bool = true, stream: RandomStream = RandomStream(key: 0)) {
        forgetOperations()
        slots.removeAll(keepingCapacity: true)
        parameterSlots.removeAll(keepingCapacity: true)
        shardSlots.removeAll(keepingCapacity: true)
        rowGradients.removeAll(keepingCapacity: true)
        arena.reset()
        draws = 0
        isTraining = training && !exchange.isAlone
        exchange.begin(training: isTraining)
        self.batchCount = batchCount
        self.stream = RandomStream(key: RandomStream.mix(stream.key &+ UInt64(worker)))
    }

    /// Numbers for the next random choice of this step, each worker's own.
    public func randomStream() -> RandomStream { RandomStream(key: drawKey()) }

    /// A key for the next random mask of this step.
    func drawKey() -> UInt64 {
        defer { draws += 1 }
        return stream[draws]
    }

    // MARK: Tensors

    /// An uninitialized input, to be written through ``Tensor/fill(_:)``: no gradient flows into it.
    public func constant(rows: Int, columns: Int = 1) -> Tensor {
        Tensor(value: arena.allocate(Float.self, rows * columns), slot: -1, rows: rows, columns: columns)
    }

    /// An input of these values, row-major.
    public func constant(_ values: [Float], rows: Int, columns: Int = 1) -> Tensor {
        precondition(values.count == rows * columns)
        let tensor = constant(rows: rows, columns: columns)
        tensor.value.update(from: values, count: values.count)
        return tensor
    }

    /// The rows of a table where they lie, [rows, width], such as all items that are to be scored: no gradient flows into
    /// them.
    public func constant(_ table: EmbeddingTable) -> Tensor {
        Tensor(value: table.value, slot: -1, rows: table.rowCount, columns: table.width)
    }

    /// Uninitialized ids for the length of the step, to be written through ``Indices/fill(_:)``.
    public func indices(_ count: Int) -> Indices {
        Indices(buffer: UnsafeMutableBufferPointer(start: arena.allocate(Int32.self, count), count: count))
    }

    public func indices(_ ids: [Int32]) -> Indices {
        let indices = indices(ids.count)
        _ = indices.buffer.update(from: ids)
        return indices
    }

    /// The parameter as a tensor of this step; asked for again, the same one.
    public func callAsFunction(_ parameter: Parameter) -> Tensor {
        let identity = ObjectIdentifier(parameter)
        let slot = parameterSlots[identity] ?? makeSlot()
        parameterSlots[identity] = slot
        return Tensor(value: parameter.value, slot: slot, rows: parameter.rows, columns: parameter.columns)
    }

    /// Some rows of a parameter, this worker's own: its gradient is theirs alone.
    func shard(_ parameter: Parameter, rows: Range<Int>) -> Tensor {
        let identity = ObjectIdentifier(parameter)
        let slot = shardSlots[identity]?.slot ?? makeSlot()
        shardSlots[identity] = (slot, rows)
        return Tensor(
            value: parameter.value + rows.lowerBound * parameter.columns, slot: slot, rows: rows.count,
            columns: parameter.columns)
    }

    private func makeSlot() -> Int {
        slots.append(Slot())
        return slots.count - 1
    }

    /// A result that is the first rows of a tensor where they lie.
    func view(_ x: Tensor, rows: Int) -> Tensor {
        Tensor(value: x.value, slot: makeSlot(), rows: rows, columns: x.columns)
    }

    /// An uninitialized result of this shape.
    func result(rows: Int, columns: Int) -> Tensor {
        Tensor(value: arena.allocate(Float.self, rows * columns), slot: makeSlot(), rows: rows, columns: columns)
    }

    // MARK: Backwards

    /// Keeps an operation for the way back.
    func record(_ operation: some Operation) {
        guard isTraining else { return }
        operations.append(RecordedOperation(operation, in: arena))
    }

    private func forgetOperations() {
        for operation in operations { operation.forget() }
        operations.removeAll(keepingCapacity: true)
    }

    /// Where the gradient of `tensor` goes, nil when nobody wants it. Each call counts as a write.
    func target(_ tensor: Tensor) -> Target? {
        guard tensor.slot >= 0 else { return nil }
        let pointer =
            slots[tensor.slot].gradient ?? arena.allocate(Float.self, tensor.count)
        defer {
            slots[tensor.slot].gradient = pointer
            slots[tensor.slot].written = true
        }
        return Target(pointer: pointer, accumulates: slots[tensor.slot].written)
    }

    /// As ``target(_:)``, cleared where it held nothing: what is written is to be added.
    func clearedTarget(_ tensor: Tensor) -> UnsafeMutablePointer<Float>? {
        guard let target = target(tensor) else { return nil }
        if !target.accumulates { target.pointer.update(repeating: 0, count: tensor.count) }
        return target.pointer
    }

    /// The gradient that has arrived at `tensor`; nil when none has.
    func gradient(_ tensor: Tensor) -> UnsafeMutablePointer<Float>? {
        guard tensor.slot >= 0, slots[tensor.slot].written else { return nil }
        return slots[tensor.slot].gradient
    }

    /// Walks the step backwards from the losses it computed, leaving gradients with parameters and tables.
    public func backward() {
        for operation in operations.reversed() { operation.backward(self) }
    }

    /// The gradient that this worker's shard left at `parameter`; nil when none arrived.
    func gradient(_ parameter: Parameter) -> UnsafeMutablePointer<Float>? {
        guard let slot = parameterSlots[ObjectIdentifier(parameter)], slots[slot].written else { return nil }
        return slots[slot].gradient
    }

    /// The gradient of this worker's own rows of `parameter` and which elements those are; nil where it was
    /// not used by shards or no gradient arrived.
    func shardGradient(_ parameter: Parameter) -> (gradient: UnsafeMutablePointer<Float>, elements: Range<Int>)? {
        guard let (slot, rows) = shardSlots[ObjectIdentifier(parameter)], slots[slot].written,
            let gradient = slots[slot].gradient
        else { return nil }
        return (gradient, rows.lowerBound * parameter.columns..<rows.upperBound * parameter.columns)
    }

    /// Gradients of rows of a table, one a row that was looked up, for the optimizer to add up by row.
    struct RowGradients {
        let table: Unmanaged<EmbeddingTable>
        let rows: mq_lookup
    }

    /// Hands the gradients of looked-up rows to the optimizer: `stride` apart, from `gradient` on, held by the arena.
    func addRowGradients(_ table: EmbeddingTable, _ ids: Indices, _ gradient: UnsafePointer<Float>, stride: Int) {
        rowGradients.append(
            RowGradients(table: .passUnretained(table), rows: ids.lookup(gradient: gradient, stride: stride)))
    }

    /// A copy of the gradient of `tensor`, zeros when none arrived. For tests and diagnostics.
    public func gradientValues(_ tensor: Tensor) -> [Float] {
        gradient(tensor).map { Array(UnsafeBufferPointer(start: $0, count: tensor.count)) }
            ?? [Float](repeating: 0, count: tensor.count)
    }

    /// Waits for the other workers of the crew.
    public func barrier() { exchange.barrier() }
}
