internal import MarqueeData
internal import MarqueeModels

extension LiveLoop {
    /// People like a person, the most alike first: cos(u, v) = |I_u ∩ I_v| / √(|I_u| |I_v|), where I_u is what u did in the
    /// deployed model's training and lately, and I_v what v did in the training.
    ///
    /// O(people who touched the person's items).
    /// - Returns: nobody without a model, or where nothing is known of the person.
    public func neighbors(ofUser id: String, count: Int) -> [(user: String, score: Double)] {
        guard let model else { return [] }
        let own = model.saved.users.index(of: id)
        var items = Set(own.map { Array(model.saved.history[$0]) } ?? [])
        for interaction in audience[.user(id)].interactions {
            model.index(of: interaction.item).map { _ = items.insert($0) }
        }
        guard !items.isEmpty else { return [] }
        var shared: [Int32: Int] = [:]
        for item in items {
            for other in model.byItem[item] where other != own { shared[other, default: 0] += 1 }
        }
        let size = items.count
        return shared.map { user, count in
            (
                user: user,
                score: Double(count) / (Double(size) * Double(model.saved.history[user].count)).squareRoot()
            )
        }.sorted { $0.score > $1.score || $0.score == $1.score && $0.user < $1.user }
            .prefix(count).map { (model.saved.users[$0.user], $0.score) }
    }
}
