internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeTensor

/// Scores by an ``EvidenceNetwork``: one look at the evidence a person and domain, then a forward pass over its items.
struct EvidenceScorer<Network: EvidenceNetwork>: HistoryScorer {
    let network: Network
    /// The behavior that is predicted, as histories call it.
    let target: Int
    let tapes = InferenceTapes()

    init(network: Network, target: Int) {
        self.network = network
        self.target = target
    }

    var userCount: Int { network.evidence.userCount }
    var itemCount: Int { network.evidence.itemCount }

    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        let candidates = items.map { Int32($0) }
        for (k, user) in users.enumerated() { score(question(user), candidates, into: &scores, at: k * items.count) }
    }

    func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        score(question(user), candidates, into: &scores, at: 0)
    }

    func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        let candidates = items.map { Int32($0) }
        for (k, query) in queries.enumerated() {
            score(question(query), candidates, into: &scores, at: k * items.count)
        }
    }

    func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        score(question(query), candidates, into: &scores, at: 0)
    }

    func question(_ user: Int32) -> TransferEvidence.Question {
        TransferEvidence.Question(user: user, history: Array(network.evidence.history[user]))
    }

    private func question(_ query: Query) -> TransferEvidence.Question {
        let row = HistoryWeights(behavior: target).rows(of: [query], itemCount: itemCount)
        return TransferEvidence.Question(user: query.user, history: Array(row[0]))
    }

    private func score(
        _ question: TransferEvidence.Question, _ items: [Int32], into scores: inout MutableSpan<Float>, at start: Int
    ) {
        let evidence = network.evidence
        for domain in evidence.views.indices {
            let places = items.indices.filter { Int(evidence.domains[Int(items[$0])]) == domain }
            guard !places.isEmpty else { continue }
            let own = places.map { items[$0] }
            let answer = evidence.answer(
                question, domain: domain, candidates: own, nearest: network.nearest(isTraining: false))
            tapes.withTape { tape in
                tape.begin(batchCount: own.count, training: false)
                let logits = network.logits([answer], [own], tape).logits
                for (k, place) in places.enumerated() { scores[start + place] = logits[k] }
            }
        }
    }
}
