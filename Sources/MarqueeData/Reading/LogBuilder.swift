internal import CMarqueeKernels
internal import Foundation
internal import MarqueeRuntime
internal import Synchronization

/// Parses the files of a log in parallel and numbers their ids by first appearance.
///
/// Each file is cut at line ends into chunks, which the workers take in order. A first pass counts
/// lines, so that every chunk knows where its rows go; a second parses them into place, each worker
/// numbering ids for itself. At the end the workers' numberings are joined by where an id appeared
/// first, so that neither worker count nor chunk size shows in the result.
final class LogBuilder {
    /// The columns of one file; ids are those of the joined vocabularies after ``LogBuilder/finish()``.
    struct Columns {
        var users: [Int32] = []
        var items: [Int32] = []
        var behaviors: [UInt8] = []
        var values: [Float] = []
        var timestamps: [Int64] = []
        /// 1 for the first item of a line of an adjacency list.
        var opens: [UInt8] = []
        fileprivate var chunks: [(rows: Range<Int>, worker: Int)] = []
    }

    struct Result {
        var users: Vocabulary
        var items: Vocabulary
        var behaviors: [String]
        var parts: [Columns]
        var notes: [DataNote]
    }

    /// What is asked for beside the files.
    struct Settings {
        /// For layouts that leave it open; nil to be judged by the first lines.
        var timeUnit: ColumnMapping.TimeUnit?
        var skipsBadLines = false
    }

    /// An id turned out not to be a number; the files are read again with names.
    private struct NeedsStrings: Error {
        var users: Bool
        var items: Bool
    }

    private let pool: WorkerPool
    private let chunkSize: Int
    private let users, items, behaviors: [IdTable]
    private let settings: Settings
    private var place: UInt64 = 0
    private var parts: [Columns] = []
    private var notes: [DataNote] = []

    private init(pool: WorkerPool, chunkSize: Int, settings: Settings, stringUsers: Bool, stringItems: Bool) {
        self.settings = settings
        self.pool = pool
        self.chunkSize = max(1, chunkSize)
        users = (0..<pool.workerCount).map { _ in IdTable(strings: stringUsers) }
        items = (0..<pool.workerCount).map { _ in IdTable(strings: stringItems) }
        behaviors = (0..<pool.workerCount).map { _ in IdTable(strings: true) }
    }

    /// What `fill` adds, with ids as numbers where all are numbers, else as strings.
    static func build(
        pool: WorkerPool, chunkSize: Int = 4 << 20, settings: Settings = Settings(), denseIds: Bool = false,
        _ fill: (LogBuilder) throws -> Void
    ) throws -> Result {
        var needs = NeedsStrings(users: false, items: false)
        while true {
            let builder = LogBuilder(
                pool: pool, chunkSize: chunkSize, settings: settings, stringUsers: needs.users,
                stringItems: needs.items)
            do {
                try fill(builder)
                return try builder.finish(denseIds: denseIds)
            } catch let more as NeedsStrings {
                needs.users = needs.users || more.users
                needs.items = needs.items || more.items
            }
        }
    }

    // MARK: Files

    /// Adds a delimited file.
    func add(_ source: SourceText, _ layout: TableLayout) throws {
        var start = try source.contentStart()
        if layout.header { start = Self.afterHeader(source, from: start) }
        let end = source.contentEnd(from: start)
        guard let text = source.text, start < end else {
            throw Self.empty(source)
        }
        let sample = DelimitedRecords.sample(
            of: source, from: start, to: end, separator: layout.separator, quotes: layout.quotes)
        let unit = try timeUnit(layout, sample, source)
        let chunks = Chunks(source, start: start, end: end, size: chunkSize, quotes: layout.quotes, pool: pool)
        let separator = layout.separator
        let roles = layout.roles.map(\.rawValue)
        var columns = Columns(rows: chunks.rowCount)
        columns.allocate(
            behaviors: layout.has(.behavior), values: layout.has(.value), timestamps: layout.has(.timestamp))
        let place = self.place
        // A unit that was judged is held against every line; one that was declared is not.
        let isDeclared = (layout.timeUnit ?? settings.timeUnit) != nil
        let skips: Int32 = settings.skipsBadLines ? layout.requiresIntegers ? 2 : 1 : 0
        let (outcome, tally) = try separator.withCString { separator in
            try roles.withUnsafeBufferPointer { roles in
                // Unsafe: nobody changes it, and what it points to outlives the region.
                nonisolated(unsafe) let format = mq_table_format(
                    text: text, start: start, end: end, separator: separator,
                    separator_length: strlen(separator), quotes: layout.quotes ? 1 : 0, columns: Int32(roles.count),
                    roles: roles.baseAddress, time_is_text: unit == .iso8601 ? 1 : 0,
                    time_scale: unit.scale.multiply, time_divisor: unit.scale.divide,
                    earliest: isDeclared ? 0 : unit.range.lowerBound, latest: unit.range.upperBound, base: place,
                    skips: skips)
                return try parse(chunks, into: &columns) { chunk, sink, tally, error in
                    var sink = sink
                    var format = format
                    return mq_table_parse(
                        &format, &sink, Int64(chunk.row), Int64(chunk.row + chunk.rows), chunk.from, chunk.to,
                        chunk.isInsideQuotes ? 1 : 0, tally, error)
                }
            }
        }
        func told(_ error: mq_text_error) -> ReadError { layout.error(error, in: source, timeUnit: unit) }
        if let error = outcome {
            if Int(error.problem) == Int(MQ_NOT_INTEGER.rawValue), !layout.requiresIntegers {
                let role = layout.roles[Int(error.column)]
                throw NeedsStrings(users: role == .user, items: role == .item)
            }
            throw Self.canSkip(error) ? told(error).offeringToSkip : told(error)
        }
        if layout.isGuess {
            notes.append(layout.told(file: source.name, timeUnit: unit))
            notes += layout.unusedTimes(in: sample, file: source.name)
        } else if layout.has(.timestamp), !isDeclared, unit != .seconds {
            notes.append(DataNote(.times, "\(source.name): times are \(unit.spoken)"))
        }
        note(tally, source, told)
        try finishPart(&columns, source)
    }

    /// What the times of a layout count.
    private func timeUnit(
        _ layout: TableLayout, _ sample: [[String]], _ source: SourceText
    ) throws -> ColumnMapping.TimeUnit {
        if let unit = layout.timeUnit ?? settings.timeUnit { return unit }
        guard let column = layout.roles.firstIndex(of: .timestamp) else { return .seconds }
        let fields = sample.compactMap { $0.count == layout.roles.count ? $0[column] : nil }
        return try TimeColumn.unit(of: fields, file: source.name, place: "field \(column + 1)")
    }

    /// Whether a line with this problem can be left out without losing where the next begins.
    private static func canSkip(_ error: mq_text_error) -> Bool {
        ![MQ_QUOTE, MQ_NUL, MQ_NO_MEMORY, MQ_TOO_MANY_BEHAVIORS].contains { Int($0.rawValue) == Int(error.problem) }
    }

    private func note(_ tally: mq_text_tally, _ source: SourceText, _ told: (mq_text_error) -> ReadError) {
        func count(_ number: Int64, _ one: String) -> String {
            "\(source.name): \(Int(number).grouped) \(one)\(number == 1 ? "" : "s")"
        }
        if tally.trimmed > 0 {
            notes.append(DataNote(.trimmed, count(tally.trimmed, "id") + " had blanks around them, read without"))
        }
        let blank = tally.blank - Int64(source.emptiedLines)
        if blank > 0 { notes.append(DataNote(.blank, count(blank, "blank line") + " passed over")) }
        if tally.skipped > 0 {
            let first = [tally.first.0, tally.first.1, tally.first.2].prefix(Int(min(3, tally.skipped))).map(told)
            notes.append(.skipped(Int(tally.skipped), of: source.name, first: first))
        }
    }

    /// Adds lines "user item item …", or "(user,item)⇥item …" with `tuples`.
    func addList(_ source: SourceText, tuples: Bool = false, mayBeEmpty: Bool = false) throws {
        let start = try source.contentStart()
        let end = source.contentEnd(from: start)
        guard start < end else {
            var none = Columns(rows: 0)
            if mayBeEmpty { return try finishPart(&none, source, mayBeEmpty: true) }
            throw Self.empty(source)
        }
        var chunks = Chunks(source, start: start, end: end, size: chunkSize, quotes: false, pool: pool)
        let place = self.place
        let skips: Int32 = settings.skipsBadLines ? 1 : 0
        let counts = pool.map(chunks.list.count) { [list = chunks.list] index -> (Int, mq_text_error) in
            var error = mq_text_error()
            var nowhere = mq_columns()
            var tally = mq_text_tally()
            let rows = mq_list_parse(
                source.text, start, end, tuples ? 1 : 0, skips, place, &nowhere, 0, .max, list[index].from,
                list[index].to, &tally, &error)
            return (Int(rows), error)
        }
        if let error = counts.first(where: { $0.1.problem != 0 })?.1 {
            let told = Self.listError(error, source)
            throw Self.canSkip(error) ? told.offeringToSkip : told
        }
        chunks.setRows(counts.map(\.0))
        var columns = Columns(rows: chunks.rowCount)
        columns.allocate(opens: true)
        let (outcome, tally) = try parse(chunks, into: &columns) { chunk, sink, tally, error in
            var sink = sink
            return mq_list_parse(
                source.text, start, end, tuples ? 1 : 0, skips, place, &sink, Int64(chunk.row),
                Int64(chunk.row + chunk.rows), chunk.from, chunk.to, tally, error)
        }
        if let outcome { throw Self.listError(outcome, source) }
        note(tally, source) { Self.listError($0, source) }
        try finishPart(&columns, source, mayBeEmpty: mayBeEmpty)
    }

    private static func afterHeader(_ source: SourceText, from start: Int) -> Int {
        (source.bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? source.bytes.count - 1) + 1
    }

    private static func empty(_ source: SourceText) -> ReadError {
        .file(source.name, problem: "holds no interactions", remedy: "check that it was fully downloaded")
    }

    private static func listError(_ error: mq_text_error, _ source: SourceText) -> ReadError {
        if Int(error.problem) == Int(MQ_NO_MEMORY.rawValue) {
            return .file(source.name, problem: "does not fit in memory", remedy: "read a part of it")
        }
        let line = source.lineNumber(at: error.line)
        if Int(error.problem) == Int(MQ_NUL.rawValue) {
            return .line(
                file: source.name, line: line, expected: "text", found: "a NUL byte",
                remedy: "the file is damaged or binary: get it again")
        }
        let end = source.bytes[error.line...].firstIndex(of: UInt8(ascii: "\n")) ?? source.bytes.count
        let fields = source.bytes[error.line..<end].split { " \t\r(),".utf8.contains($0) }
        let column = Int(error.column)
        let field = fields.indices.contains(column) ? String(decoding: fields[column], as: UTF8.self) : ""
        return .line(
            file: source.name, line: line,
            expected: "a whole number as \(column == 0 ? "user" : "item") id (field \(column + 1))",
            found: "'\(field.shortened)'", remedy: "correct or delete the line")
    }

    // MARK: Chunks

    /// A file cut into runs of lines.
    private struct Chunks {
        struct Chunk: Sendable {
            /// The lines that start in `from..<to` belong to it.
            var from, to: Int
            var row = 0
            var rows = 0
            var isInsideQuotes = false
        }

        let source: SourceText
        private(set) var list: [Chunk]
        var rowCount: Int { (list.last?.row ?? 0) + (list.last?.rows ?? 0) }

        init(_ source: SourceText, start: Int, end: Int, size: Int, quotes: Bool, pool: WorkerPool) {
            self.source = source
            var list = stride(from: start, to: end, by: size).map { Chunk(from: $0, to: min($0 + size, end)) }
            // A line starts one after a newline, so what is counted lies one before the chunk.
            let counted = list.map { max(start, $0.from - 1)..<$0.to - 1 }
            let counts = pool.map(list.count) { index -> (newlines: UInt64, quotes: UInt64) in
                var newlines: UInt64 = 0
                var quotes: UInt64 = 0
                mq_text_count(source.text, counted[index].lowerBound, counted[index].upperBound, &newlines, &quotes)
                source.drop(counted[index])
                return (newlines, quotes)
            }
            var rows = counts.map { Int($0.newlines) }
            if quotes, counts.contains(where: { $0.quotes > 0 }) {
                var isInside = false
                for index in list.indices {
                    list[index].isInsideQuotes = isInside
                    if counts[index].quotes % 2 == 1 { isInside.toggle() }
                }
                rows = pool.map(list.count) { [list] index in
                    defer { source.drop(counted[index]) }
                    return Int(
                        mq_text_count_rows(
                            source.text, counted[index].lowerBound, counted[index].upperBound,
                            list[index].isInsideQuotes ? 1 : 0))
                }
            }
            rows[0] += 1  // The first line follows no newline.
            self.list = list
            setRows(rows)
        }

        mutating func setRows(_ rows: [Int]) {
            var row = 0
            for index in list.indices {
                list[index].row = row
                list[index].rows = rows[index]
                row += rows[index]
            }
        }
    }

    /// Lets every worker take chunks in order and `body` parse them; returns the first problem and what was passed over.
    private func parse(
        _ chunks: Chunks, into columns: inout Columns,
        _ body:
            @Sendable (
                Chunks.Chunk, mq_columns, UnsafeMutablePointer<mq_text_tally>, UnsafeMutablePointer<mq_text_error>
            ) -> Int64
    ) throws -> (error: mq_text_error?, tally: mq_text_tally) {
        let results = Results(count: chunks.list.count)
        let next = Atomic<Int>(0)
        let failed = Atomic<Bool>(false)
        let list = chunks.list
        let source = chunks.source
        let tables = (users: users, items: items, behaviors: behaviors)
        columns.withSink { sink in
            // Unsafe: chunks write disjoint rows; each worker has its own tables.
            nonisolated(unsafe) let sink = sink
            pool.run { worker in
                var own = sink
                own.users = tables.users[worker].handle
                own.items = tables.items[worker].handle
                own.behaviors = tables.behaviors[worker].handle
                while !failed.load(ordering: .relaxed), !Interruption.isRequested {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < list.count else { return }
                    var error = mq_text_error()
                    var tally = mq_text_tally()
                    let rows = body(list[index], own, &tally, &error)
                    results.set(index, Results.Chunk(worker: worker, rows: Int(rows), error: error, tally: tally))
                    if error.problem != 0 { failed.store(true, ordering: .relaxed) }
                    source.drop(list[index].from..<list[index].to)
                }
            }
        }
        try Interruption.check()
        if let error = results.firstError { return (error, results.tally) }
        columns.chunks = zip(list, results.values).map { chunk, result in
            (chunk.row..<chunk.row + (result?.rows ?? 0), result?.worker ?? 0)
        }
        return (nil, results.tally)
    }

    // Unchecked: each slot is written by the worker that took its chunk and read after the region.
    private final class Results: @unchecked Sendable {
        struct Chunk {
            let worker, rows: Int
            let error: mq_text_error
            let tally: mq_text_tally
        }

        private(set) var values: [Chunk?]
        private let lock = NSLock()

        init(count: Int) { values = Array(repeating: nil, count: count) }

        func set(_ index: Int, _ chunk: Chunk) { lock.withLock { values[index] = chunk } }

        /// Of all chunks, the lines in their order.
        var tally: mq_text_tally {
            var whole = mq_text_tally()
            var first: [mq_text_error] = []
            for part in values.compactMap({ $0?.tally }) {
                whole.blank += part.blank
                whole.trimmed += part.trimmed
                whole.skipped += part.skipped
                first += [part.first.0, part.first.1, part.first.2].prefix(Int(min(3, part.skipped)))
            }
            first += Array(repeating: mq_text_error(), count: 3)
            whole.first = (first[0], first[1], first[2])
            return whole
        }

        var firstError: mq_text_error? { values.lazy.compactMap { $0?.error }.first { $0.problem != 0 } }
    }

    private func finishPart(_ columns: inout Columns, _ source: SourceText, mayBeEmpty: Bool = false) throws {
        columns.closeGaps()
        if columns.users.isEmpty, !mayBeEmpty { throw Self.empty(source) }
        parts.append(columns)
        place += UInt64(source.bytes.count) + 1
    }

    // MARK: Ids

    private func finish(denseIds: Bool) throws -> Result {
        let users = try Joined(self.users, dense: denseIds)
        let items = try Joined(self.items, dense: denseIds)
        let behaviors = try Joined(self.behaviors, dense: false)
        for index in parts.indices {
            let chunks = parts[index].chunks
            parts[index].withSink { sink in
                // Unsafe: chunks are disjoint rows.
                nonisolated(unsafe) let sink = sink
                _ = pool.map(chunks.count) { chunk in
                    let (rows, worker) = chunks[chunk]
                    if rows.isEmpty { return }
                    let count = Int64(rows.count)
                    users.maps[worker].withUnsafeBufferPointer {
                        mq_remap(sink.user + rows.lowerBound, count, $0.baseAddress)
                    }
                    items.maps[worker].withUnsafeBufferPointer {
                        mq_remap(sink.item + rows.lowerBound, count, $0.baseAddress)
                    }
                    if let behavior = sink.behavior {
                        behaviors.maps[worker].withUnsafeBufferPointer {
                            mq_remap_bytes(behavior + rows.lowerBound, count, $0.baseAddress)
                        }
                    }
                }
            }
        }
        return Result(
            users: users.vocabulary, items: items.vocabulary, behaviors: behaviors.vocabulary.ids, parts: parts,
            notes: notes)
    }

    /// One numbering made of the workers' own.
    private struct Joined: @unchecked Sendable {
        // Unchecked: made by one thread, read by many.
        let vocabulary: Vocabulary
        let maps: [[Int32]]

        init(_ tables: [IdTable], dense: Bool) throws {
            let joined = IdTable(strings: tables[0].areStrings)
            var maps = tables.map { [Int32](repeating: 0, count: $0.count) }
            let starts = maps.indices.map { index in
                UnsafeMutablePointer<Int32>.allocate(capacity: max(1, maps[index].count))
            }
            defer { starts.forEach { $0.deallocate() } }
            let handles = tables.map { Optional($0.handle) }
            let status = mq_ids_join(joined.handle, handles, Int32(handles.count), starts.map { Optional($0) })
            guard status == 0 else {
                throw ReadError.file("ids", problem: "do not fit in memory", remedy: "read a part of the data")
            }
            for index in maps.indices {
                maps[index] = Array(UnsafeBufferPointer(start: starts[index], count: maps[index].count))
            }
            if dense, let numbers = joined.integers, let top = numbers.max(), let first = numbers.min(), first >= 0,
                top < 2 * Int64(numbers.count) + 1000
            {
                // The files number densely: from 0, so that their numbers are the indices, or from 1, where nothing is 0.
                maps = maps.map { map in map.map { Int32(numbers[Int($0)] - min(first, 1)) } }
                vocabulary = Vocabulary(integers: min(first, 1)...top)
            } else {
                vocabulary = Vocabulary(joined.inUTF8())
            }
            self.maps = maps
        }
    }
}

extension IdTable {
    /// The same table, its strings read as latin-1 where they are not all UTF-8.
    fileprivate func inUTF8() -> IdTable {
        guard areStrings, String(validating: bytes, as: UTF8.self) == nil else { return self }
        let table = IdTable(strings: true)
        for index in 0..<Int32(count) {
            var text = String(String.UnicodeScalarView(string(index).map { Unicode.Scalar($0) }))
            _ = text.withUTF8 { table.add($0) }
        }
        return table
    }
}

extension LogBuilder.Columns {
    fileprivate init(rows: Int) {
        users = Self.uninitialized(rows)
        items = Self.uninitialized(rows)
    }

    fileprivate mutating func allocate(
        behaviors: Bool = false, values: Bool = false, timestamps: Bool = false, opens: Bool = false
    ) {
        let rows = users.count
        if behaviors { self.behaviors = Self.uninitialized(rows) }
        if values { self.values = Self.uninitialized(rows) }
        if timestamps { self.timestamps = Self.uninitialized(rows) }
        if opens { self.opens = Self.uninitialized(rows) }
    }

    /// An array of trivial values that the kernel is about to write, its pages not yet touched.
    private static func uninitialized<Value: BitwiseCopyable>(_ count: Int) -> [Value] {
        [Value](unsafeUninitializedCapacity: count) { buffer, filled in
            mq_advise_huge(buffer.baseAddress, count * MemoryLayout<Value>.stride)
            filled = count
        }
    }

    fileprivate mutating func withSink<Value>(_ body: (mq_columns) throws -> Value) rethrows -> Value {
        try users.withUnsafeMutableBufferPointer { users in
            try items.withUnsafeMutableBufferPointer { items in
                try behaviors.withUnsafeMutableBufferPointer { behaviors in
                    try values.withUnsafeMutableBufferPointer { values in
                        try timestamps.withUnsafeMutableBufferPointer { timestamps in
                            try opens.withUnsafeMutableBufferPointer { opens in
                                var sink = mq_columns()
                                sink.user = users.baseAddress
                                sink.item = items.baseAddress
                                if !behaviors.isEmpty { sink.behavior = behaviors.baseAddress }
                                if !values.isEmpty { sink.value = values.baseAddress }
                                if !timestamps.isEmpty { sink.time = timestamps.baseAddress }
                                if !opens.isEmpty { sink.opens = opens.baseAddress }
                                return try body(sink)
                            }
                        }
                    }
                }
            }
        }
    }

    /// Moves rows together where blank lines left room.
    fileprivate mutating func closeGaps() {
        let total = chunks.reduce(0) { $0 + $1.rows.count }
        guard total < users.count else { return }
        var next = 0
        for index in chunks.indices {
            let rows = chunks[index].rows
            if rows.lowerBound != next {
                for row in rows {
                    let target = next + row - rows.lowerBound
                    users[target] = users[row]
                    items[target] = items[row]
                    if !behaviors.isEmpty { behaviors[target] = behaviors[row] }
                    if !values.isEmpty { values[target] = values[row] }
                    if !timestamps.isEmpty { timestamps[target] = timestamps[row] }
                    if !opens.isEmpty { opens[target] = opens[row] }
                }
            }
            chunks[index].rows = next..<next + rows.count
            next += rows.count
        }
        users.removeLast(users.count - total)
        items.removeLast(items.count - total)
        if !behaviors.isEmpty { behaviors.removeLast(behaviors.count - total) }
        if !values.isEmpty { values.removeLast(values.count - total) }
        if !timestamps.isEmpty { timestamps.removeLast(timestamps.count - total) }
        if !opens.isEmpty { opens.removeLast(opens.count - total) }
    }
}
