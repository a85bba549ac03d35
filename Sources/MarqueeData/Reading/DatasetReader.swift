public import Foundation
public import MarqueeRuntime

/// Reads interaction data of any known format, recognized by its content.
///
/// Known are every MovieLens release, RecBole's atomic files, the NCF paper's files, adjacency lists
/// as LightGCN has them, with one file a behavior as MB-CGCN, GHCF and SSLRec have them, ratings with
/// trust, any CSV, TSV or JSON lines with a header or columns that speak for themselves or a ``ColumnMapping``, and
/// such files as training, validation and test or one a behavior; each plain, `.gz` or in a `.zip`.
/// Rows keep their order, and ids are numbered by first appearance, whatever the worker count; where
/// a format numbers its ids densely from 0 (the NCF paper's, adjacency lists), those numbers are kept.
///
///     let dataset = try DatasetReader.read(URL(filePath: "ml-1m"))
///     dataset.log.count        // 1000209
///
/// Text is UTF-8 or, where it is not, latin-1. Files are memory-mapped and parsed by all workers;
/// memory stays below twice the columns' size. The columns are kept in a binary cache (in
/// `MARQUEE_CACHE`, else `~/.cache/marquee`), which a change of the files makes void.
public enum DatasetReader {
    /// The data set in a folder, file, `.gz` or `.zip`.
    /// - Parameters:
    ///   - mapping: which column means what, for files that are not of a known format.
    ///   - cache: whether a binary cache is looked for and written; that it cannot be is no error.
    /// - Throws: ``ReadError``, which names file, line and remedy; ``FileError`` when nothing is there.
    public static func read(
        _ url: URL, mapping: ColumnMapping? = nil, cache: Bool = true, pool: WorkerPool = .shared
    ) throws -> Dataset {
        try readReporting(url, mapping: mapping, cache: cache, pool: pool).dataset
    }

    /// As ``read(_:mapping:cache:pool:)``, with what was found beside it.
    public static func readReporting(
        _ url: URL, mapping: ColumnMapping? = nil, cache: Bool = true, pool: WorkerPool = .shared
    ) throws -> (dataset: Dataset, report: ReadReport) {
        if mapping == nil, let source = source(of: url) { return try source.read(url) }
        return try read(
            url, mapping: mapping, cache: cache ? DatasetCache(for: url, mapping: mapping) : nil, pool: pool)
    }

    static func read(
        _ url: URL, mapping: ColumnMapping?, cache: DatasetCache?, pool: WorkerPool
    ) throws -> (dataset: Dataset, report: ReadReport) {
        if let found = cache?.load(pool: pool) { return found }
        let context = ReadContext(tree: try SourceTree(url), pool: pool)
        let read = try read(context, mapping: mapping)
        cache?.save(read.dataset, read.report, dependencies: context.dependencies)
        return read
    }

    /// Without the cache and with chunks of this many bytes, for those who look for trouble at their borders.
    package static func read(
        _ url: URL, mapping: ColumnMapping?, pool: WorkerPool, chunkSize: Int
    ) throws -> Dataset {
        let context = ReadContext(tree: try SourceTree(url), pool: pool)
        context.chunkSize = chunkSize
        return try read(context, mapping: mapping).dataset
    }

    /// By the first format that knows what is there.
    static func read(_ context: ReadContext, mapping: ColumnMapping?) throws -> (dataset: Dataset, report: ReadReport) {
        context.mapping = mapping ?? ColumnMapping()
        if let user = mapping?.user, let item = mapping?.item {
            return try MappedFormat(context.mapping, user: user, item: item).read(context)
        }
        for format in formats(for: context.mapping) {
            if let recognized = try format.init(recognizing: context) { return try recognized.read(context) }
        }
        if let file = context.candidates.first(where: { $0.lowercased().hasSuffix(".parquet") }) {
            throw ReadError.file(
                file, problem: "is Parquet, which is not read",
                remedy: "write it as CSV first: duckdb -c \"COPY (FROM '\(file)') TO 'interactions.csv'\"")
        }
        if let alone = context.aloneInItsFolder { return try read(alone, mapping: mapping) }
        let missing = [("user", context.mapping.user), ("item", context.mapping.item)].filter { $0.1 == nil }.map(\.0)
        if context.mapping.describesTable {
            throw ReadError.file(
                context.tree.path,
                problem:
                    "has no column that is known as \(missing.joined(separator: " and ")); found \(context.inventory)",
                remedy: "name it too: `columns: { \(missing.map { "\($0): …" }.joined(separator: ", ")) }`")
        }
        throw ReadError.unrecognized(path: context.tree.path, found: context.inventory)
    }

    /// In the order in which they are asked; where columns are spoken of, those that have columns.
    private static func formats(for mapping: ColumnMapping) -> [any DatasetFormat.Type] {
        let tables: [any DatasetFormat.Type] = [SplitFilesFormat.self, BehaviorTablesFormat.self, TableFormat.self]
        if mapping.describesTable { return [RecBoleFormat.self] + tables }
        return [
            RecBoleFormat.self, NCFFormat.self, SocialRatingsFormat.self, CoatFormat.self, SplitFilesFormat.self,
            MovieFactsFormat.self, HINFormat.self, MovieLensFormat.self, AdjacencyFormat.self,
            BehaviorMatrixFormat.self, BehaviorTablesFormat.self,
            TableFormat.self,
        ]
    }
}

/// A family of formats: knows its files when it sees them, and reads them.
protocol DatasetFormat {
    /// Nil when this is not it.
    /// - Throws: ``ReadError`` when it is, but unclear which file.
    init?(recognizing context: ReadContext) throws
    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport)
}

/// What the formats share while one reads: the files, the workers and the report in the making.
final class ReadContext {
    let tree: SourceTree
    let pool: WorkerPool
    var chunkSize = 4 << 20
    private var companions: [URL] = []
    private(set) var files: [ReadReport.File] = []
    var notes: [DataNote] = []
    /// What was said of the files; empty where nothing was.
    var mapping = ColumnMapping()
    /// Lines of titles and the like that were left out, by file.
    private var badLines: [String: [ReadError]] = [:]
    private var heads: [String: [UInt8]] = [:]

    init(tree: SourceTree, pool: WorkerPool) {
        self.tree = tree
        self.pool = pool
    }

    /// The files whose change makes what was read stale: all of a folder, so that a new one is noticed
    /// too, or the one that was asked for; and those that were read beside.
    var dependencies: [URL] {
        let read = files.compactMap { tree.url($0.name) }
        return Dictionary(grouping: tree.dependencies + read + companions, by: \.path).compactMap(\.value.first)
            .sorted { $0.path < $1.path }
    }

    func dependsOn(_ urls: [URL]) { companions += urls }

    func note(_ source: SourceText, role: String, lines: Int, encoding: String = "ASCII") {
        files.append(ReadReport.File(name: source.name, role: role, lines: lines, encoding: encoding))
    }

    /// The candidates for a log: the file that was asked for, else all.
    var candidates: [String] { (mapping.file.map(SourceTree.logical) ?? tree.focus).map { [$0] } ?? tree.names }

    /// The same files with the one that holds data in focus; nil where it is or there is no such one.
    var aloneInItsFolder: ReadContext? {
        let data = tree.names.filter { !Self.isAbout($0) }
        guard tree.focus == nil, mapping.file == nil, data.count == 1, let file = data.first else { return nil }
        let context = ReadContext(tree: tree.focusing(on: file), pool: pool)
        context.chunkSize = chunkSize
        return context
    }

    /// Whether a file goes with data rather than holding it.
    static func isAbout(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["readme", "licen", "citation", "changelog"].contains(where: name.hasPrefix)
            || [".md", ".html", ".pdf", ".yaml", ".yml", ".py", ".sh", ".bib"].contains(where: name.hasSuffix)
    }

    /// The text of a table; of JSON lines, as comma-separated fields.
    func open(_ name: String, _ layout: TableLayout) throws -> SourceText {
        let source = try tree.open(name)
        return layout.hasKeys ? try JSONLines.delimited(source, keys: layout.names, badLine: meet) : source
    }

    /// Leaves a bad line out where that is asked for, and throws it elsewhere.
    private func meet(_ error: ReadError) throws {
        guard case .line(let file, _, _, _, _) = error else { throw error }
        guard mapping.onBadLine == .skip else { throw error.offeringToSkip }
        badLines[file, default: []].append(error)
    }

    /// The records of a small file, bad ones left out where that is asked for.
    func records(_ source: SourceText, separator: String, quotes: Bool = false) -> DelimitedRecords {
        DelimitedRecords(source, separator: separator, quotes: quotes, badLine: meet)
    }

    /// The first lines of a file, without byte order mark and carriage returns.
    /// - Throws: ``ReadError`` of a damaged archive.
    func firstLines(_ name: String, _ count: Int = 20) throws -> [String] {
        let bytes = try heads[name] ?? tree.head(name)
        heads[name] = bytes
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        var lines = content.split(separator: UInt8(ascii: "\n"), maxSplits: count)
        // Where the beginning was cut, its last line is none.
        if bytes.count == SourceTree.headLength, lines.count > 1, lines.count <= count { lines.removeLast() }
        return lines.prefix(count).map {
            String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
        }
    }

    /// What is there, for an error.
    var inventory: String {
        let names = candidates
        if names.isEmpty { return "no files" }
        let shown = names.prefix(8).map { name in
            let first = (try? firstLines(name, 1))?.first?.shortened ?? ""
            return first.isEmpty ? "\(name) (empty)" : "\(name) ('\(first)')"
        }
        return shown.joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more files" : "")
    }

    func build(dense: Bool = false, _ fill: (LogBuilder) throws -> Void) throws -> LogBuilder.Result {
        let settings = LogBuilder.Settings(timeUnit: mapping.timeUnit, skipsBadLines: mapping.onBadLine == .skip)
        let result = try LogBuilder.build(
            pool: pool, chunkSize: chunkSize, settings: settings, denseIds: dense, fill)
        notes += result.notes
        return result
    }

    /// How many interactions are of which behavior, where there are several, and who has none of the target.
    private func behaviors(_ dataset: Dataset) -> [DataNote] {
        let log = dataset.log
        guard log.behaviorNames.count > 1 else { return [] }
        var counts = [Int](repeating: 0, count: log.behaviorNames.count)
        var acts = [Bool](repeating: false, count: log.userCount)
        var hasTarget = acts
        for row in 0..<log.count {
            counts[Int(log.behavior(of: row))] += 1
            acts[Int(log.users[row])] = true
            if log.isTarget(row) { hasTarget[Int(log.users[row])] = true }
        }
        for user in (dataset.frozen?.holdout.users ?? []) + (dataset.frozen?.validation?.users ?? []) {
            hasTarget[Int(user)] = true
        }
        let parts = zip(log.behaviorNames, counts).map { "\($0) \($1.grouped)" }
        var notes = [
            DataNote(.behaviors, "behaviors: \(parts.joined(separator: ", ")); to predict: \(log.targetName)")
        ]
        let without = zip(acts, hasTarget).count { $0 && !$1 }
        if without > 0 {
            notes.append(
                DataNote(
                    .users,
                    "\(without.grouped) user\(without == 1 ? " has" : "s have") no \(log.targetName): kept, to learn "
                        + "from what else they did; the preparation step `target-users` leaves them out"))
        }
        return notes
    }

    /// Values of 0 and below, which no model tells from others.
    private func values(_ log: InteractionLog) -> [DataNote] {
        let count = log.values.count { $0 <= 0 }
        guard count > 0, count < log.values.count else { return [] }
        return [
            DataNote(
                .values,
                "\(count.grouped) of \(log.values.count.grouped) values are 0 or below and count as likes as all others "
                    + "do; `prepare: [{ binarize: { threshold: 1 } }]` keeps those from 1 on")
        ]
    }

    func report(_ format: String, _ dataset: Dataset) -> ReadReport {
        let skipped = badLines.sorted { $0.key < $1.key }.map {
            DataNote.skipped($0.value.count, of: $0.key, first: $0.value)
        }
        return ReadReport(
            format: format, files: files, interactions: dataset.log.count, users: dataset.log.userCount,
            items: dataset.log.itemCount, notes: notes + skipped + values(dataset.log) + behaviors(dataset))
    }
}

extension LogBuilder.Result {
    /// Part `index` as a log. Behaviors go by commitment, equals by first appearance.
    func log(_ index: Int = 0) -> InteractionLog {
        let part = parts[index]
        let order = behaviors.indices.sorted {
            (InteractionLog.commitment(behaviors[$0]), $0) < (InteractionLog.commitment(behaviors[$1]), $1)
        }
        let names = behaviors.isEmpty ? ["interaction"] : order.map { behaviors[$0] }
        var column = behaviors.count > 1 ? part.behaviors : []
        if order != Array(behaviors.indices) {
            var places = [UInt8](repeating: 0, count: order.count)
            for (place, behavior) in order.enumerated() { places[behavior] = UInt8(place) }
            for row in column.indices { column[row] = places[Int(column[row])] }
        }
        return InteractionLog(
            users: part.users, items: part.items, behaviors: column,
            values: part.values, timestamps: part.timestamps, userVocabulary: users, itemVocabulary: items,
            behaviorNames: names, target: InteractionLog.mostCommitted(of: names))
    }
}
