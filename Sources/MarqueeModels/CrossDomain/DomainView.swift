internal import MarqueeData
internal import MarqueeEvaluation

/// A domain of joined data by itself: its items under numbers of their own, beside all users.
struct DomainView: Sendable {
    /// The items, ascending: their numbers in the joined data.
    let items: [Int32]
    /// By item of the joined data its number here, -1 for those of other domains.
    let indices: [Int32]

    init(items: [Int32], itemCount: Int) {
        self.items = items
        var indices = [Int32](repeating: -1, count: itemCount)
        for (index, item) in items.enumerated() { indices[Int(item)] = Int32(index) }
        self.indices = indices
    }

    /// As ``store(in:_:)`` left it, in data of so many items.
    init(from artifact: borrowing Artifact, _ name: String, itemCount: Int) throws {
        let items = try artifact.integers("\(name).items")
        guard items.allSatisfy({ $0 >= 0 && Int($0) < itemCount }), zip(items, items.dropFirst()).allSatisfy(<) else {
            throw ModelError.badArtifact(path: "\(name).items", reason: "items are damaged")
        }
        self.init(items: items, itemCount: itemCount)
    }

    func store(in artifact: inout Artifact, _ name: String) { artifact.store(integers: items, "\(name).items") }

    /// Puts scores of the domain's items in the places that they have among `items` of the joined data.
    func scatter(_ own: [Float], items range: Range<Int>, into scores: inout MutableSpan<Float>, at start: Int) {
        for (item, score) in zip(items, own) where range.contains(Int(item)) {
            scores[start + Int(item) - range.lowerBound] = score
        }
    }

    /// Scores those of the candidates that are of this domain; `own` is asked by their numbers here.
    func score(_ candidates: [Int32], into scores: inout MutableSpan<Float>, by own: ([Int32]) -> [Float]) {
        let places = candidates.indices.filter { indices[Int(candidates[$0])] >= 0 }
        guard !places.isEmpty else { return }
        for (place, score) in zip(places, own(places.map { indices[Int(candidates[$0])] })) { scores[place] = score }
    }

    /// One view a domain; one of everything where no domain is known.
    static func all(of data: TrainingSet) -> [DomainView] {
        let domains = data.domains
        guard domains.names.count > 1 else {
            return [DomainView(items: (0..<Int32(data.itemCount)).map { $0 }, itemCount: data.itemCount)]
        }
        return domains.names.indices.map {
            DomainView(items: domains.items(of: Int32($0)), itemCount: data.itemCount)
        }
    }

    /// What of the data is of this domain; every user stays.
    func restricted(_ data: TrainingSet) -> TrainingSet {
        let rows = (0..<data.log.count).filter { indices[Int(data.log.items[$0])] >= 0 }
        var log = data.log.selecting(rows)
        log.items = log.items.map { indices[Int($0)] }
        log.itemVocabulary = Vocabulary(items.map { data.log.itemVocabulary[$0] })
        let catalog = data.catalog.isEmpty ? Catalog() : Catalog(items: items.map { data.catalog.items[Int($0)] })
        var knowledge = data.knowledge
        if let known = knowledge { knowledge?.itemEntities = items.map { known.itemEntities[Int($0)] } }
        return TrainingSet(
            log: log, catalog: catalog, ties: data.ties, userAttributes: data.userAttributes, knowledge: knowledge,
            domains: ItemDomains(catalog), validation: data.validation.flatMap(restricted))
    }

    /// The questions whose targets are of this domain; nil when none are.
    func restricted(_ validation: Validation) -> Validation? {
        let held = validation.holdout
        func isInside(_ item: Int32) -> Bool { indices[Int(item)] >= 0 }
        let targets = held.items.indices.filter { isInside(held.items[$0]) }
        let kept = held.users.indices.filter { held[$0].contains(where: isInside) }
        guard !kept.isEmpty else { return nil }
        func own(_ rows: some Sequence<[Int32]>) -> [[Int32]] {
            rows.map { $0.filter(isInside).map { indices[Int($0)] } }
        }
        let candidates: CandidateProtocol =
            switch validation.candidates {
            case .full, .part: .full
            case .sampled(let negatives):
                .sampled(FrozenNegatives(name: negatives.name, rows: own(kept.lazy.map { negatives.rows[$0] })))
            case .perTarget(let negatives):
                .perTarget(FrozenNegatives(name: negatives.name, rows: own(targets.lazy.map { negatives.rows[$0] })))
            case .rated(let liked): .rated(liked: liked)
            }
        return Validation(
            holdout: Holdout(
                pairs: kept.flatMap { k in held[k].filter(isInside).map { (held.users[k], indices[Int($0)]) } }),
            candidates: candidates, seen: restricted(validation.seen), metric: validation.metric,
            histories: validation.histories.map(restricted), every: validation.every)
    }

    private func restricted(_ histories: UserHistories) -> UserHistories {
        let own = histories.selecting { indices[Int($0.item)] >= 0 }
        return UserHistories(
            offsets: own.offsets, items: own.items.map { indices[Int($0)] }, behaviors: own.behaviors,
            times: own.times, values: own.values, sessions: own.sessions)
    }

    /// The columns of this domain.
    func restricted(_ matrix: InteractionMatrix) -> InteractionMatrix {
        var (offsets, columns, values) = ([0], [Int32](), [Float]())
        for row in 0..<matrix.rowCount {
            for entry in matrix.offsets[row]..<matrix.offsets[row + 1] {
                let index = indices[Int(matrix.columns[entry])]
                guard index >= 0 else { continue }
                columns.append(index)
                values.append(matrix.values[entry])
            }
            offsets.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: matrix.rowCount, columnCount: items.count, offsets: offsets, columns: columns, values: values)
    }

    /// What of a history is of this domain.
    func restricted(_ query: Query) -> Query {
        var own = query
        own.history = History(
            query.history.compactMap { event in
                let index = indices[Int(event.item)]
                guard index >= 0 else { return nil }
                var event = event
                event.item = index
                return event
            })
        own.candidates = nil
        own.excluded = []
        return own
    }
}
