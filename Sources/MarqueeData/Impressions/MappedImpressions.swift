/// A delimited file of shown items, by an ``ImpressionMapping``.
struct MappedImpressions {
    private let mapping: ImpressionMapping

    init(_ mapping: ImpressionMapping) { self.mapping = mapping }

    /// What the rows of one impression say so far.
    private struct Group {
        var impression: ImpressionLogBuilder.Impression
        let line: Int
        var candidates: [ImpressionLogBuilder.Candidate] = []
    }

    func read(_ context: ReadContext) throws -> (data: ImpressionData, report: ReadReport) {
        let name = try file(context)
        let source = try context.tree.open(name)
        guard let first = try context.firstLines(name, 1).first else {
            throw ReadError.file(name, problem: "holds no impressions", remedy: "check that it was fully downloaded")
        }
        let separator = try MappedFormat.separator(mapping.separator, first, name)
        let quotes = mapping.quotes ?? (separator != "\t")
        let header = DelimitedRecords.fields(
            of: source, at: try source.contentStart(), separator: separator, quotes: quotes)
        let columns = try Columns(mapping, header, file: name)
        let records = DelimitedRecords(source, separator: separator, quotes: quotes)
        var skipsHeader = mapping.header ?? mapping.usesNames
        var groups: [Group] = []
        var index: [String: Int] = [:]
        let lines = try records.forEach { record in
            if skipsHeader {
                skipsHeader = false
                return
            }
            guard record.count == header.count else {
                throw ReadError.line(
                    file: name, line: record.line,
                    expected: "\(header.count) fields separated by \(TableLayout.spoken(separator))",
                    found: "\(record.count)", remedy: "complete or correct the line")
            }
            let row = Row(file: name, record: record)
            let impression = try self.impression(row, columns)
            let candidate = try self.candidate(row, columns)
            let id = try row.id(columns.impression, "impression id")
            if let known = index[id] {
                guard groups[known].impression == impression else {
                    throw ReadError.line(
                        file: name, line: record.line,
                        expected: "the user, time and context that line \(groups[known].line) gives of impression "
                            + "'\(id.shortened)'", found: "others", remedy: "give each impression an id of its own")
                }
                groups[known].candidates.append(candidate)
            } else {
                index[id] = groups.count
                groups.append(Group(impression: impression, line: record.line, candidates: [candidate]))
            }
        }
        guard !groups.isEmpty else {
            throw ReadError.file(name, problem: "holds no impressions", remedy: "check that it was fully downloaded")
        }
        context.note(source, role: "shown items", lines: lines, encoding: records.encoding)
        var builder = ImpressionLogBuilder()
        for group in groups { builder.append(group.impression, candidates: group.candidates) }
        let log = builder.log()
        return (ImpressionData(name: context.tree.name, log: log), context.report("impressions in rows", log))
    }

    private func file(_ context: ReadContext) throws -> String {
        if let file = mapping.file { return file.hasSuffix(".gz") ? String(file.dropLast(3)) : file }
        let names = context.candidates
        guard let name = names.first, names.count == 1 else {
            throw ReadError.file(
                context.tree.path,
                problem: names.isEmpty ? "holds no file" : "holds several files: \(names.joined(separator: ", "))",
                remedy: "name the one as `file` in the column mapping")
        }
        return name
    }

    private func impression(_ row: Row, _ columns: Columns) throws(ReadError) -> ImpressionLogBuilder.Impression {
        let user = row[columns.user]
        let session = row[columns.session]
        return .init(
            user: user.isEmpty ? nil : user, time: try time(row, columns.time),
            session: session.isEmpty ? nil : session, device: row[columns.device], region: row[columns.region],
            page: row[columns.page])
    }

    private func candidate(_ row: Row, _ columns: Columns) throws(ReadError) -> ImpressionLogBuilder.Candidate {
        let isClicked: Bool
        switch row[columns.clicked].lowercased() {
        case "1", "1.0", "true": isClicked = true
        case "0", "0.0", "false": isClicked = false
        default: throw row.error("0 or 1 as click", in: columns.clicked)
        }
        var candidate = ImpressionLogBuilder.Candidate(
            item: try row.id(columns.item, "item id"), isClicked: isClicked)
        if let column = columns.position {
            let first = mapping.firstPosition ?? 0
            guard let position = Int32(row[column]), Int(position) >= first else {
                throw row.error("a position from \(first) on", in: column)
            }
            candidate.position = position - Int32(first)
        }
        if let column = columns.propensity, !row[column].isEmpty {
            guard let propensity = Float(row[column]), propensity > 0, propensity <= 1 else {
                throw row.error("a propensity above 0, at most 1", in: column)
            }
            candidate.propensity = propensity
        }
        if let column = columns.dwell, !row[column].isEmpty {
            let scale = (mapping.dwellUnit ?? .milliseconds).scale
            let unit = Double(scale.multiply) / Double(scale.divide)
            guard let dwell = Double(row[column]), dwell >= 0, dwell * unit < 2e9 else {
                throw row.error("a time of looking from 0 on", in: column)
            }
            candidate.dwell = Int32((dwell * unit).rounded())
        }
        return candidate
    }

    private func time(_ row: Row, _ column: Int?) throws(ReadError) -> Int64? {
        guard let column else { return nil }
        let unit = mapping.timeUnit ?? .seconds
        guard unit != .iso8601, let number = Double(row[column]) else {
            if let time = ISOTime.milliseconds(row[column]) { return time }
            throw row.error("\(unit.spoken), or a time as ISO 8601 writes it", in: column)
        }
        guard number >= 0, number <= Double(unit.range.upperBound) else {
            throw row.error("\(unit.rawValue) since 1970-01-01 as time", in: column)
        }
        return Int64((number * Double(unit.scale.multiply) / Double(unit.scale.divide)).rounded())
    }

    /// The columns' places in a line, from 0.
    private struct Columns {
        let impression, user, item, clicked: Int
        let time, position, propensity, dwell, session, device, region, page: Int?

        init(_ mapping: ImpressionMapping, _ header: [String], file: String) throws {
            func index(_ column: ImpressionMapping.Column?) throws -> Int? {
                try column.map { try $0.index(in: header, file: file) }
            }
            impression = try mapping.impression.index(in: header, file: file)
            user = try mapping.user.index(in: header, file: file)
            item = try mapping.item.index(in: header, file: file)
            clicked = try mapping.clicked.index(in: header, file: file)
            time = try index(mapping.time)
            position = try index(mapping.position)
            propensity = try index(mapping.propensity)
            dwell = try index(mapping.dwell)
            session = try index(mapping.session)
            device = try index(mapping.device)
            region = try index(mapping.region)
            page = try index(mapping.page)
        }
    }

    /// A line, and how to complain of it.
    private struct Row {
        let file: String
        let record: DelimitedRecords.Record

        subscript(column: Int?) -> String { column.map { record[$0] } ?? "" }

        func id(_ column: Int, _ what: String) throws(ReadError) -> String {
            guard !record[column].isEmpty else { throw error("an \(what)", in: column) }
            return record[column]
        }

        func error(_ expected: String, in column: Int) -> ReadError {
            .line(
                file: file, line: record.line, expected: "\(expected) (field \(column + 1))",
                found: record[column].isEmpty ? "nothing" : "'\(record[column].shortened)'",
                remedy: "correct or delete the line")
        }
    }
}
