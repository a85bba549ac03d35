internal import CMarqueeKernels
internal import Foundation
internal import MarqueeRuntime

/// What was read, kept as columns for the next time: in `MARQUEE_CACHE`, else `~/.cache/marquee`.
///
/// It holds as long as the files are the same by path, size, modification time to the nanosecond and
/// the bytes at both ends. A damaged or foreign cache is passed over and replaced; a disk that is
/// full or read-only costs the cache and nothing else.
struct DatasetCache {
    /// Raised whenever the layout of the file or the meaning of a column changes.
    private static let version = 5
    private static let writing = NSLock()

    private struct Fingerprint: Codable, Equatable {
        var path: String
        var size: Int64
        var modified: Int64
        var ends: UInt64

        /// Size -1 where nothing is.
        init(_ url: URL) {
            path = url.path
            (size, modified, ends) = (-1, 0, 0)
            let descriptor = open(url.path, O_RDONLY)
            guard descriptor >= 0 else { return }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { return }
            size = Int64(status.st_size)
            #if canImport(Darwin)
                modified = Int64(status.st_mtimespec.tv_sec) * 1_000_000_000 + Int64(status.st_mtimespec.tv_nsec)
            #else
                modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
            #endif
            var buffer = [UInt8](repeating: 0, count: 1 << 14)
            for offset in [0, max(0, Int(size) - buffer.count)] {
                let count = pread(descriptor, &buffer, buffer.count, off_t(offset))
                ends = ends &* 31 &+ mq_checksum(buffer, max(0, count))
            }
        }
    }

    /// The small things, before the columns.
    private struct Head: Codable {
        var version: Int
        var sources: [Fingerprint]
        var report: ReadReport
        var name: String
        var behaviorNames: [String]
        var target: UInt8
        var attributes: [String]
        var hasUserStrings: Bool
        var hasItemStrings: Bool
        var hasCatalog: Bool
        var hasFrozen: Bool
        var negativesName: String?
        var hasValidation: Bool
        var hasKnowledge: Bool
    }

    let file: URL
    private let source: URL

    /// The cache of what lies at `url`, read by `mapping`.
    init(for url: URL, mapping: ColumnMapping?, directory: URL? = nil) {
        source = url.standardizedFileURL
        var key = Array(source.path.utf8)
        if let mapping {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            key += (try? encoder.encode(mapping)) ?? Data()
        }
        let directory = directory ?? Self.directory
        let hash = String(mq_checksum(key, key.count), radix: 16)
        file = directory.appendingPathComponent("\(source.lastPathComponent)-\(hash).marquee-cache")
    }

    private static var directory: URL {
        if let path = ProcessInfo.processInfo.environment["MARQUEE_CACHE"], !path.isEmpty {
            return URL(fileURLWithPath: path)
        }
        return FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache/marquee")
    }

    // MARK: Load

    /// What was kept, if it still holds.
    func load(pool: WorkerPool) -> (dataset: Dataset, report: ReadReport)? {
        guard let text = try? SourceText(mapping: file.path, name: file.lastPathComponent), !text.bytes.isEmpty,
            let tree = try? SourceTree(source)
        else { return nil }
        var reader = ColumnFile.Reader(text, pool: pool)
        guard let bytes = try? reader.read(UInt8.self),
            let head = try? JSONDecoder().decode(Head.self, from: Data(bytes)),
            head.version == Self.version
        else { return nil }
        let known = Set(head.sources.map(\.path))
        guard tree.dependencies.allSatisfy({ known.contains($0.path) }),
            head.sources.allSatisfy({ $0 == Fingerprint(URL(fileURLWithPath: $0.path)) }),
            let dataset = try? Self.dataset(head, &reader), reader.isAtEnd
        else { return nil }
        var report = head.report
        report.isFromCache = true
        return (dataset, report)
    }

    private static func dataset(_ head: Head, _ reader: inout ColumnFile.Reader) throws -> Dataset {
        var log = InteractionLog(behaviorNames: head.behaviorNames, target: head.target)
        log.users = try reader.read()
        log.items = try reader.read()
        log.behaviors = try reader.read()
        log.values = try reader.read()
        log.timestamps = try reader.read()
        log.sessions = try reader.read()
        log.userVocabulary = try vocabulary(head.hasUserStrings, &reader)
        log.itemVocabulary = try vocabulary(head.hasItemStrings, &reader)
        let rows = log.users.count
        guard log.items.count == rows, [0, rows].contains(log.behaviors.count), [0, rows].contains(log.values.count),
            [0, rows].contains(log.timestamps.count), [0, rows].contains(log.sessions.count)
        else { throw ColumnFile.Damaged() }
        var dataset = Dataset(name: head.name, log: log)
        if head.hasCatalog { dataset.catalog = try catalog(&reader) }
        for attribute in head.attributes { dataset.userAttributes[attribute] = try reader.readStrings() }
        let (from, to, weights) = (
            try reader.read(Int32.self), try reader.read(Int32.self), try reader.read(Float.self)
        )
        guard from.count == to.count, to.count == weights.count else { throw ColumnFile.Damaged() }
        dataset.socialEdges = from.indices.map { SocialEdge(from: from[$0], to: to[$0], weight: weights[$0]) }
        if head.hasFrozen {
            var frozen = FrozenTest(holdout: try holdout(&reader))
            if let name = head.negativesName {
                let (offsets, flat) = (try reader.read(UInt64.self), try reader.read(Int32.self))
                frozen.negatives = FrozenNegatives(name: name, rows: try split(flat, offsets))
            }
            if head.hasValidation { frozen.validation = try holdout(&reader) }
            dataset.frozen = frozen
        }
        if head.hasKnowledge {
            dataset.knowledge = KnowledgeGraph(
                entities: Vocabulary(try reader.readStrings()), relations: Vocabulary(try reader.readStrings()),
                heads: try reader.read(), predicates: try reader.read(), tails: try reader.read(),
                itemEntities: try reader.read())
        }
        return dataset
    }

    private static func holdout(_ reader: inout ColumnFile.Reader) throws -> Holdout {
        let (users, items) = (try reader.read(Int32.self), try reader.read(Int32.self))
        let ratings = try reader.read(Float.self)
        guard users.count == items.count, [0, items.count].contains(ratings.count) else { throw ColumnFile.Damaged() }
        return ratings.isEmpty
            ? Holdout(pairs: zip(users, items).map { (user: $0, item: $1) })
            : Holdout(rated: items.indices.map { (users[$0], items[$0], ratings[$0]) })
    }

    private static func vocabulary(_ areStrings: Bool, _ reader: inout ColumnFile.Reader) throws -> Vocabulary {
        guard areStrings else { return Vocabulary(integers: try reader.read(Int64.self)) }
        let (bytes, offsets) = (try reader.read(UInt8.self), try reader.read(UInt64.self))
        let table = IdTable(strings: true)
        try bytes.withUnsafeBufferPointer { bytes in
            for (start, end) in zip(offsets, offsets.dropFirst()) {
                guard start <= end, end <= UInt64(bytes.count) else { throw ColumnFile.Damaged() }
                table.add(UnsafeBufferPointer(rebasing: bytes[Int(start)..<Int(end)]))
            }
        }
        return Vocabulary(table)
    }

    private static func split(_ flat: [Int32], _ offsets: [UInt64]) throws -> [[Int32]] {
        try zip(offsets, offsets.dropFirst()).map { start, end in
            guard start <= end, end <= UInt64(flat.count) else { throw ColumnFile.Damaged() }
            return Array(flat[Int(start)..<Int(end)])
        }
    }

    private static func catalog(_ reader: inout ColumnFile.Reader) throws -> Catalog {
        let titles = try reader.readStrings()
        let years = try reader.read(Int32.self)
        let texts = try reader.readStrings()
        let names = try reader.readStrings()
        let domains = try reader.read(Int32.self)
        let (offsets, flat) = (try reader.read(UInt64.self), try reader.read(Int32.self))
        let genres = try split(flat, offsets)
        guard [years.count, texts.count, domains.count, genres.count].allSatisfy({ $0 == titles.count }),
            (domains + flat).allSatisfy({ names.indices.contains(Int($0)) })
        else { throw ColumnFile.Damaged() }
        return Catalog(
            items: titles.indices.map { index in
                Catalog.Item(
                    title: titles[index], year: years[index] == .min ? nil : Int(years[index]),
                    genres: genres[index].map { names[Int($0)] }, text: texts[index],
                    domain: names[Int(domains[index])])
            })
    }

    // MARK: Save

    /// Keeps what was read from `dependencies`. A failure costs only the cache.
    func save(_ dataset: Dataset, _ report: ReadReport, dependencies: [URL]) {
        Self.writing.withLock {
            try? FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try? AtomicFile.replace(file) {
                try Self.write(dataset, report, dependencies, ColumnFile.Writer(handle: $0))
            }
        }
    }

    private static func write(
        _ dataset: Dataset, _ report: ReadReport, _ dependencies: [URL], _ writer: ColumnFile.Writer
    ) throws {
        let log = dataset.log
        let attributes = dataset.userAttributes.keys.sorted()
        let head = Head(
            version: version, sources: dependencies.map(Fingerprint.init), report: report, name: dataset.name,
            behaviorNames: log.behaviorNames, target: log.target, attributes: attributes,
            hasUserStrings: log.userVocabulary.integers == nil, hasItemStrings: log.itemVocabulary.integers == nil,
            hasCatalog: !dataset.catalog.isEmpty, hasFrozen: dataset.frozen != nil,
            negativesName: dataset.frozen?.negatives?.name, hasValidation: dataset.frozen?.validation != nil,
            hasKnowledge: dataset.knowledge != nil)
        try writer.write(Array(try JSONEncoder().encode(head)))
        try writer.write(log.users)
        try writer.write(log.items)
        try writer.write(log.behaviors)
        try writer.write(log.values)
        try writer.write(log.timestamps)
        try writer.write(log.sessions)
        for vocabulary in [log.userVocabulary, log.itemVocabulary] {
            switch vocabulary.contents {
            case .integers(let integers): try writer.write(integers)
            case .strings(let bytes, let offsets):
                try writer.write(bytes)
                try writer.write(offsets)
            }
        }
        if head.hasCatalog { try write(dataset.catalog, writer) }
        for attribute in attributes { try writer.write(dataset.userAttributes[attribute] ?? []) }
        try writer.write(dataset.socialEdges.map(\.from))
        try writer.write(dataset.socialEdges.map(\.to))
        try writer.write(dataset.socialEdges.map(\.weight))
        if let frozen = dataset.frozen {
            try write(frozen.holdout, writer)
            if let negatives = frozen.negatives { try write(negatives.rows, writer) }
            if let validation = frozen.validation { try write(validation, writer) }
        }
        if let graph = dataset.knowledge {
            try writer.write(graph.entities.ids)
            try writer.write(graph.relations.ids)
            try writer.write(graph.heads)
            try writer.write(graph.predicates)
            try writer.write(graph.tails)
            try writer.write(graph.itemEntities)
        }
    }

    private static func write(_ holdout: Holdout, _ writer: ColumnFile.Writer) throws {
        try writer.write(
            holdout.users.indices.flatMap { Array(repeating: holdout.users[$0], count: holdout[$0].count) })
        try writer.write(holdout.items)
        try writer.write(holdout.ratings)
    }

    private static func write(_ rows: [[Int32]], _ writer: ColumnFile.Writer) throws {
        var offsets: [UInt64] = [0]
        for row in rows { offsets.append(offsets[offsets.count - 1] + UInt64(row.count)) }
        try writer.write(offsets)
        try writer.write(rows.flatMap { $0 })
    }

    private static func write(_ catalog: Catalog, _ writer: ColumnFile.Writer) throws {
        try writer.write(catalog.items.map(\.title))
        try writer.write(catalog.items.map { $0.year.map { Int32(clamping: $0) } ?? .min })
        try writer.write(catalog.items.map(\.text))
        var names = Vocabulary()
        let domains = catalog.items.map { names.insert($0.domain) }
        let genres = catalog.items.map { $0.genres.map { names.insert($0) } }
        try writer.write(names.ids)
        try writer.write(domains)
        try write(genres, writer)
    }
}
