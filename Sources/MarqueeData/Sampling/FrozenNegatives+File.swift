public import Foundation
internal import MarqueeRuntime

/// The form of the NCF paper's `test.negative` (He et al. 2017): a line a user,
/// `(user,item)<tab>negative<tab>negative…`, in the ids that the source spells.
extension FrozenNegatives {
    /// Writes the negatives of `holdout`; of several targets the line names the first.
    /// - Throws: `FileError`.
    public func save(to url: URL, holdout: Holdout, log: InteractionLog) throws {
        var text = ""
        for (k, user) in holdout.users.enumerated() {
            let target = holdout[k].first.map { log.itemVocabulary[$0] } ?? ""
            text += "(\(log.userVocabulary[user]),\(target))"
            for item in rows[k] { text += "\t\(log.itemVocabulary[item])" }
            text += "\n"
        }
        try AtomicFile.write(Data(text.utf8), to: url)
    }

    /// Reads the negatives of `holdout` from a file in any order of users.
    /// - Throws: `FileError`, or ``NegativesFileError`` naming the line and what is wrong with it.
    public init(contentsOf url: URL, holdout: Holdout, log: InteractionLog) throws {
        guard let data = FileManager.default.contents(atPath: url.path) else { throw FileError.notFound(url.path) }
        let file = url.lastPathComponent
        func fault(_ line: Int?, _ reason: String) -> NegativesFileError {
            NegativesFileError(file: file, line: line, reason: reason)
        }
        var rowByUser: [Int32: [Int32]] = [:]
        let text = String(decoding: data, as: UTF8.self)
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
        where !line.isEmpty {
            let fields = line.split(separator: "\t")
            let pair = fields[0].dropFirst().dropLast()
            guard fields[0].first == "(", fields[0].last == ")", let comma = pair.lastIndex(of: ",") else {
                throw fault(
                    index + 1, "expected '(user,item)' and tabs between the negatives, found '\(fields[0].prefix(40))'")
            }
            guard let user = log.userVocabulary.index(of: String(pair[..<comma])) else {
                throw fault(index + 1, "user '\(pair[..<comma])' is not in the data; the file belongs to other data")
            }
            rowByUser[user] = try fields.dropFirst().map { field in
                guard let item = log.itemVocabulary.index(of: String(field)) else {
                    throw fault(index + 1, "item '\(field)' is not in the data; the file belongs to other data")
                }
                return item
            }
        }
        let rows = try holdout.users.map { user in
            guard let row = rowByUser[user] else {
                throw fault(
                    nil, "no line for user '\(log.userVocabulary[user])'; draw the negatives again with this split")
            }
            return row
        }
        self.init(name: file, rows: rows)
    }
}

/// A file of negatives that does not fit the data.
public struct NegativesFileError: Error, Equatable, CustomStringConvertible {
    public let file: String
    public let line: Int?
    public let reason: String
    public var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}
