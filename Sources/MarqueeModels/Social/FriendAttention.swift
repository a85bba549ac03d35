internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// The network of ``SocialTaste``: what is counted of a person and an item, and what a person's friends like, attended to.
///
///     logit(u, i) = tower(evidence) + z_u · q_i
///     z_u = mean of v over u's history + B l̄ + C r̄,   (l̄, r̄) = Σ_f α_uf (l_f, r_f)
///     α_uf = softmax_f(A own_u · l_f)
///
/// l_f, a friend's lasting taste, is the mean of v over their whole history (some of it, where it is long), r_f, their
/// recent one, over the newest items; without friends z is the person's own.
struct FriendAttention: EvidenceNetwork {
    let evidence: TransferEvidence
    /// By user: those whom they are tied to; empty without ties.
    let friends: InteractionMatrix
    /// By user, items of the history that stand for the lasting and for the recent taste.
    let lasting, recent: [[Int32]]
    let tower: EvidenceTower
    /// v and q.
    let sources, items: EmbeddingTable
    /// A, B and C; nil without ties.
    let attention, fromLasting, fromRecent: Linear?
    /// How many friends are looked at.
    let attended: Int

    /// How much of a history stands for what lasts.
    static let lastingLength = 32

    init(
        _ config: SocialTaste.Config, evidence: TransferEvidence, friends: InteractionMatrix, recent: [[Int32]],
        stream: RandomStream
    ) {
        var stream = stream
        self.evidence = evidence
        self.friends = friends
        self.recent = recent
        lasting = (0..<Int32(evidence.userCount)).map { Self.spread(Array(evidence.history[$0])) }
        attended = config.attended
        tower = EvidenceTower(evidence.ownCount + TransferEvidence.personCount, config.hidden, stream: &stream)
        sources = EmbeddingTable(
            rowCount: evidence.itemCount, width: config.factors, .normal(deviation: 0.05),
            stream: RandomStream(key: stream.next()))
        items = EmbeddingTable(
            rowCount: evidence.itemCount, width: config.factors, .normal(deviation: 0.05),
            stream: RandomStream(key: stream.next()))
        func linear() -> Linear? { config.ties ? Linear(config.factors, config.factors, stream: &stream) : nil }
        (attention, fromLasting, fromRecent) = (linear(), linear(), linear())
    }

    /// At most ``lastingLength`` of some items, evenly.
    private static func spread(_ items: [Int32]) -> [Int32] {
        guard items.count > lastingLength else { return items }
        return (0..<lastingLength).map { items[$0 * items.count / lastingLength] }
    }

    func nearest(isTraining: Bool) -> Int { 0 }

    func logits(
        _ answers: [TransferEvidence.Answer], _ candidates: [[Int32]], _ tape: Tape
    ) -> (logits: Tensor, gates: Tensor?) {
        let counted = tower(features(answers, candidates, tape, \.ownFeatures), tape)
        let own = means(answers.map { Self.spread($0.own + $0.others) }, tape)
        let z = tastes(answers, own: own, tape).map { tape.add(own, $0) } ?? own
        let groups = tape.indices(candidates.enumerated().flatMap { k, items in items.map { _ in Int32(k) } })
        let q = tape.gather(items[tape.indices(candidates.flatMap { $0 })])
        return (tape.add(counted, tape.dot(tape.rows(groups, of: z), q)), nil)
    }

    /// B l̄ + C r̄; nil where no answer's person has friends.
    private func tastes(_ answers: [TransferEvidence.Answer], own: Tensor, _ tape: Tape) -> Tensor? {
        guard let attention, let fromLasting, let fromRecent else { return nil }
        var stream = tape.isTraining ? tape.randomStream() : RandomStream(key: 0)
        let drawn = answers.map { answer -> [Int32] in
            var friends = answer.user.map { Array(self.friends[$0]) } ?? []
            if tape.isTraining, friends.count > attended { friends.shuffleFront(attended, &stream) }
            return Array(friends.prefix(attended))
        }
        guard drawn.contains(where: { !$0.isEmpty }) else { return nil }
        // Every person has as many places; who has fewer friends leaves them empty.
        let seats = drawn.flatMap { friends in
            (0..<attended).map { $0 < friends.count ? friends[$0] : -1 }
        }
        let l = means(seats.map { $0 < 0 ? [] : lasting[Int($0)] }, tape)
        let r = means(seats.map { $0 < 0 ? [] : recent[Int($0)] }, tape)
        let people = tape.indices(seats.indices.map { Int32($0 / attended) })
        let likeness = tape.dot(tape.rows(people, of: attention(own, tape)), l)
        let weights = tape.softmax(
            tape.reshape(likeness, rows: answers.count, columns: attended),
            lengths: tape.indices(drawn.map { Int32($0.count) }))
        func heard(_ x: Tensor) -> Tensor {
            let parts = (0..<attended).map { seat in
                tape.rows(tape.indices(answers.indices.map { Int32($0 * attended + seat) }), of: x)
            }
            return tape.mix(parts, weights: weights)
        }
        return tape.add(fromLasting(heard(l), tape), fromRecent(heard(r), tape))
    }

    /// The mean of v over each list of items, 0 of none.
    private func means(_ lists: [[Int32]], _ tape: Tape) -> Tensor {
        let layout = tape.sequences(lengths: lists.map { Int32($0.count) })
        return tape.meanRows(tape.gather(sources[tape.indices(lists.flatMap { $0 })]), layout)
    }
}
