internal import MarqueeData
internal import MarqueeModels

extension LiveLoop {
    /// Items like an item: as the deployed model knows them, which is what `marquee similar` says, where it knows which
    /// items are alike, and else by the people who touched both. Of an item that no model knows it is what is popular in
    /// its categories.
    /// - Parameters:
    ///   - likeness: what is asked for; nil for whichever of the two there is.
    ///   - category: only items of this one.
    /// - Returns: nil when the catalog does not know the item.
    /// - Throws: `ModelError.knowsNoItems` where the model is asked for and knows nothing of which items are alike.
    public func similar(
        to id: String, by likeness: ItemLikeness? = nil, category: String? = nil, count: Int
    ) throws -> SimilarList? {
        let (model, snapshot) = (model, catalog.snapshot)
        guard let item = snapshot.ids.index(of: id) else { return nil }
        let time = configuration.clock()
        var list: (measure: String, items: [Int32], scores: [Float])
        if let known = try model?.similar(to: item, by: likeness) {
            list = known
        } else {
            let lists = pipeline.trendingLists(snapshot, model, trends, time: time)
            let popular = snapshot.categories[Int(item)].flatMap {
                lists.lists(domain: nil, category: $0).popular
            }.sorted { (lists.popularity(of: $0), $1) > (lists.popularity(of: $1), $0) }
            list = ("how popular what has its categories is", popular, popular.map { lists.popularity(of: $0) })
        }
        var kept = zip(list.items, list.scores).filter { $0.0 != item }
        if let category {
            let code = snapshot.categoryNames.index(of: category).map { UInt16(clamping: $0) }
            kept.removeAll { entry in
                code.map { !snapshot.categories[Int(entry.0)].contains($0) } ?? true
            }
        }
        return SimilarList(
            measure: list.measure,
            items: first(count, kept.map { (item: $0.0, score: Double($0.1)) }, snapshot, at: time))
    }

    /// What most people touched, in training and now; the score is 1 for what was touched most in training, and more for
    /// what is touched now.
    /// - Parameter user: leaves out what this user touched.
    /// - Returns: nil when the catalog does not know the domain or the category.
    public func popular(
        domain: String? = nil, category: String? = nil, leavingOutTouchedBy user: String? = nil, count: Int
    ) -> [ScoredItem]? {
        list(domain, category, user, count) { lists, found in
            found.popular.map { ($0, Double(lists.popularity(of: $0))) }
        }
    }

    /// What appeared last; the score is when, in seconds since 1970.
    /// - Returns: nil when the catalog does not know the domain or the category.
    public func latest(
        domain: String? = nil, category: String? = nil, leavingOutTouchedBy user: String? = nil, count: Int
    ) -> [ScoredItem]? {
        let times = catalog.snapshot.times
        return list(domain, category, user, count) { _, found in
            found.fresh.lazy.filter { times.indices.contains(Int($0)) }.map {
                ($0, Double(times[Int($0)]) / 1_000)
            }
        }
    }

    private func list(
        _ domain: String?, _ category: String?, _ user: String?, _ count: Int,
        _ entries: (TrendingLists, TrendingLists.Lists) -> [(item: Int32, score: Double)]
    ) -> [ScoredItem]? {
        let (model, snapshot) = (model, catalog.snapshot)
        var codes: (domain: UInt16?, category: UInt16?)
        if let domain {
            guard let code = snapshot.domainNames.index(of: domain) else { return nil }
            codes.domain = UInt16(clamping: code)
        }
        if let category {
            guard let code = snapshot.categoryNames.index(of: category) else { return nil }
            codes.category = UInt16(clamping: code)
        }
        let time = configuration.clock()
        let lists = pipeline.trendingLists(snapshot, model, trends, time: time)
        let touched = user.map { touchedItems(of: $0) } ?? []
        let items = entries(lists, lists.lists(domain: codes.domain, category: codes.category)).filter { entry in
            Int(entry.item) < snapshot.count && !touched.contains(entry.item)
                && (codes.domain == nil || snapshot.domains[Int(entry.item)] == codes.domain)
        }
        return first(count, items, snapshot, at: time)
    }

    /// What somebody touched, in training and since, and did not take back.
    private func touchedItems(of user: String) -> Set<Int32> {
        let state = audience[.user(user)]
        var touched = Set(state.interactions.map(\.item)).union(state.consumed)
        if let model, let index = model.saved.users.index(of: user) {
            let retracted = Set(state.retractions.map(\.item))
            touched.formUnion(
                model.saved.history[index].lazy.map { model.items[Int($0)] }.filter { !retracted.contains($0) })
        }
        return touched
    }

    /// The first of a list that may be shown, each once.
    private func first(
        _ count: Int, _ items: [(item: Int32, score: Double)], _ snapshot: CatalogSnapshot, at now: Int64
    ) -> [ScoredItem] {
        var seen: Set<Int32> = []
        var found: [ScoredItem] = []
        for (item, score) in items where Int(item) < snapshot.count && snapshot.isOffered(item, at: now) {
            guard found.count < count else { break }
            if seen.insert(item).inserted { found.append(ScoredItem(id: snapshot.names[Int(item)], score: score)) }
        }
        return found
    }
}
