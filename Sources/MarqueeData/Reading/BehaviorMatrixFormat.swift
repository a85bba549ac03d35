/// One list of edges a behavior, `train_mat_view.tsv`, `train_mat_cart.tsv`, `train_mat_buy.tsv`: user,
/// item and Unix time apart by tabs; `test_mat.tsv` holds out the target's. As SSLRec has its
/// multi-behavior data (Ren et al., WSDM 2024).
///
/// Files of several behaviors in one, `train_mat_view_buy.tsv`, say nothing more and are passed over.
struct BehaviorMatrixFormat: DatasetFormat {
    private static let prefix = "train_mat_"

    /// By commitment, the target last.
    private let behaviors: [String]
    private let combined: [String]
    private let ending: String

    init?(recognizing context: ReadContext) throws {
        guard context.tree.focus == nil,
            let ending = [".tsv", ".txt"].first(where: { ending in
                context.tree.names.contains { $0.hasPrefix(Self.prefix) && $0.hasSuffix(ending) }
            })
        else { return nil }
        let names = context.tree.names.filter { $0.hasPrefix(Self.prefix) && $0.hasSuffix(ending) }
            .map { String($0.dropFirst(Self.prefix.count).dropLast(ending.count)) }
        func isCombined(_ name: String) -> Bool {
            let parts = name.split(separator: "_").map(String.init)
            return parts.count > 1 && parts.allSatisfy { names.contains($0) || InteractionLog.commitment($0) > 0 }
        }
        combined = names.filter(isCombined)
        let single = names.filter { !isCombined($0) }
        guard !single.isEmpty else { return nil }
        let target = single[Int(InteractionLog.mostCommitted(of: single))]
        behaviors =
            single.filter { $0 != target }
            .sorted { (InteractionLog.commitment($0), $0) < (InteractionLog.commitment($1), $1) } + [target]
        self.ending = ending
        if let missing = combined.flatMap({ $0.split(separator: "_").map(String.init) })
            .first(where: { InteractionLog.commitment($0) > InteractionLog.commitment(target) })
        {
            throw ReadError.file(
                context.tree.path,
                problem: "speaks of \(missing), but \(file(missing)), the target's training edges, is missing",
                remedy: "add it, or take the files of several behaviors away to predict \(target)")
        }
    }

    private func file(_ behavior: String) -> String { Self.prefix + behavior + ending }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let sources = try behaviors.map { try context.tree.open(file($0)) }
        let name = "test_mat\(ending)"
        let held = context.tree.has(name) ? try context.tree.open(name) : nil
        let result = try context.build(dense: true) { builder in
            for source in sources { try builder.add(source, layout(source, context)) }
            if let held {
                var layout = try layout(held, context)
                if layout.roles.count > 2 { layout.roles[2] = .skip }
                try builder.add(held, layout)
            }
        }
        try BehaviorFiles(
            files: zip(sources + (held.map { [$0] } ?? []), result.parts).enumerated().map { index, part in
                BehaviorFiles.File(source: part.0, behavior: index < behaviors.count ? index : nil, columns: part.1)
            }, users: result.users, items: result.items, isList: false
        ).check()
        var log = InteractionLog(
            userVocabulary: result.users, itemVocabulary: result.items, behaviorNames: behaviors,
            target: UInt8(behaviors.count - 1))
        let hasTimes = result.parts.prefix(behaviors.count).allSatisfy { !$0.timestamps.isEmpty }
        for (index, source) in sources.enumerated() {
            let columns = result.parts[index]
            context.note(source, role: "\(behaviors[index]) edges", lines: columns.users.count)
            log.users += columns.users
            log.items += columns.items
            if hasTimes { log.timestamps += columns.timestamps }
            if behaviors.count > 1 { log.behaviors += Array(repeating: UInt8(index), count: columns.users.count) }
        }
        var dataset = Dataset(name: context.tree.name, log: log)
        if let held {
            let columns = result.parts[behaviors.count]
            context.note(held, role: "test edges", lines: columns.users.count)
            dataset.frozen = FrozenTest(
                holdout: Holdout(pairs: zip(columns.users, columns.items).map { (user: $0, item: $1) }))
        }
        if !combined.isEmpty {
            context.notes.append(
                DataNote(
                    .unused, "passed over: \(combined.map(file).joined(separator: ", ")), which repeat the others"))
        }
        return (dataset, context.report("edges of each behavior", dataset))
    }

    private func layout(_ source: SourceText, _ context: ReadContext) throws -> TableLayout {
        let count = try context.firstLines(source.name, 1).first?.components("\t").count ?? 3
        let roles: [TableLayout.Role] = [.user, .item, .timestamp]
        return TableLayout(
            separator: "\t",
            roles: Array(roles.prefix(max(2, count))) + Array(repeating: .skip, count: max(0, count - 3)),
            requiresIntegers: true)
    }
}
