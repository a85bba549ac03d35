/// Why data could not be read: where, what was expected, what was found, what to do.
public enum ReadError: Error, Sendable, Equatable {
    /// A line does not say what its format asks for. `line` counts from 1.
    case line(file: String, line: Int, expected: String, found: String, remedy: String)
    /// A file as a whole is not what it should be.
    case file(String, problem: String, remedy: String)
    /// Nothing recognizes what is there.
    case unrecognized(path: String, found: String)
    /// A column that a mapping names is not there.
    case noColumn(file: String, column: String, found: [String])
}

extension ReadError {
    /// The same of a line, with the key that leaves such lines out.
    var offeringToSkip: ReadError {
        guard case .line(let file, let line, let expected, let found, let remedy) = self else { return self }
        return .line(
            file: file, line: line, expected: expected, found: found,
            remedy: remedy + ", or leave such lines out: `columns: { on-bad-line: skip }`")
    }
}

extension ReadError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .line(let file, let line, let expected, let found, let remedy):
            "\(file):\(line): expected \(expected), found \(found); \(remedy)"
        case .file(let file, let problem, let remedy):
            "\(file): \(problem); \(remedy)"
        case .unrecognized(let path, let found):
            """
            \(path): no known data set; found \(found). Supported, plain, .gz or .zip: every MovieLens release; \
            RecBole atomic files (.inter .item .user .net .kg .link); the NCF paper's NAME.train.rating, \
            NAME.test.rating and NAME.test.negative; adjacency lists ("user item item …" in train.txt and \
            test.txt), also one file a behavior (view.train.txt, buy.train.txt; cart.txt; train_mat_buy.tsv); \
            ratings_train.txt with trusts.txt; any CSV, TSV or JSON lines with a user and an item column, or by a \
            column mapping that names them, also as train, valid and test or as one file a behavior (view.csv, buy.csv)
            """
        case .noColumn(let file, let column, let found):
            "\(file): no column \(column); found \(found.map { "'\($0)'" }.joined(separator: ", ")); "
                + "correct the column mapping"
        }
    }
}
