internal import CMarqueeKernels
internal import Foundation
internal import MarqueeRuntime
internal import Synchronization
internal import Testing

@testable internal import MarqueeTensor

/// Operations along the edges of a graph whose nodes are cut among workers.
@Suite struct GraphOperationTests {
    /// Seven nodes, one of them alone, one with an edge to itself; not symmetric.
    static let rows = SparseOperator.Rows(
        offsets: [0, 2, 3, 3, 6, 7, 9, 9], columns: [1, 3, 0, 0, 3, 5, 6, 2, 4],
        values: [0.5, -1, 2, 0.25, 1, -0.75, 1.5, 1, 0.3])
    static let width = 5

    static func partition(_ workers: Int) -> NodePartition {
        NodePartition(loads: [3, 2, 1, 4, 2, 3, 1], workerCount: workers)
    }

    static func edges(workers: Int, kinds: Bool = true) -> AttentionEdges {
        AttentionEdges(
            offsets: rows.offsets, columns: rows.columns, kinds: kinds ? [0, 1, 2, 0, 1, 2, 0, 1, 2] : [],
            partition: partition(workers))
    }

    enum Layer: CaseIterable { case propagation, attention, weightedAttention }

    /// Loss and gradients of a small network over the graph, on so many workers; the gradient of the last
    /// three of `start` is that of the weights of kinds.
    static func step(_ layer: Layer, _ start: [Float], workers: Int) -> (loss: Double, gradient: [Float]) {
        let pool = WorkerPool(workerCount: workers)
        let crew = Crew(pool: pool)
        let partition = partition(workers)
        let matrix = SparseOperator(rows, symmetric: false, partition: partition)
        let embeddings = Parameter(rows: 7, columns: width, .constant(0), stream: RandomStream(key: 0))
        embeddings.values = Array(start.dropLast(3))
        let weights = Parameter(columns: 3, .constant(0), stream: RandomStream(key: 0))
        weights.values = start.suffix(3)
        let edges = edges(workers: workers, kinds: layer == .weightedAttention)
        let left: [Int32] = [0, 3, 3, 5, 6, 1], right: [Int32] = [0, 0, 2, 1, 0, 3]
        let labels: [Float] = [1, 0, 1, 1, 0, 0]
        struct Result { var loss = 0.0, nodes: [Float] = [], weights: [Float] = [0, 0, 0] }
        let results = Mutex([Result](repeating: Result(), count: workers))
        crew.run { tape in
            let batch = pool.shard(tape.worker, of: left.count)
            tape.begin(batchCount: left.count)
            let x = tape.nodes(embeddings, partition)
            func spread(_ x: Tensor) -> Tensor {
                guard layer != .propagation else { return tape.propagate(matrix, x) }
                let (s, t) = (tape.dot(x, x), tape.dot(x, tape.scale(x, by: -0.5)))
                return tape.edgeAttention(
                    edges, s: s, t: t, z: x, weights: layer == .weightedAttention ? tape(weights) : nil)
            }
            let near = spread(x)
            let far = spread(tape.unitRows(tape.multiply(near, x), epsilon: 1e-3))
            let nodes = tape.share(tape.add(near, far), partition)
            let p = tape.gather(nodes, tape.indices(Array(left[batch])))
            let q = tape.gather(tape.share(x, partition), tape.indices(Array(right[batch])), shift: 3)
            let loss = tape.binaryCrossEntropy(
                tape.dot(p, q), labels: tape.constant(Array(labels[batch]), rows: batch.count))
            tape.backward()
            let gradient = tape.shardGradient(embeddings).map {
                Array(UnsafeBufferPointer(start: $0.gradient, count: $0.elements.count))
            }
            let own = Result(loss: loss, nodes: gradient ?? [], weights: tape.gradientValues(tape(weights)))
            results.withLock { $0[tape.worker] = own }
            tape.barrier()
        }
        return results.withLock { results in
            (
                results.reduce(0) { $0 + $1.loss } / Double(left.count),
                results.flatMap(\.nodes) + (0..<3).map { k in results.reduce(0) { $0 + $1.weights[k] } }
            )
        }
    }

    static let start = Matrix.random(7, width, seed: 5).values + [0.5, -1, 1.5]

    @Test(arguments: Layer.allCases) func derivatives(_ layer: Layer) {
        let (_, gradient) = Self.step(layer, Self.start, workers: 1)
        #expect(gradient.count == Self.start.count)
        for index in Self.start.indices {
            let h: Float = 1e-2
            var (up, down) = (Self.start, Self.start)
            up[index] += h
            down[index] -= h
            let slope =
                (Self.step(layer, up, workers: 1).loss - Self.step(layer, down, workers: 1).loss) / Double(2 * h)
            #expect(abs(Double(gradient[index]) - slope) < 2e-3 * max(1, abs(slope)), "element \(index)")
        }
    }

    @Test(
        "as with one worker, up to rounding, also with more workers than some have nodes", arguments: Layer.allCases,
        [2, 3, 7])
    func workers(_ layer: Layer, _ count: Int) {
        let one = Self.step(layer, Self.start, workers: 1)
        let many = Self.step(layer, Self.start, workers: count)
        #expect(abs(one.loss - many.loss) < 1e-6)
        #expect(one.gradient.count == many.gradient.count)
        for (a, b) in zip(one.gradient, many.gradient) { #expect(abs(a - b) < 1e-5) }
    }

    /// Loss and gradient of two layers' mean at the nodes of a batch, each pair's inner product, with a penalty on what
    /// nodes start from: computed for all nodes and gathered, or for those alone that the batch asks for; layer by layer
    /// or at once.
    static func pairs(
        selected: Bool, atOnce: Bool = false, workers: Int, messages: MessageForm = .float32
    ) -> (loss: Double, gradient: [Float]) {
        let pool = WorkerPool(workerCount: workers)
        let crew = Crew(pool: pool, messages: messages)
        let partition = partition(workers)
        let matrix = SparseOperator(rows, symmetric: false, partition: partition)
        let embeddings = Parameter(rows: 7, columns: width, .constant(0), stream: RandomStream(key: 0))
        embeddings.values = Array(start.dropLast(3))
        // Users 0..<3, items from 3 on; pairs of one user stand together, one pair comes twice, node 6 never.
        let users: [Int32] = [0, 0, 2, 2, 2, 1], items: [Int32] = [0, 2, 1, 2, 2, 0]
        let labels: [Float] = [1, 0, 1, 1, 0, 0]
        let results = Mutex([(loss: Double, gradient: [Float])](repeating: (0, []), count: workers))
        crew.run { tape in
            let batch = pool.shard(tape.worker, of: users.count)
            tape.begin(batchCount: users.count)
            let (heads, tails) = (tape.indices(Array(users[batch])), tape.indices(Array(items[batch])))
            let asked = selected ? tape.select([(heads, 0), (tails, 3)], of: partition) : nil
            let x = tape.nodes(embeddings, partition)
            func layers() -> Tensor {
                let near = tape.propagate(matrix, x)
                let sum = tape.add(tape.rows(asked, of: tape.add(x, near)), tape.propagate(matrix, near, at: asked))
                return tape.scale(sum, by: 1 / 3)
            }
            let own = atOnce ? tape.lightConvolution(matrix, x, layers: 2, at: asked) : layers()
            let logits: Tensor
            if let asked {
                let penalty = tape.squaredNorm(x, partition, of: [(heads, 0), (tails, 3)], weight: 0.3)
                logits = tape.dot(tape.share(own, asked), heads, tails, shift: 3)
                results.withLock { $0[tape.worker].loss = penalty }
            } else {
                let (start, final) = (tape.share(x, partition), tape.share(own, partition))
                let penalty =
                    tape.squaredNorm(tape.gather(start, heads), weight: 0.3)
                    + tape.squaredNorm(tape.gather(start, tails, shift: 3), weight: 0.3)
                logits = tape.dot(tape.gather(final, heads), tape.gather(final, tails, shift: 3))
                results.withLock { $0[tape.worker].loss = penalty }
            }
            let loss = tape.binaryCrossEntropy(logits, labels: tape.constant(Array(labels[batch]), rows: batch.count))
            tape.backward()
            let gradient = tape.shardGradient(embeddings).map {
                Array(UnsafeBufferPointer(start: $0.gradient, count: $0.elements.count))
            }
            results.withLock {
                $0[tape.worker].loss += loss
                $0[tape.worker].gradient = gradient ?? []
            }
            tape.barrier()
        }
        return results.withLock { ($0.reduce(0) { $0 + $1.loss }, $0.flatMap(\.gradient)) }
    }

    @Test("what only the batch's nodes need is the same when it is computed for them alone", arguments: [1, 2, 3, 7])
    func selection(_ workers: Int) {
        let (all, asked) = (Self.pairs(selected: false, workers: workers), Self.pairs(selected: true, workers: workers))
        #expect(abs(all.loss - asked.loss) < 1e-5)
        #expect(all.gradient.count == 35 && asked.gradient.count == 35)
        for (a, b) in zip(all.gradient, asked.gradient) { #expect(abs(a - b) < 1e-5) }
    }

    @Test("light convolution is the mean of layers computed one by one", arguments: [1, 2, 3, 7], [false, true])
    func lightConvolution(_ workers: Int, selected: Bool) {
        let written = Self.pairs(selected: selected, workers: workers)
        let atOnce = Self.pairs(selected: selected, atOnce: true, workers: workers)
        #expect(abs(written.loss - atOnce.loss) < 1e-5)
        #expect(written.gradient.count == 35 && atOnce.gradient.count == 35)
        for (a, b) in zip(written.gradient, atOnce.gradient) { #expect(abs(a - b) < 1e-5) }
    }

    @Test("light convolution of no, one and three layers, without a crew")
    func layers() {
        let matrix = SparseOperator(Self.rows, symmetric: false, partition: Self.partition(1))
        let tape = Tape()
        tape.begin(batchCount: 1, training: false)
        let x = tape.constant(Matrix.random(7, Self.width, seed: 9).values, rows: 7, columns: Self.width)
        for layers in [0, 1, 3] {
            var (layer, sum) = (x, x)
            for _ in 0..<layers {
                layer = tape.propagate(matrix, layer)
                sum = tape.add(sum, layer)
            }
            let expected = tape.scale(sum, by: 1 / Float(layers + 1)).values
            for (a, b) in zip(tape.lightConvolution(matrix, x, layers: layers).values, expected) {
                #expect(abs(a - b) < 1e-6)
            }
        }
    }

    @Test("messages in bfloat16 are off by no more than its rounding", arguments: [1, 3], [false, true])
    func bfloat16(_ workers: Int, atOnce: Bool) {
        for selected in [false, true] {
            let single = Self.pairs(selected: selected, atOnce: atOnce, workers: workers)
            let rounded = Self.pairs(selected: selected, atOnce: atOnce, workers: workers, messages: .bfloat16)
            #expect(single.gradient != rounded.gradient)
            #expect(abs(single.loss - rounded.loss) < 0.02 * single.loss)
            let largest = single.gradient.map(abs).max() ?? 0
            for (a, b) in zip(single.gradient, rounded.gradient) { #expect(abs(a - b) < 0.02 * largest) }
        }
    }

    @Test("bfloat16 is the nearest, ties to even, and NaN stays NaN")
    func rounding() {
        let ulp = Float(bitPattern: 0x3f81_0000) - 1  // What 1 and the next bfloat16 are apart.
        let values: [Float] = [
            0, -0.0, 1, 1 + ulp, 1 + ulp / 2, 1 + 3 * ulp / 2, 1 + ulp * 0.51, -3.14159, 1e-30, .infinity, -.infinity,
        ]
        let expected: [Float] = [
            0, -0.0, 1, 1 + ulp, 1, 1 + 2 * ulp, 1 + ulp, -3.140625, 9.98402083170343e-31, .infinity, -.infinity,
        ]
        var rounded = [UInt16](repeating: 0, count: values.count + 1)
        mq_round_to_bfloat16(values + [.nan], &rounded, values.count + 1)
        let found = rounded.map { Float(bitPattern: UInt32($0) << 16) }
        #expect(found.dropLast().elementsEqual(expected) { $0.bitPattern == $1.bitPattern })
        #expect(found[values.count].isNaN)
    }

    /// A symmetric graph in five crowds that keep to themselves; whom a crowd's first knows are more than are sieved at
    /// once, and some know nobody.
    static let crowds: SparseOperator.Rows = {
        let (nodes, crowdCount) = (5000, 5)
        var neighbors = [[Int: Float]](repeating: [:], count: nodes)
        let stream = RandomStream(seed: 1, "crowds")
        for node in 0..<nodes {
            for edge in 0..<node % 4 {
                let draw = edge == 0 ? 0 : Int(stream[UInt64(node * 10 + edge)] % UInt64(nodes / crowdCount))
                let (other, value) = (draw * crowdCount + node % crowdCount, Float(draw % 17 - 8) / 32)
                neighbors[node][other] = value
                neighbors[other][node] = value
            }
        }
        let rows = neighbors.map { $0.sorted { $0.key < $1.key } }
        return SparseOperator.Rows(
            offsets: rows.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) },
            columns: rows.flatMap { $0.map { Int32($0.key) } }, values: rows.flatMap { $0.map(\.value) })
    }()

    /// Two layers' mean at some nodes of the crowds, and the gradient of half its squares' sum at x, written out.
    private static func written(_ x: [Float], at asked: [Int]) -> (y: [Float], gradient: [Float]) {
        func product(_ x: [Float]) -> [Float] {
            x.indices.map { row in
                (crowds.offsets[row]..<crowds.offsets[row + 1]).reduce(0) {
                    $0 + crowds.values[$1] * x[Int(crowds.columns[$1])]
                }
            }
        }
        func layers(_ x: [Float]) -> [Float] {
            let near = product(x), far = product(near)
            return x.indices.map { (x[$0] + near[$0] + far[$0]) / 3 }
        }
        let y = layers(x)
        var dy = [Float](repeating: 0, count: x.count)
        for node in asked { dy[node] = y[node] }
        return (asked.map { y[$0] }, layers(dy))
    }

    @Test(
        "edges in their thousands, as sums written out", arguments: [1, 3],
        [(false, MessageForm.float32), (true, .float32), (false, .bfloat16), (true, .bfloat16)])
    func crowds(_ workers: Int, _ step: (selected: Bool, messages: MessageForm)) {
        let (selected, messages) = step
        let count = Self.crowds.rowCount
        let loads = (0..<count).map { Self.crowds.offsets[$0 + 1] - Self.crowds.offsets[$0] + 1 }
        let partition = NodePartition(loads: loads, workerCount: workers)
        let matrix = SparseOperator(Self.crowds, symmetric: true, partition: partition)
        let x = Parameter(rows: count, columns: 16, .normal(deviation: 1), stream: RandomStream(seed: 1, "x"))
        let asked = selected ? (0..<count).filter { $0 % 11 == 3 } : Array(0..<count)
        let pool = WorkerPool(workerCount: workers)
        for atOnce in [false, true] {
            let found = Mutex([(y: [Float], gradient: [Float])](repeating: ([], []), count: workers))
            Crew(pool: pool, messages: messages).run { tape in
                tape.begin(batchCount: 1)
                let own = asked[pool.shard(tape.worker, of: asked.count)].map(Int32.init)
                let selection = selected ? tape.select([(tape.indices(own), 0)], of: partition) : nil
                let nodes = tape.nodes(x, partition)
                func layers() -> Tensor {
                    let near = tape.propagate(matrix, nodes)
                    let sum = tape.add(
                        tape.rows(selection, of: tape.add(nodes, near)), tape.propagate(matrix, near, at: selection))
                    return tape.scale(sum, by: 1 / 3)
                }
                let y = atOnce ? tape.lightConvolution(matrix, nodes, layers: 2, at: selection) : layers()
                _ = tape.squaredNorm(y, weight: 1)
                tape.backward()
                let gradient = tape.gradientValues(nodes)
                found.withLock { $0[tape.worker] = (y.values, gradient) }
                tape.barrier()
            }
            let (y, gradient) = found.withLock { ($0.flatMap(\.y), $0.flatMap(\.gradient)) }
            #expect(y.count == 16 * asked.count && gradient.count == 16 * count)
            // Sums of a thousand numbers; in bfloat16, each off by up to 1 in 256.
            let tolerance: Float = messages == .bfloat16 ? 0.05 : 1e-3
            for column in [0, 7] {
                func cut(_ rows: [Float]) -> [Float] { stride(from: column, to: rows.count, by: 16).map { rows[$0] } }
                let expected = Self.written(cut(x.values), at: asked)
                for (a, b) in zip(cut(y) + cut(gradient), expected.y + expected.gradient) {
                    #expect(abs(a - b) < tolerance * max(1, abs(b)))
                }
            }
        }
    }

    @Test(
        "every width, those with a loop of their own, the others, and wider ones than are summed at once",
        arguments: [1, 7, 16, 32, 64, 100, 128, 129, 300], MessageForm.allCases)
    func widths(_ width: Int, _ messages: MessageForm) {
        let partition = Self.partition(1)
        let matrix = SparseOperator(Self.rows, symmetric: false, partition: partition)
        // Eighths below 4 are bfloat16 as they are.
        let x = Matrix.random(7, width, seed: 9).values.map { max(-31, min(31, ($0 * 8).rounded())) / 8 }
        let found = Mutex<[Float]>([])
        Crew(pool: WorkerPool(workerCount: 1), messages: messages).run { tape in
            tape.begin(batchCount: 1)
            let y = tape.propagate(matrix, tape.constant(x, rows: 7, columns: width)).values
            found.withLock { $0 = y }
        }
        let y = found.withLock { $0 }
        for row in 0..<7 {
            for column in 0..<width {
                var sum: Float = 0
                for e in Self.rows.offsets[row]..<Self.rows.offsets[row + 1] {
                    sum += Self.rows.values[e] * x[Int(Self.rows.columns[e]) * width + column]
                }
                #expect(abs(sum - y[row * width + column]) < 1e-5)
            }
        }
    }

    @Test(
        "attention with more neighbors than are looked at together, as sums written out",
        arguments: [5, 16, 64, 128, 130])
    func manyNeighbors(_ width: Int) {
        // Node 0 looks at everybody, some twice; the others at few or none.
        let nodes = 150
        let rows =
            [(0..<nodes + 9).map { Int32($0 % nodes) }, [], [3, 0]]
            + (3..<nodes).map { [Int32($0 / 2), Int32($0 - 1)] }
        let columns = rows.flatMap { $0 }
        let kinds = columns.indices.map { UInt8($0 % 3) }
        let offsets = rows.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
        let edges = AttentionEdges(
            offsets: offsets, columns: columns, kinds: kinds,
            partition: NodePartition(loads: rows.map(\.count), workerCount: 1))
        let inputs = [
            Matrix.random(nodes, 1, seed: 1, gap: 0.05), .random(nodes, 1, seed: 2), .random(nodes, width, seed: 3),
            Matrix(1, 3, [0.5, -1, 1.5]),
        ]
        let upstream = Matrix.random(nodes, width, seed: 4).values.map { Double($0) }
        let (s, t, z, w) = (inputs[0].doubles, inputs[1].doubles, inputs[2].doubles, inputs[3].doubles)
        var y = [Double](repeating: 0, count: nodes * width)
        var (ds, dt) = ([Double](repeating: 0, count: nodes), [Double](repeating: 0, count: nodes))
        var (dz, dw) = (y, [0.0, 0, 0])
        for u in 0..<nodes {
            let range = offsets[u]..<offsets[u + 1]
            let logits = range.map { s[u] + t[Int(columns[$0])] }
            let terms = logits.map { exp($0 > 0 ? $0 : 0.2 * $0) }
            let shares = terms.map { $0 / terms.reduce(0, +) }
            // ∂loss/∂α of each edge, then through softmax and LeakyReLU.
            let reached = range.map { e in
                (0..<width).reduce(0.0) { $0 + upstream[u * width + $1] * z[Int(columns[e]) * width + $1] }
            }
            let weighed = zip(range, reached).map { w[Int(kinds[$0])] * $1 }
            let mean = zip(shares, weighed).reduce(0) { $0 + $1.0 * $1.1 }
            for (k, e) in range.enumerated() {
                let (v, weight) = (Int(columns[e]), w[Int(kinds[e])])
                let slope = shares[k] * (weighed[k] - mean) * (logits[k] > 0 ? 1 : 0.2)
                ds[u] += slope
                dt[v] += slope
                dw[Int(kinds[e])] += shares[k] * reached[k]
                for c in 0..<width {
                    y[u * width + c] += shares[k] * weight * z[v * width + c]
                    dz[v * width + c] += shares[k] * weight * upstream[u * width + c]
                }
            }
        }
        let parameters = inputs.map(\.parameter)
        // Errors of bfloat16 are parts of what is summed, not of the sum.
        for (messages, tolerance) in [(MessageForm.float32, 2e-5), (.bfloat16, 1e-2)] {
            let found = Mutex<[[Float]]>([])
            Crew(pool: WorkerPool(workerCount: 1), messages: messages).run { tape in
                tape.begin(batchCount: 1)
                let x = parameters.map { tape($0) }
                let result = tape.edgeAttention(edges, s: x[0], t: x[1], z: x[2], weights: x[3])
                tape.arrive(upstream.map { Float($0) }, at: result)
                tape.backward()
                found.withLock { $0 = [result.values] + x.map { tape.gradientValues($0) } }
            }
            for (name, (ours, expected)) in zip(
                ["y", "s", "t", "z", "w"], zip(found.withLock { $0 }, [y, ds, dt, dz, dw]))
            {
                #expect(ours.count == expected.count)
                let largest = expected.map(abs).max() ?? 0
                for (a, b) in zip(ours, expected) {
                    #expect(
                        abs(Double(a) - b) < tolerance * max(1, messages == .bfloat16 ? largest : abs(b)), "\(name)")
                }
            }
        }
    }

    @Test("nodes are cut into as many parts as there are workers, equally loaded", arguments: 1...9)
    func cut(_ workers: Int) {
        for seed in 1...20 as ClosedRange<UInt64> {
            var stream = RandomStream(seed: seed, "loads")
            let loads = (0..<Int(stream.next() % 200)).map { _ in Int(stream.next() % 50) }
            let partition = NodePartition(loads: loads, workerCount: workers)
            #expect(partition.nodeCount == loads.count)
            #expect((0..<workers).map { partition[$0].count }.reduce(0, +) == loads.count)
            for worker in 0..<workers {
                let own = loads[partition[worker]].reduce(0, +)
                #expect(own <= loads.reduce(0, +) / workers + 2 * 50)
            }
        }
    }

    @Test func transposed() {
        let back = Self.rows.transposed().transposed()
        #expect(back.offsets == Self.rows.offsets)
        for row in 0..<7 {
            let range = Self.rows.offsets[row]..<Self.rows.offsets[row + 1]
            #expect(
                Dictionary(uniqueKeysWithValues: zip(back.columns[range], back.values[range]))
                    == Dictionary(uniqueKeysWithValues: zip(Self.rows.columns[range], Self.rows.values[range])))
        }
    }

    @Test("a crew that optimizes nodes by shards moves all of them")
    func optimizer() {
        for workers in [1, 3] {
            let pool = WorkerPool(workerCount: workers)
            let crew = Crew(pool: pool)
            let partition = Self.partition(workers)
            struct Nodes: Module { let embeddings: Parameter }
            let module = Nodes(embeddings: Parameter(rows: 7, columns: 3, .constant(2), stream: RandomStream(key: 0)))
            var options = Optimizer.Options()
            options.rule = .sgd()
            options.rate = 0.5
            let optimizer = Optimizer(options, for: ModuleParameters(of: module), crew: crew)
            crew.run { tape in
                tape.begin(batchCount: 1)
                tape.squaredNorm(tape.nodes(module.embeddings, partition), weight: 1)
                tape.backward()
                optimizer.update(tape)
            }
            #expect(module.embeddings.values == [Float](repeating: 1, count: 21))
        }
    }
}

extension Matrix {
    fileprivate var doubles: [Double] { values.map { Double($0) } }
}
