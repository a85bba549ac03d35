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
    /// How an operation's gradient flows: reads the gradient of `output`, adds to those of the inputs.
    typealias Backward = (borrowing Node, Tape) -> Void

    struct Node {
        /// Captures nothing, so that recording does not allocate.
        let backward: Backward
        var output: Tensor
        var inputs: (Tensor, Tensor, Tensor)
        /// Saved by the forward pass, in the arena.
        var saved: UnsafeMutablePointer<Float>?
        var scalar: Float = 0
        var integers: (Int, Int) = (0, 0)
        var key: UInt64 = 0
        var lookup: Lookup?
        var matrix: SparseOperator?
        var ids, others: Indices?
        var attention: EdgeAttentionSaved?
        var selection: NodeSelection?
    }

    /// What attention along edges needs backwards: the graph, a fourth input, and what was shared.
    struct EdgeAttentionSaved {
        let edges: AttentionEdges
        let weights: Tensor?
        let t: UnsafePointer<Float>
        let z: Messages
        let slope: Float
    }

    private struct Slot {
        var gradient: UnsafeMutablePointer<Float>?
        /// Whether the gradient holds something yet; until then it is overwritten, which saves clearing it.
        var written = false
    }

    /// Where a gradient goes: `accumulates` adds to what is there, else what is there is garbage.
    struct Target {
        let pointer: UnsafeMutablePointer<Float>
        let accumulates: Bool
        var beta: Float { accumulates ? 1 : 0 }
        var flag: Int32 { accumulates ? 1 : 0 }
    }

    public let worker: Int
    /// Whom it sums with; nil for a tape that only infers.
    private unowned let crew: Crew?
    let arena = Arena()
    private var nodes: [Node] = []
    private var slots: [Slot] = []
    private var parameterSlots: [ObjectIdentifier: Int] = [:]
    private var shardSlots: [ObjectIdentifier: (slot: Int, rows: Range<Int>)] = [:]
    /// The gathers of this step whose gradients have arrived.
    private(set) var gathered: [Gathered] = []
    private var exchanged = 0
    private var published = 0
    private var posted = 0
    private var stream = RandomStream(key: 0)
    private var draws: UInt64 = 0

    /// Whether dropout drops and batch normalization uses the batch's own statistics.
    public private(set) var isTraining = true
    /// Rows of the whole batch, all workers' shards together; losses are means over it.
    public private(set) var batchCount = 1
    init(worker: Int, crew: Crew) {
        self.worker = worker
        self.crew = crew
    }

    /// A tape of its own, for inference: it records nothing and no other worker waits for it.
    public init() {
        worker = 0
        crew = nil
        isTraining = false
    }

    public var workerCount: Int { crew?.workerCount ?? 1 }

    /// Forgets the last step and starts another.
    /// - Parameters:
    ///   - batchCount: rows of the whole batch.
    ///   - stream: where this step's random numbers (dropout) come from.
    public func begin(batchCount: Int, training: Bool = true, stream: RandomStream = RandomStream(key: 0)) {
        nodes.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
        parameterSlots.removeAll(keepingCapacity: true)
        shardSlots.removeAll(keepingCapacity: true)
        gathered.removeAll(keepingCapacity: true)
        arena.reset()
        exchanged = 0
        published = 0
        posted = 0
        draws = 0
        isTraining = training && crew != nil
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

    func record(
        _ output: Tensor, from a: Tensor? = nil, _ b: Tensor? = nil, _ c: Tensor? = nil,
        saved: UnsafeMutablePointer<Float>? = nil, scalar: Float = 0, integers: (Int, Int) = (0, 0), key: UInt64 = 0,
        lookup: Lookup? = nil, matrix: SparseOperator? = nil, ids: Indices? = nil, others: Indices? = nil,
        attention: EdgeAttentionSaved? = nil, selection: NodeSelection? = nil, backward: @escaping Backward
    ) {
        guard isTraining else { return }
        nodes.append(
            Node(
                backward: backward, output: output, inputs: (a ?? output, b ?? output, c ?? output), saved: saved,
                scalar: scalar, integers: integers, key: key, lookup: lookup, matrix: matrix, ids: ids, others: others,
                attention: attention, selection: selection))
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

    /// The gradient that has arrived at `tensor`; nil when none has.
    func gradient(_ tensor: Tensor) -> UnsafeMutablePointer<Float>? {
        guard tensor.slot >= 0, slots[tensor.slot].written else { return nil }
        return slots[tensor.slot].gradient
    }

    /// Walks the step backwards from the losses it computed, leaving gradients with parameters and tables.
    public func backward() {
        for node in nodes.reversed() where slots[node.output.slot].written {
            node.backward(node, self)
        }
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

    /// A gather whose rows wait for the optimizer.
    struct Gathered {
        let table: Unmanaged<EmbeddingTable>
        let rows: mq_lookup
    }

    /// Leaves the gradients of gathered rows with the optimizer: `stride` apart, from `gradient` on.
    func leave(_ lookup: Lookup, gradient: UnsafePointer<Float>, stride: Int) {
        gathered.append(
            Gathered(
                table: .passUnretained(lookup.table),
                rows: mq_lookup(
                    ids: lookup.ids.buffer.baseAddress, gradient: gradient, stride: stride,
                    count: Int32(lookup.ids.count))))
    }

    /// A copy of the gradient of `tensor`, zeros when none arrived. For tests and diagnostics.
    public func gradientValues(_ tensor: Tensor) -> [Float] {
        gradient(tensor).map { Array(UnsafeBufferPointer(start: $0, count: tensor.count)) }
            ?? [Float](repeating: 0, count: tensor.count)
    }

    // MARK: Across workers

    /// This worker's nodes. A tape without a crew holds them all.
    func rows(of partition: NodePartition) -> Range<Int> {
        guard crew != nil, !partition.isOwn else { return 0..<partition.nodeCount }
        precondition(partition.workerCount == workerCount, "a graph cut for another number of workers")
        return partition[worker]
    }

    /// Shows this worker's nodes to all and returns everybody's, once they are there.
    func publish(
        _ own: UnsafePointer<Float>, columns: Int, _ partition: NodePartition
    ) -> UnsafePointer<Float> {
        guard let crew, !partition.isOwn else { return own }
        let all = board(partition.nodeCount * columns, of: crew)
        let rows = partition[worker]
        (all + rows.lowerBound * columns).update(from: own, count: rows.count * columns)
        barrier()
        return UnsafePointer(all)
    }

    /// Memory that all workers see, the next of this step.
    private func board(_ count: Int, of crew: Crew) -> UnsafeMutablePointer<Float> {
        defer { published += 1 }
        return crew.shared(published, count: count)
    }

    /// Rows of all nodes as they go along edges.
    struct Messages {
        let rows: UnsafeRawPointer
        let isBfloat16: Bool
        var bfloat16: Int32 { isBfloat16 ? 1 : 0 }
    }

    /// As ``publish(_:columns:_:)``, in the crew's form of messages.
    func send(_ own: UnsafePointer<Float>, columns: Int, _ partition: NodePartition) -> Messages {
        guard crew != nil, !partition.isOwn else { return Messages(rows: UnsafeRawPointer(own), isBfloat16: false) }
        return send(columns: columns, partition) { rows, isBfloat16 in
            let count = partition[worker].count * columns
            guard !isBfloat16 else {
                return mq_round_to_bfloat16(own, rows.assumingMemoryBound(to: UInt16.self), count)
            }
            rows.assumingMemoryBound(to: Float.self).update(from: own, count: count)
        }
    }

    /// As ``send(_:columns:_:)`` of rows that `write` leaves where they are to lie, in the form that it is told.
    func send(
        columns: Int, _ partition: NodePartition, write: (_ own: UnsafeMutableRawPointer, _ isBfloat16: Bool) -> Void
    ) -> Messages {
        let count = partition.nodeCount * columns
        guard let crew, !partition.isOwn else {
            let all = arena.allocate(Float.self, count)
            write(all, false)
            return Messages(rows: UnsafeRawPointer(all), isBfloat16: false)
        }
        let first = partition[worker].lowerBound * columns, isBfloat16 = isTraining && crew.messages == .bfloat16
        let all: UnsafeMutableRawPointer
        if isBfloat16 {
            let rounded = roundedRows(count, of: crew)
            all = UnsafeMutableRawPointer(rounded)
            write(rounded + first, true)
        } else {
            let floats = board(count, of: crew)
            all = UnsafeMutableRawPointer(floats)
            write(floats + first, false)
        }
        barrier()
        return Messages(rows: UnsafeRawPointer(all), isBfloat16: isBfloat16)
    }

    /// As ``send(_:columns:_:)``, of selected nodes alone, whose rows lie one after the other; of others there is garbage.
    func send(_ own: UnsafePointer<Float>, columns: Int, _ selection: NodeSelection) -> Messages {
        guard let crew, isTraining, crew.messages == .bfloat16 else {
            return Messages(rows: UnsafeRawPointer(publish(own, columns: columns, selection)), isBfloat16: false)
        }
        let all = roundedRows(selection.partition.nodeCount * columns, of: crew)
        for k in 0..<selection.own.count {
            mq_round_to_bfloat16(own + k * columns, all + Int(selection.own[k]) * columns, columns)
        }
        barrier()
        return Messages(rows: UnsafeRawPointer(all), isBfloat16: true)
    }

    private func roundedRows(_ count: Int, of crew: Crew) -> UnsafeMutablePointer<UInt16> {
        UnsafeMutableRawPointer(board((count + 1) / 2, of: crew)).bindMemory(to: UInt16.self, capacity: count)
    }

    /// As ``publish(_:columns:_:)``, of selected nodes alone, whose rows lie one after the other; of others there is garbage.
    func publish(_ own: UnsafePointer<Float>, columns: Int, _ selection: NodeSelection) -> UnsafePointer<Float> {
        let all =
            crew.map { board(selection.partition.nodeCount * columns, of: $0) }
            ?? arena.allocate(Float.self, selection.partition.nodeCount * columns)
        for k in 0..<selection.own.count {
            (all + Int(selection.own[k]) * columns).update(from: own + k * columns, count: columns)
        }
        barrier()
        return UnsafePointer(all)
    }

    /// Shows a lookup to all workers and returns everybody's, in order of worker.
    func post(_ lookup: mq_lookup) -> [mq_lookup] {
        guard let crew else { return [lookup] }
        crew.post(lookup, posted, worker: worker)
        barrier()
        defer { posted += 1 }
        return crew.posted(posted)
    }

    /// Waits for the other workers of the crew.
    public func barrier() { crew?.pool.barrier() }

    /// Shows `count` floats to all workers and hands each worker's to `merge`, in order of worker.
    func exchange(
        _ count: Int, write: (UnsafeMutablePointer<Float>) -> Void,
        merge: (_ worker: Int, UnsafePointer<Float>) -> Void
    ) {
        guard let crew else { return }
        let offset = exchanged
        exchanged += (count + 15) / 16 * 16
        write(crew.board(worker, offset: offset, count: count))
        barrier()
        for other in 0..<workerCount { merge(other, crew.board(other, offset: offset, count: count)) }
    }
}
