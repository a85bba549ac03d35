/// Pairs a line, user and item apart by tabs, in `train.txt` and `test.txt`, with `valid.txt` where there is one, as
/// CDRIB has its domains (Cao et al., ICDE 2022), or with `test_neg.txt`, "(user, item) negative …", as Bi-TGCF has
/// them (Liu et al., CIKM 2020). A third field is a rating, or 1.
///
/// The log holds the training rows; the rest is the data set's ``Dataset/frozen``.
struct HeldOutPairsFormat: DatasetFormat {
    private let hasRatings: Bool

    init?(recognizing context: ReadContext) throws {
        let tree = context.tree
        guard tree.focus == nil, tree.has("train.txt"), tree.has("test.txt") else { return nil }
        let lines = try context.firstLines("train.txt").filter { !$0.isEmpty }.map { $0.components("\t") }
        guard let first = lines.first, first.count == 2 || first.count == 3,
            lines.allSatisfy({ $0.count == first.count && Int($0[0]) != nil && Int($0[1]) != nil })
        else { return nil }
        hasRatings = first.count == 3 && lines.contains { $0[2] != "1" }
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let tree = context.tree
        let train = try tree.open("train.txt")
        let test = try tree.open("test.txt")
        let validation = tree.has("valid.txt") ? try tree.open("valid.txt") : nil
        let negatives = tree.has("test_neg.txt") ? try tree.open("test_neg.txt") : nil
        let result = try context.build { builder in
            try builder.add(train, layout(train, context))
            for source in [test, validation].compactMap({ $0 }) {
                var layout = try layout(source, context)
                for index in layout.roles.indices.dropFirst(2) { layout.roles[index] = .skip }
                try builder.add(source, layout)
            }
            if let negatives { try builder.addList(negatives, tuples: true) }
        }
        func holdout(_ part: Int) -> Holdout {
            Holdout(pairs: zip(result.parts[part].users, result.parts[part].items).map { (user: $0, item: $1) })
        }
        var dataset = Dataset(name: tree.name, log: result.log())
        context.note(train, role: "training pairs", lines: dataset.log.count)
        var frozen = FrozenTest(holdout: holdout(1))
        context.note(test, role: "test pairs", lines: result.parts[1].users.count)
        if let validation {
            frozen.validation = holdout(2)
            context.note(validation, role: "validation pairs", lines: result.parts[2].users.count)
        }
        if let negatives, let list = result.parts.last {
            frozen.negatives = try NCFFormat.rows(list, frozen.holdout, negatives, test: test.name)
            context.note(negatives, role: "test negatives", lines: list.opens.reduce(0) { $0 + Int($1) })
        }
        dataset.frozen = frozen
        return (dataset, context.report("held-out pairs", dataset))
    }

    private func layout(_ source: SourceText, _ context: ReadContext) throws -> TableLayout {
        let count = try context.firstLines(source.name, 1).first?.components("\t").count ?? 3
        let roles: [TableLayout.Role] = [.user, .item, hasRatings ? .value : .skip]
        return TableLayout(
            separator: "\t",
            roles: Array(roles.prefix(max(2, count))) + Array(repeating: .skip, count: max(0, count - 3)),
            requiresIntegers: true)
    }
}
