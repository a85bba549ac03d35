/// Adjacency lists, "user item item …" a line: LightGCN's `train.txt` and `test.txt`, and with several
/// behaviors `buy.train.txt`, `cart.train.txt`, … (as MB-CGCN has them) or `cart.txt` beside
/// `train.txt` (as GHCF has them).
///
/// The log holds the training rows; `test.txt`, or the target behavior's `.test.txt`, is the data
/// set's ``Dataset/frozen``, without negatives. The target is the most committed behavior; what the
/// files hold out of the others is no test, and joins the log as it does in CRGCN's and
/// CascadingRank's files.
struct AdjacencyFormat: DatasetFormat {
    private struct Part {
        let behavior: String
        let file: String
        /// Rows of an auxiliary behavior that the files hold out.
        var heldOut: String?
    }

    /// By commitment, the target last.
    private let parts: [Part]
    private let test: String?

    init?(recognizing context: ReadContext) throws {
        if let focus = context.tree.focus {
            guard try Self.isList(context, focus) else { return nil }
            parts = [Part(behavior: "interaction", file: focus)]
            test = nil
        } else if let found = try Self.suffixed(context) ?? Self.beside(context) {
            (parts, test) = found
        } else {
            return nil
        }
    }

    /// `view.train.txt`, `view.test.txt`, …
    private static func suffixed(_ context: ReadContext) throws -> (parts: [Part], test: String?)? {
        let names = context.tree.names.filter { $0.hasSuffix(".train.txt") }
        guard try names.contains(where: { try isList(context, $0) }) else { return nil }
        // An empty one belongs to them, and is an error.
        let behaviors = try names.filter { try isList(context, $0) || isBare(context, $0) }
            .map { String($0.dropLast(10)) }
        let target = behaviors[Int(InteractionLog.mostCommitted(of: behaviors))]
        for name in context.tree.names where name.hasSuffix(".test.txt") {
            let behavior = String(name.dropLast(9))
            guard InteractionLog.commitment(behavior) > InteractionLog.commitment(target) else { continue }
            throw ReadError.file(
                name,
                problem: "holds out \(behavior), but \(behavior).train.txt, the target's training lists, is missing",
                remedy: "add it, or take \(name) away to predict \(target)")
        }
        let auxiliary = ordered(behaviors.filter { $0 != target })
        let parts = auxiliary.map { behavior in
            let held = "\(behavior).test.txt"
            return Part(behavior: behavior, file: "\(behavior).train.txt", heldOut: context.tree.has(held) ? held : nil)
        }
        let test = "\(target).test.txt"
        return (
            parts + [Part(behavior: target, file: "\(target).train.txt")], context.tree.has(test) ? test : nil
        )
    }

    /// `train.txt` of the target, and `cart.txt`, … beside it.
    private static func beside(_ context: ReadContext) throws -> (parts: [Part], test: String?)? {
        let auxiliary = try context.tree.names.compactMap { name -> String? in
            guard name.hasSuffix(".txt"), case let behavior = String(name.dropLast(4)),
                (1...3).contains(InteractionLog.commitment(behavior)) || behavior == "share",
                try isList(context, name) || isBare(context, name)
            else { return nil }
            return behavior
        }
        let test = context.tree.has("test.txt") ? "test.txt" : nil
        guard context.tree.has("train.txt") else {
            guard let test, let first = ordered(auxiliary).last else { return nil }
            throw ReadError.file(
                context.tree.path,
                problem:
                    "holds \(first).txt and \(test), but train.txt, the target behavior's training lists, is missing",
                remedy: "add it")
        }
        guard try isList(context, "train.txt") else { return nil }
        let target = Part(behavior: auxiliary.isEmpty ? "interaction" : "buy", file: "train.txt")
        return (ordered(auxiliary).map { Part(behavior: $0, file: "\($0).txt") } + [target], test)
    }

    private static func ordered(_ behaviors: [String]) -> [String] {
        behaviors.sorted { (InteractionLog.commitment($0), $0) < (InteractionLog.commitment($1), $1) }
    }

    /// Whether the first lines are whole numbers apart by spaces, and lists rather than a table.
    private static func isList(_ context: ReadContext, _ name: String) throws -> Bool {
        let lines = try context.firstLines(name, 200).map(\.trimmed).filter { !$0.isEmpty }
        guard let first = lines.first, first.contains(" "), !lines.contains(where: { $0.contains("\t") }),
            first.split(separator: " ").allSatisfy({ Int($0) != nil })
        else { return false }
        let rows = lines.map { $0.split(separator: " ").map(String.init) }
        // A later line that is none is an error of its own.
        return try TableGuess.isList(rows.filter { $0.allSatisfy { Int64($0) != nil } }, name, context.mapping)
    }

    /// Whether the first lines hold no more than one number each, users without items.
    private static func isBare(_ context: ReadContext, _ name: String) throws -> Bool {
        try context.firstLines(name).allSatisfy { $0.isEmpty || Int($0) != nil }
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        // Of each file, the behavior that it is of; nil for the test.
        var files: [(source: SourceText, behavior: Int?, role: String)] = []
        for (index, part) in parts.enumerated() {
            files.append((try context.tree.open(part.file), index, "\(part.behavior) lists"))
            if let held = part.heldOut {
                files.append(
                    (
                        try context.tree.open(held), index,
                        "\(part.behavior) lists, held out there and part of the log here"
                    ))
            }
        }
        if let test { files.append((try context.tree.open(test), nil, "test lists")) }
        let result = try context.build(dense: true) { builder in
            for file in files { try builder.addList(file.source, mayBeEmpty: file.behavior == nil) }
        }
        let isMulti = parts.count > 1
        if isMulti {
            try BehaviorFiles(
                files: zip(files, result.parts).map {
                    BehaviorFiles.File(source: $0.source, behavior: $0.behavior, columns: $1)
                },
                users: result.users, items: result.items, isList: true
            ).check()
        }
        var log = InteractionLog(
            userVocabulary: result.users, itemVocabulary: result.items, behaviorNames: parts.map(\.behavior),
            target: UInt8(parts.count - 1))
        var dataset = Dataset(name: context.tree.name, log: log)
        for (file, columns) in zip(files, result.parts) {
            context.note(file.source, role: file.role, lines: columns.opens.reduce(0) { $0 + Int($1) })
            if let behavior = file.behavior {
                log.users += columns.users
                log.items += columns.items
                if isMulti { log.behaviors += Array(repeating: UInt8(behavior), count: columns.users.count) }
            } else {
                dataset.frozen = FrozenTest(
                    holdout: Holdout(pairs: zip(columns.users, columns.items).map { (user: $0, item: $1) }))
            }
        }
        dataset.log = log
        let held = parts.compactMap(\.heldOut)
        if !held.isEmpty {
            context.notes.append(
                DataNote(
                    .joining,
                    "\(held.joined(separator: " and ")) \(held.count == 1 ? "is" : "are") part of the log, for only "
                        + "\(parts[parts.count - 1].behavior) is tested"))
        }
        return (dataset, context.report("adjacency lists", dataset))
    }
}
