/// Adjacency lists, "user item item …" a line: LightGCN's `train.txt` and `test.txt`, and with several
/// behaviors `buy.train.txt`, `cart.train.txt`, … or `cart.txt` beside `train.txt`.
///
/// The log holds the training rows; `test.txt`, or the target behavior's `.test.txt`, is the data
/// set's ``Dataset/frozen``, without negatives. The target is `buy` where there is one.
struct AdjacencyFormat: DatasetFormat {
    /// Behavior and file, the target last.
    private let parts: [(behavior: String, file: String)]
    private let test: String?
    private static let auxiliary = ["view", "click", "pv", "collect", "favorite", "favourite", "fav", "share", "cart"]

    init?(recognizing context: ReadContext) throws {
        let names = context.tree.names
        if let focus = context.tree.focus {
            guard try Self.isList(context, focus) else { return nil }
            parts = [("interaction", focus)]
            test = nil
            return
        }
        let behaviors = try names.filter { try $0.hasSuffix(".train.txt") && Self.isList(context, $0) }
            .map { (behavior: String($0.dropLast(10)), file: $0) }
        if !behaviors.isEmpty {
            let target = behaviors.contains { $0.behavior == "buy" } ? "buy" : behaviors[behaviors.count - 1].behavior
            func rank(_ behavior: String) -> Int {
                behavior == target ? .max : Self.auxiliary.firstIndex(of: behavior) ?? Self.auxiliary.count
            }
            parts = behaviors.sorted { (rank($0.behavior), $0.behavior) < (rank($1.behavior), $1.behavior) }
            test = names.contains("\(target).test.txt") ? "\(target).test.txt" : nil
        } else if names.contains("train.txt"), try Self.isList(context, "train.txt") {
            let others = try Self.auxiliary.filter { try names.contains("\($0).txt") && Self.isList(context, "\($0).txt") }
                .map { (behavior: $0, file: "\($0).txt") }
            parts = others + [(behavior: others.isEmpty ? "interaction" : "buy", file: "train.txt")]
            test = names.contains("test.txt") ? "test.txt" : nil
        } else {
            return nil
        }
    }

    /// Whether the first lines are whole numbers apart by spaces, not all of them triples, which
    /// would rather be user, item and rating.
    private static func isList(_ context: ReadContext, _ name: String) throws -> Bool {
        let lines = try context.firstLines(name).filter { !$0.isEmpty }
        guard let first = lines.first, !lines.contains(where: { $0.contains("\t") }) else { return false }
        let counts = lines.map { $0.split(separator: " ").count }
        return first.split(separator: " ").allSatisfy { Int($0) != nil } && counts.contains { $0 != 3 }
            && counts[0] >= 1 && first.contains(" ")
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let sources = try parts.map { try context.tree.open($0.file) }
        let held = try test.map { try context.tree.open($0) }
        let result = try context.build(dense: true) { builder in
            for source in sources { try builder.addList(source) }
            if let held { try builder.addList(held, mayBeEmpty: true) }
        }
        var log = InteractionLog(
            userVocabulary: result.users, itemVocabulary: result.items, behaviorNames: parts.map(\.behavior),
            target: UInt8(parts.count - 1))
        for index in parts.indices {
            let columns = result.parts[index]
            log.users += columns.users
            log.items += columns.items
            if parts.count > 1 { log.behaviors += Array(repeating: UInt8(index), count: columns.users.count) }
            context.note(sources[index], role: "\(parts[index].behavior) lists", lines: lines(columns))
        }
        var dataset = Dataset(name: context.tree.name, log: log)
        if let held {
            let columns = result.parts[parts.count]
            context.note(held, role: "test lists", lines: lines(columns))
            dataset.frozen = FrozenTest(
                holdout: Holdout(pairs: zip(columns.users, columns.items).map { (user: $0, item: $1) }))
        }
        return (dataset, context.report("adjacency lists", dataset))
    }

    private func lines(_ columns: LogBuilder.Columns) -> Int { columns.opens.reduce(0) { $0 + Int($1) } }
}
