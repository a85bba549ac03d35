internal import CMarqueeKernels

/// How a delimited log is laid out: what stands between fields and what each field means.
struct TableLayout {
    enum Role: UInt8 {
        case skip, user, item, behavior, value, timestamp
    }

    var separator: String
    var quotes = false
    var header = false
    /// By column.
    var roles: [Role]
    /// What the columns are called; empty where they have no names.
    var names: [String] = []
    /// Whether the roles are a guess, which has to be told, or known by the format.
    var isGuess = false
    /// Whether the names are the keys of JSON lines, by which people find a field.
    var hasKeys = false
    /// Nil to be judged by the first lines.
    var timeUnit: ColumnMapping.TimeUnit?
    /// Whether the format knows only numbers as ids, so that another one is an error and not a name.
    var requiresIntegers = false

    func has(_ role: Role) -> Bool { roles.contains(role) }

    /// How people find a column: `'user_id'`, or `field 1`.
    func place(_ column: Int) -> String {
        names.indices.contains(column) ? "'\(names[column].shortened)'" : "field \(column + 1)"
    }

    /// `,` as `','`, a tab as a word.
    static func spoken(_ separator: String) -> String {
        switch separator {
        case "\t": "tabs"
        case " ": "spaces"
        default: "'\(separator)'"
        }
    }
}

extension TableLayout {
    /// What the columns were taken for: `plays.csv: 'who' is the user, 'what' the item`.
    func told(file: String, timeUnit: ColumnMapping.TimeUnit) -> DataNote {
        var parts: [String] = []
        for (role, word) in [
            (Role.user, "user"), (.item, "item"), (.behavior, "behavior"), (.value, "value"), (.timestamp, "timestamp"),
        ] {
            guard let column = roles.firstIndex(of: role) else { continue }
            let zone = timeUnit == .iso8601 ? ", UTC where no zone stands" : ""
            let unit = role == .timestamp ? " (\(timeUnit.spoken)\(zone))" : ""
            parts.append("\(place(column)) \(parts.isEmpty ? "is the" : "the") \(word)\(unit)")
        }
        return DataNote(.columns, "\(file): \(parts.joined(separator: ", "))")
    }

    /// Columns without a role that look as if they held times.
    func unusedTimes(in rows: [[String]], file: String) -> [DataNote] {
        roles.indices.filter { column in
            roles[column] == .skip
                && (ColumnNames.times.contains(names.indices.contains(column) ? ColumnNames.plain(names[column]) : "")
                    || TimeColumn.looksLike(rows.compactMap { $0.indices.contains(column) ? $0[column] : nil }))
        }.map { column in
            DataNote(
                .unused,
                "\(file): \(place(column)) looks like times and is not used"
                    + (has(.timestamp)
                        ? ""
                        : "; `columns: { timestamp: \(names.indices.contains(column) ? names[column] : "\(column + 1)") }` reads it")
            )
        }
    }

    /// What the kernel found wrong with the line that starts at `offset`, in words.
    func error(
        _ error: mq_text_error, in source: SourceText, timeUnit: ColumnMapping.TimeUnit
    ) -> ReadError {
        let line = source.lineNumber(at: error.line)
        let column = Int(error.column)
        let place = hasKeys ? place(column) : "field \(column + 1)"
        let found = DelimitedRecords.fields(of: source, at: error.line, separator: separator, quotes: quotes)
        let field = found.indices.contains(column) ? "'\(found[column].shortened)'" : "nothing"
        let role = roles.indices.contains(column) ? roles[column] : .skip
        let name =
            switch role {
            case .user: "user id"
            case .item: "item id"
            case .behavior: "behavior"
            case .value: "value"
            case .timestamp: "timestamp"
            case .skip: "field"
            }
        let expected: String
        var seen = field
        let remedy: String
        switch Int(error.problem) {
        case Int(MQ_FIELD_COUNT.rawValue):
            expected = "\(roles.count) fields separated by \(Self.spoken(separator))"
            seen = "\(error.found)"
            remedy =
                error.found < roles.count
                ? "the line may be cut off: complete or delete it" : "delete the surplus or quote what holds separators"
        case Int(MQ_NOT_INTEGER.rawValue):
            expected = "a whole number as \(name) (\(place))"
            remedy = "correct or delete the line"
        case Int(MQ_NOT_NUMBER.rawValue):
            expected = "a number as \(name) (\(place))"
            remedy = "correct or delete the line"
        case Int(MQ_NOT_FINITE.rawValue):
            expected = "a finite number as \(name) (\(place))"
            remedy = "delete the line or give it a value"
        case Int(MQ_NEGATIVE_TIME.rawValue):
            expected = "a timestamp from 0, 1970-01-01, on (\(place))"
            remedy = "correct or delete the line"
        case Int(MQ_NOT_TIME.rawValue):
            expected = "a time as ISO 8601 writes it, such as 2015-01-31 or 2015-01-31T10:00:00Z (\(place))"
            remedy = "convert the column, or leave it out with a column mapping of user and item"
        case Int(MQ_LATE_TIME.rawValue), Int(MQ_EARLY_TIME.rawValue):
            expected = "\(timeUnit.rawValue) since 1970-01-01 as timestamp (\(place))"
            let number = found.indices.contains(column) ? Double(found[column]) : nil
            if let other = number.flatMap({ ColumnMapping.TimeUnit(magnitude: $0) }), other != timeUnit {
                seen = "\(field), which looks like \(other.rawValue)"
                remedy = "bring all times to one unit, or declare `columns: { time-unit: \(other.rawValue) }`"
            } else {
                seen = "\(field), which is beyond the year 5000"
                remedy = "correct or delete the line"
            }
        case Int(MQ_EMPTY.rawValue):
            expected = "\(role == .item ? "an" : "a") \(name) (\(place))"
            seen = "nothing"
            remedy = "correct or delete the line"
        case Int(MQ_QUOTE.rawValue):
            expected = "quotes in pairs around whole fields"
            seen = "a '\"' that opens or closes nothing"
            remedy = "double the quotes inside a quoted field, or set `quotes: false` in a column mapping"
        case Int(MQ_NUL.rawValue):
            expected = "text"
            seen = "a NUL byte"
            remedy = "the file is damaged or binary: get it again"
        case Int(MQ_TOO_MANY_BEHAVIORS.rawValue):
            expected = "at most 256 behaviors"
            seen = "\(field) as the 257th"
            remedy = "name the right column as behavior"
        default:
            return .file(source.name, problem: "does not fit in memory", remedy: "read a part of it")
        }
        return .line(file: source.name, line: line, expected: expected, found: seen, remedy: remedy)
    }
}

extension String {
    /// At most forty characters of it, without control characters, for a message.
    var shortened: String {
        let clean = String(prefix(40).map { $0.isNewline || $0.asciiValue.map { $0 < 32 } == true ? "?" : $0 })
        return count > 40 ? clean + "…" : clean
    }
}
