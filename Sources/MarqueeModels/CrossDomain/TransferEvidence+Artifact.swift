internal import MarqueeData

extension TransferEvidence {
    init(
        paths: [MetaPath], ease hasEASE: Bool, ridge hasRidge: Bool, transfers: Bool, from artifact: borrowing Artifact
    ) throws {
        let history = try artifact.matrix("history")
        let itemCount = history.columnCount
        func bad(_ reason: String) -> ModelError { .badArtifact(path: "evidence", reason: reason) }
        let domains = try artifact.integers("domains")
        let views = try (0..<artifact.count("domains")).map { domain in
            DomainView(
                items: domains.indices.filter { domains[$0] == Int32(domain) }.map { Int32($0) }, itemCount: itemCount)
        }
        guard domains.count == itemCount, domains.allSatisfy({ views.indices.contains(Int($0)) }) else {
            throw bad("domains are damaged")
        }
        let weights = try paths.indices.map { k -> [InteractionMatrix] in
            // Walks without a part of the people are of training alone.
            let matrix = try artifact.matrix("path.\(k)")
            guard matrix.columnCount == itemCount else { throw bad("path \(k) is damaged") }
            return [matrix]
        }
        let links = try paths.enumerated().map { k, path -> InteractionMatrix? in
            guard !path.readsHistory else { return nil }
            let links = try artifact.matrix("links.\(k)")
            guard links.rowCount == history.rowCount, links.columnCount == weights[k][0].rowCount else {
                throw bad("links \(k) are damaged")
            }
            return links
        }
        let ease = try views.enumerated().compactMap { k, view in
            !hasEASE
                ? nil
                : LeaveOutEASE(
                    itemCount: view.items.count,
                    inverse: try artifact.floats("ease.\(k)", shape: [view.items.count, view.items.count]))
        }
        let ridge =
            !hasRidge || !transfers || views.count == 1
            ? [] : try DomainTransfer.all(from: artifact.part("ridge."), itemCount: itemCount)
        guard ridge.isEmpty || ridge.count == views.count else { throw bad("ridge is damaged") }
        self.init(
            paths: paths, views: views, domains: domains, history: history, weights: weights, firstLinks: links,
            ease: ease, ridge: ridge, transfers: transfers)
    }

    func save(to artifact: inout Artifact) {
        artifact.store(history, "history")
        artifact.store(integers: domains, "domains")
        artifact.store(count: views.count, "domains")
        for (k, matrices) in weights.enumerated() { artifact.store(matrices[0], "path.\(k)") }
        for (k, links) in firstLinks.enumerated() { if let links { artifact.store(links, "links.\(k)") } }
        for (k, ease) in ease.enumerated() {
            artifact.store(ease.inverse, "ease.\(k)", shape: [ease.itemCount, ease.itemCount])
        }
        guard !ridge.isEmpty else { return }
        var part = Artifact()
        DomainTransfer.save(ridge, to: &part)
        artifact.insert(part, prefix: "ridge.")
    }
}
