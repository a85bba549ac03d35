/// A log whose files hold out themselves: `train.csv`, `valid.csv` and `test.csv`, with a header or columns that speak
/// for themselves, `.csv`, `.tsv`, `.txt`, `.dat` or JSON lines; a name in front, as in `books.train.csv`, is the same.
///
/// Pairs apart by tabs are how CDRIB (Cao et al., ICDE 2022) and, with `test_neg.txt`, "(user, item) negative …",
/// Bi-TGCF (Liu et al., CIKM 2020) have their domains. The log holds the training rows; the rest is the data set's
/// ``Dataset/frozen``.
struct SplitFilesFormat: DatasetFormat {
    private let train, test: String
    private let validation: String?
    private let layout: TableLayout

    private static let endings = ["csv", "tsv", "txt", "dat", "jsonl", "ndjson"]
    static let validationNames = ["valid", "validation", "val", "dev"]

    init?(recognizing context: ReadContext) throws {
        let tree = context.tree
        guard tree.focus == nil, context.mapping.file == nil else { return nil }
        func files(_ part: String) -> [(front: String, ending: String, file: String)] {
            tree.names.compactMap { name in
                let ending = Self.endings.first { name.lowercased().hasSuffix(".\($0)") }
                guard let ending else { return nil }
                let stem = name.dropLast(ending.count + 1)
                let front = stem.dropLast(part.count)
                guard stem.lowercased().hasSuffix(part), front.last.map({ ".-_".contains($0) }) ?? true else {
                    return nil
                }
                return (String(front), ending, name)
            }
        }
        let tests = files("test")
        let pairs = files("train").compactMap { train in
            tests.first { $0.front == train.front && $0.ending == train.ending }.map { (train, $0) }
        }
        guard let (train, test) = pairs.first, pairs.count == 1,
            let layout = try TableGuess.layout(of: train.file, context, isPart: true)
        else { return nil }
        (self.train, self.test, self.layout) = (train.file, test.file, layout)
        validation =
            Self.validationNames.lazy.compactMap { name in
                files(name).first { $0.front == train.front && $0.ending == train.ending }?.file
            }.first
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let tree = context.tree
        let parts = try ([train, test] + (validation.map { [$0] } ?? [])).enumerated().map { index, name in
            let layout = index == 0 ? layout : try heldOut(name, context)
            return (source: try context.open(name, layout), layout: layout)
        }
        let negatives = tree.has("test_neg.txt") ? try tree.open("test_neg.txt") : nil
        let result = try context.build { builder in
            for part in parts { try builder.add(part.source, part.layout) }
            if let negatives { try builder.addList(negatives, tuples: true) }
        }
        func holdout(_ part: Int) -> Holdout {
            Holdout(pairs: zip(result.parts[part].users, result.parts[part].items).map { (user: $0, item: $1) })
        }
        var dataset = Dataset(name: tree.name, log: result.log())
        context.note(parts[0].source, role: "training pairs", lines: dataset.log.count)
        var frozen = FrozenTest(holdout: holdout(1))
        context.note(parts[1].source, role: "test pairs", lines: result.parts[1].users.count)
        if validation != nil {
            frozen.validation = holdout(2)
            context.note(parts[2].source, role: "validation pairs", lines: result.parts[2].users.count)
        }
        if let negatives, let list = result.parts.last {
            frozen.negatives = try NCFFormat.rows(list, frozen.holdout, negatives, test: test)
            context.note(negatives, role: "test negatives", lines: list.opens.reduce(0) { $0 + Int($1) })
        }
        dataset.frozen = frozen
        return (dataset, context.report("training and held-out files", dataset))
    }

    /// User and item of a held-out file: by the names of its own header, else where the training file has them.
    private func heldOut(_ name: String, _ context: ReadContext) throws -> TableLayout {
        var held = layout
        if layout.names.isEmpty {
            let count = try context.firstLines(name, 1).first?.components(layout.separator).count ?? 0
            held.roles =
                Array(layout.roles.prefix(count)) + Array(repeating: .skip, count: max(0, count - layout.roles.count))
        } else {
            guard let own = try TableGuess.layout(of: name, context, isPart: true), !own.names.isEmpty else {
                throw ReadError.file(
                    name, problem: "has no columns for user and item as \(train) has them",
                    remedy: "give it the header of \(train)")
            }
            held = own
        }
        for index in held.roles.indices where held.roles[index] != .user && held.roles[index] != .item {
            held.roles[index] = .skip
        }
        held.isGuess = false
        return held
    }
}
