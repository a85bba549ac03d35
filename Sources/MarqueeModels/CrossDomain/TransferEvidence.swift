internal import CMarqueeKernels
internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime
internal import Synchronization

/// What is known of a person and items of one domain, counted, not learned; what ``HINTransfer`` puts a network on.
///
/// Of each pair, from the person's own history in the item's domain: how popular the item is, what EASEᴿ says, and what
/// walks along each meta-path say, all together and the strongest by itself. From the person's history in other domains:
/// how popular the item is with those who are known elsewhere too, what the ridge regression between the domains says, and
/// the same walks. What is asked of somebody in training is counted
/// without them: EASEᴿ and ridge take a person out exactly, walks are counted without a fifth of the people, of whom they
/// are one, and the interaction asked for, or their whole history in its domain, is hidden.
struct TransferEvidence: Sendable {
    /// Somebody's history as it may be seen.
    struct Question {
        /// Of somebody of the fit, to read ties and attributes by.
        var user: Int32?
        /// Ascending.
        var history: [Int32]
        /// In training, what is hidden of the history.
        var hidden: Hidden?
    }

    struct Hidden {
        var item: Int32
        /// Whether everything of the item's domain is.
        var wholeDomain: Bool
    }

    let paths: [MetaPath]
    let views: [DomainView]
    /// By item.
    let domains: [Int32]
    /// Users × items.
    let history: InteractionMatrix
    /// By item, how many people touched it, and how many of these are known in another domain too.
    let counts, sharedCounts: [Float]
    /// By path, M of all people, and of those without each part of them; the one M where a path meets no people.
    let weights: [[InteractionMatrix]]
    /// By path, what users are linked to first; nil for their history.
    let firstLinks: [InteractionMatrix?]
    /// By domain.
    let ease: [LeaveOutEASE]
    /// By domain; empty where there is one.
    let ridge: [DomainTransfer]
    /// Whether other domains are looked at.
    let transfers: Bool
    private let scratch = ScratchPool()

    /// Into how many parts people are cut for walks.
    static let parts = 5

    var userCount: Int { history.rowCount }
    var itemCount: Int { history.columnCount }
    var isTransfer: Bool { transfers && views.count > 1 }
    /// Paths that begin at what somebody did.
    var historyPaths: [Int] { paths.indices.filter { paths[$0].readsHistory } }

    /// How many numbers say what a person's own domain knows of a pair, and how many what others know.
    var ownCount: Int { 1 + (ease.isEmpty ? 0 : 2) + paths.reduce(0) { $0 + ($1.readsHistory ? 2 : 1) } }
    var transferCount: Int { isTransfer ? 1 + (ridge.isEmpty ? 0 : 2) + 2 * historyPaths.count : 0 }
    /// How many say who somebody is: how much is known of them in the domain, and elsewhere, and how popular what they
    /// did elsewhere is.
    static let personCount = 3

    private static func part(_ user: Int32) -> Int { Int(RandomStream.mix(UInt64(user) &+ 0x9E37) % UInt64(parts)) }

    init(
        _ data: TrainingSet, paths: [MetaPath], neighbors: Int, ease: Float?, ridge: Float?, transfers: Bool,
        model: String, pool: WorkerPool
    ) throws {
        let network = TypedNetwork(data)
        for path in paths { try path.check(network, model: model) }
        let views = DomainView.all(of: data)
        var domains = [Int32](repeating: 0, count: data.itemCount)
        for (k, view) in views.enumerated() { for item in view.items { domains[Int(item)] = Int32(k) } }
        let weights = try paths.map { path in
            var all = [path.weights(network, neighbors: neighbors, pool: pool)]
            guard path.meetsUsers else { return all }
            for part in 0..<Self.parts {
                try Interruption.check()
                all.append(path.weights(network, neighbors: neighbors, hiding: { Self.part($0) == part }, pool: pool))
            }
            return all
        }
        let own = try ease.map { regularization in
            try views.map {
                try LeaveOutEASE(
                    $0.restricted(data.interactions), regularization: regularization, model: model, pool: pool)
            }
        }
        let grams =
            try transfers && views.count > 1
            ? ridge.map { try DomainTransfer.all(of: data, regularization: $0, model: model, pool: pool) } : nil
        self.init(
            paths: paths, views: views, domains: domains, history: data.interactions, weights: weights,
            firstLinks: paths.map { $0.readsHistory ? nil : network.links[["user", $0.types[1]]] }, ease: own ?? [],
            ridge: grams ?? [], transfers: transfers)
    }

    init(
        paths: [MetaPath], views: [DomainView], domains: [Int32], history: InteractionMatrix,
        weights: [[InteractionMatrix]], firstLinks: [InteractionMatrix?], ease: [LeaveOutEASE], ridge: [DomainTransfer],
        transfers: Bool
    ) {
        self.paths = paths
        self.views = views
        self.domains = domains
        self.history = history
        self.weights = weights
        self.firstLinks = firstLinks
        self.ease = ease
        self.ridge = ridge
        self.transfers = transfers
        counts = history.columnCounts().map { Float($0) }
        sharedCounts = history.choosing { _, items in
            items.contains { domains[Int($0)] != domains[Int(items[items.startIndex])] } ? Array(items) : []
        }.columnCounts().map { Float($0) }
    }

    /// What is known of somebody toward one domain, to be read for its items.
    struct Answer {
        /// Of somebody of the fit.
        var user: Int32?
        var domain: Int
        /// Of the history, what is in the domain and what elsewhere.
        var own, others: [Int32]
        var hidden: Hidden?
        var person: [Float]
        /// Where each group of numbers begins among the features of ``write``, by candidate.
        var ownFeatures: [[Float]]
        var transferFeatures: [[Float]]
        /// By history path, the nearest items of the own domain's walks and of the others'.
        var ownNearest: [[Int32]]
        var transferNearest: [[Int32]]
    }

    /// - Parameters:
    ///   - candidates: of one domain.
    ///   - nearest: how many items to name a path; 0 for none.
    func answer(_ question: Question, domain: Int, candidates: [Int32], nearest: Int) -> Answer {
        let view = views[domain]
        var (own, others) = ([Int32](), [Int32]())
        for item in question.history {
            if domains[Int(item)] == Int32(domain) { own.append(item) } else { others.append(item) }
        }
        let whole = own
        if let hidden = question.hidden { own = hidden.wholeDomain ? [] : own.filter { $0 != hidden.item } }
        let fitted = question.hidden == nil ? nil : question.user
        // Of what is hidden too: were it taken off, who is one short of what others have would give the positive away,
        // and a rare item that a split held out would be found by what is missing.
        var ownFeatures = [candidates.map { log1p(counts[Int($0)]) }]
        if !ease.isEmpty {
            let local = candidates.map { view.indices[Int($0)] }
            let scores =
                own.isEmpty
                ? local.map { _ in Float(0) }
                : ease[domain].scores(
                    (question.hidden == nil ? own : whole).map { view.indices[Int($0)] }, of: local,
                    hiding: question.hidden.map { view.indices[Int($0.item)] })
            ownFeatures += [scores, scores.map(Self.signedRoot)]
        }
        var transferFeatures: [[Float]] = []
        if isTransfer { transferFeatures.append(candidates.map { log1p(sharedCounts[Int($0)]) }) }
        if !ridge.isEmpty {
            let scores = ridge[domain].scores(others, as: fitted, of: candidates)
            transferFeatures += [scores, scores.map(Self.signedRoot)]
        }
        var (ownNearest, transferNearest) = ([[Int32]](), [[Int32]]())
        scratch.withScratch(itemCount) { scratch in
            for (k, path) in paths.enumerated() {
                let matrix = weights[k].count == 1 ? weights[k][0] : weights[k][fitted.map { 1 + Self.part($0) } ?? 0]
                guard path.readsHistory else {
                    let first = question.user.flatMap { firstLinks[k]?[$0] } ?? []
                    ownFeatures.append(
                        scratch.walk(first, matrix) { sums, _ in candidates.map { sums[Int($0)].squareRoot() } })
                    continue
                }
                func read(_ row: [Int32], _ features: inout [[Float]], _ nearestItems: inout [[Int32]]) {
                    scratch.walk(row[...], matrix) { sums, greatest in
                        features.append(candidates.map { sums[Int($0)].squareRoot() })
                        features.append(candidates.map { greatest[Int($0)].squareRoot() })
                        if nearest > 0 { nearestItems.append(Self.greatest(nearest, of: sums)) }
                    }
                }
                read(own, &ownFeatures, &ownNearest)
                if isTransfer { read(others, &transferFeatures, &transferNearest) }
            }
        }
        return Answer(
            user: question.user, domain: domain, own: own, others: others, hidden: question.hidden,
            person: [
                log1p(Float(own.count)) / 3, log1p(Float(others.count)) / 3,
                others.reduce(0) { $0 + log1p(counts[Int($1)]) } / (3 * Float(max(1, others.count))),
            ], ownFeatures: ownFeatures,
            transferFeatures: transferFeatures, ownNearest: ownNearest, transferNearest: transferNearest)
    }

    private static func signedRoot(_ x: Float) -> Float { x < 0 ? -(-x).squareRoot() : x.squareRoot() }

    private static func greatest(_ count: Int, of sums: [Float]) -> [Int32] {
        var best = [mq_scored](repeating: mq_scored(), count: max(1, min(count, sums.count)))
        var kept = 0
        mq_best_update(sums, sums.count, 0, &best, &kept, best.count)
        mq_best_sort(&best, kept)
        return best[..<kept].filter { $0.score > 0 }.map(\.item)
    }
}

/// Sums over all items that walks end at, kept for the next question.
private final class WalkScratch {
    var sums, greatest: [Float]

    init(_ count: Int) {
        sums = Array(repeating: 0, count: count)
        greatest = sums
    }

    /// Walks from each of `nodes` along M, lets `body` read what arrived, and forgets it.
    func walk<Result>(
        _ nodes: ArraySlice<Int32>, _ matrix: InteractionMatrix, _ body: ([Float], [Float]) -> Result
    ) -> Result {
        for node in nodes {
            for entry in matrix.offsets[Int(node)]..<matrix.offsets[Int(node) + 1] {
                let (item, value) = (Int(matrix.columns[entry]), matrix.values[entry])
                sums[item] += value
                greatest[item] = max(greatest[item], value)
            }
        }
        let result = body(sums, greatest)
        for node in nodes {
            for item in matrix[node] {
                sums[Int(item)] = 0
                greatest[Int(item)] = 0
            }
        }
        return result
    }
}

private final class ScratchPool: Sendable {
    private struct Box: @unchecked Sendable {
        // Unchecked: a scratch has one owner, who took it from the list and gives it back.
        let scratch: WalkScratch
    }

    private let free = Mutex<[Box]>([])

    func withScratch(_ count: Int, _ body: (WalkScratch) -> Void) {
        let box = free.withLock { $0.popLast() } ?? Box(scratch: WalkScratch(count))
        body(box.scratch)
        free.withLock { $0.append(box) }
    }
}
