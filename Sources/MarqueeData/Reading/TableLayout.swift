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
    var timeUnit = ColumnMapping.TimeUnit.seconds
    /// Whether the format knows only numbers as ids, so that another one is an error and not a name.
    var requiresIntegers = false

    func has(_ role: Role) -> Bool { roles.contains(role) }

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
    /// What the kernel found wrong with the line that starts at `offset`, in words.
    func error(_ error: mq_text_error, in source: SourceText) -> ReadError {
        let line = source.lineNumber(at: error.line)
        let column = Int(error.column)
        let place = "field \(column + 1)"
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
        case Int(MQ_LATE_TIME.rawValue):
            expected = "\(timeUnit.rawValue) since 1970-01-01 as timestamp (\(place))"
            if timeUnit == .seconds {
                seen = "\(field), which looks like milliseconds"
                remedy = "declare `timeUnit: milliseconds` in a column mapping"
            } else {
                seen = "\(field), which is beyond the year 5000"
                remedy = "divide it down to milliseconds"
            }
        case Int(MQ_EMPTY.rawValue):
            expected = "a \(name) (\(place))"
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
