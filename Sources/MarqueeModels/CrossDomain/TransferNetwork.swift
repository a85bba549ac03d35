internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// A network on top of ``TransferEvidence``.
protocol EvidenceNetwork: Module {
    var evidence: TransferEvidence { get }

    /// How many items a path the network asks for; 0 for none.
    func nearest(isTraining: Bool) -> Int

    /// The logits of each answer's candidates, one answer's after the other: [Σ candidates, 1]; and by answer how far what
    /// is optional is let in, nil where nothing is.
    func logits(
        _ answers: [TransferEvidence.Answer], _ candidates: [[Int32]], _ tape: Tape
    ) -> (logits: Tensor, gates: Tensor?)
}

/// The network of ``HINTransfer``: what a person's own domain says of an item, and what others say, through a gate.
///
///     logit(u, i) = own(u, i) + g_u · transfer(u, i),   g_u = σ(w · person(u) + b)
///     own(u, i)   = tower(evidence of the domain) + z_u · q_i,   transfer alike of the other domains
///     z_u         = Σ_p β_p Σ_n α_n v_n
///
/// over meta-paths p and the neighbors n that they lead u to, α and β attention paid along and over paths (HAN, Wang et
/// al., WWW 2019). A tower is a linear function and a ReLU layer over the normalized evidence.
struct TransferNetwork: EvidenceNetwork {
    let evidence: TransferEvidence
    let own: EvidenceTower
    /// Nil where there is one domain.
    let transfer: EvidenceTower?
    /// w and b; nil for a gate that is always open.
    let gate: Linear?
    /// Nil without embeddings.
    let people: PathAttention?
    /// q.
    let items: EmbeddingTable?

    init(_ config: HINTransfer.Config, evidence: TransferEvidence, stream: RandomStream) {
        var stream = stream
        self.evidence = evidence
        let person = TransferEvidence.personCount
        own = EvidenceTower(evidence.ownCount + person, config.hidden, stream: &stream)
        let isTransfer = evidence.transferCount > 0
        transfer = isTransfer ? EvidenceTower(evidence.transferCount + person, config.hidden, stream: &stream) : nil
        gate = isTransfer && config.gate ? Linear(person, 1, stream: &stream) : nil
        if config.factors > 0 {
            people = PathAttention(
                paths: 1 + evidence.historyPaths.count, neighbors: config.attended, items: evidence.itemCount,
                width: config.factors, stream: &stream)
            items = EmbeddingTable(
                rowCount: evidence.itemCount, width: config.factors, .normal(deviation: 0.05),
                stream: RandomStream(key: stream.next()))
        } else {
            (people, items) = (nil, nil)
        }
    }

    /// How many neighbors a path is asked for; in training twice as many, of which some are drawn.
    func nearest(isTraining: Bool) -> Int { people.map { isTraining ? 2 * $0.neighbors : $0.neighbors } ?? 0 }

    /// The logits of each answer's candidates, one answer's after the other: [Σ candidates, 1]; and g, [answers, 1], 0
    /// where nothing is transferred.
    func logits(
        _ answers: [TransferEvidence.Answer], _ candidates: [[Int32]], _ tape: Tape
    ) -> (logits: Tensor, gates: Tensor?) {
        let groups = tape.indices(candidates.enumerated().flatMap { k, items in items.map { _ in Int32(k) } })
        var logits = own(features(answers, candidates, tape, \.ownFeatures), tape)
        let embedded = items.map { tape.gather($0[tape.indices(candidates.flatMap { $0 })]) }
        func matches(
            _ history: KeyPath<TransferEvidence.Answer, [Int32]>, _ near: KeyPath<TransferEvidence.Answer, [[Int32]]>
        )
            -> Tensor?
        {
            guard let people, let embedded else { return nil }
            let z = people(answers.map { [$0[keyPath: history]] + $0[keyPath: near] }, tape)
            return tape.dot(tape.rows(groups, of: z), embedded)
        }
        if let matched = matches(\.own, \.ownNearest) { logits = tape.add(logits, matched) }
        guard let transfer else { return (logits, nil) }
        var others = transfer(features(answers, candidates, tape, \.transferFeatures), tape)
        if let matched = matches(\.others, \.transferNearest) { others = tape.add(others, matched) }
        guard let gates = gates(answers, tape) else { return (tape.add(logits, others), nil) }
        return (tape.add(logits, tape.multiply(tape.rows(groups, of: gates), others)), gates)
    }

    /// g.
    func gates(_ answers: [TransferEvidence.Answer], _ tape: Tape) -> Tensor? {
        guard let gate else { return nil }
        let person = tape.constant(
            answers.flatMap(\.person), rows: answers.count, columns: TransferEvidence.personCount)
        return tape.activate(gate(person, tape), .sigmoid)
    }

}

extension EvidenceNetwork {
    /// What is counted of every answer's candidates, and who each answer is about, side by side.
    func features(
        _ answers: [TransferEvidence.Answer], _ candidates: [[Int32]], _ tape: Tape,
        _ part: KeyPath<TransferEvidence.Answer, [[Float]]>
    ) -> Tensor {
        let count = part == \.ownFeatures ? evidence.ownCount : evidence.transferCount
        let width = count + TransferEvidence.personCount
        let features = tape.constant(rows: candidates.reduce(0) { $0 + $1.count }, columns: width)
        features.fill { features in
            var row = 0
            for (answer, items) in zip(answers, candidates) {
                let columns = answer[keyPath: part]
                for k in items.indices {
                    for c in 0..<count { features[row * width + c] = columns[c][k] }
                    for c in count..<width { features[row * width + c] = answer.person[c - count] }
                    row += 1
                }
            }
        }
        return features
    }
}

/// Linear(n) + Linear(ReLU(Linear(n))) over normalized numbers n.
struct EvidenceTower: Module {
    let norm: BatchNorm1d
    let wide: Linear
    let hidden, output: Linear?

    init(_ inputs: Int, _ width: Int, stream: inout RandomStream) {
        norm = BatchNorm1d(inputs)
        wide = Linear(inputs, 1, stream: &stream)
        hidden = width > 0 ? Linear(inputs, width, stream: &stream) : nil
        output = width > 0 ? Linear(width, 1, stream: &stream) : nil
    }

    func callAsFunction(_ x: Tensor, _ tape: Tape) -> Tensor {
        let n = norm(x, tape)
        let linear = wide(n, tape)
        guard let hidden, let output else { return linear }
        return tape.add(linear, output(hidden(n, tape, relu: true), tape))
    }
}

/// Who somebody is by whom meta-paths lead them to: z = Σ_p β_p Σ_n α_n v_n, α over a path's neighbors and β over paths
/// each a ``Mixture``'s attention. Somebody whom nothing leads anywhere is 0.
struct PathAttention: Module {
    let neighbors: Int
    /// v.
    let sources: EmbeddingTable
    /// α and β.
    let along, over: Mixture

    init(paths: Int, neighbors: Int, items: Int, width: Int, stream: inout RandomStream) {
        self.neighbors = neighbors
        // The row past the end stands for nobody.
        sources = EmbeddingTable(
            rowCount: items + 1, width: width, .normal(deviation: 0.05), stream: RandomStream(key: stream.next()))
        along = Mixture(neighbors, width: width, .node, stream: &stream)
        over = Mixture(paths, width: width, .node, stream: &stream)
    }

    /// - Parameter people: of each, by path, the nearest neighbors first. Where there are more than ``neighbors``, some are
    ///   drawn in training; asked later, the nearest count.
    func callAsFunction(_ people: [[[Int32]]], _ tape: Tape) -> Tensor {
        let nobody = Int32(sources.rowCount - 1)
        var stream = tape.isTraining ? tape.randomStream() : RandomStream(key: 0)
        let drawn = people.map { paths in
            paths.map { nearest in
                guard nearest.count > neighbors, tape.isTraining else { return Array(nearest.prefix(neighbors)) }
                var nearest = nearest
                nearest.shuffleFront(neighbors, &stream)
                return Array(nearest.prefix(neighbors))
            }
        }
        let parts = (people.first ?? []).indices.map { path -> Tensor in
            let columns = (0..<neighbors).map { k -> Tensor in
                let ids = tape.indices(people.count)
                ids.fill { for g in 0..<$0.count { $0[g] = k < drawn[g][path].count ? drawn[g][path][k] : nobody } }
                return tape.gather(sources[ids, padding: nobody])
            }
            return along(columns, present: { $1 < drawn[$0][path].count }, tape)
        }
        return over(parts, present: { !drawn[$0][$1].isEmpty }, tape)
    }
}
