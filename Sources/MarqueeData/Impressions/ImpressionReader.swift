public import Foundation
internal import MarqueeRuntime

/// What a source of impressions holds: the impressions, and beside them what is known of the items.
public struct ImpressionData: Sendable, Equatable {
    public var name: String
    public var log: ImpressionLog
    /// Rows follow the log's item vocabulary; empty where nothing is known.
    public var catalog: Catalog

    public init(name: String, log: ImpressionLog, catalog: Catalog = Catalog()) {
        self.name = name
        self.log = log
        self.catalog = catalog
    }
}

/// Reads impressions of any known format, recognized by its content.
///
/// Known are MIND's `behaviors.tsv` with `news.tsv` (Wu et al., ACL 2020), EB-NeRD's behaviors and histories written
/// as TSV (Kruse et al., RecSys Challenge 2024), KuaiRand's tables of videos (Gao et al., CIKM 2022), AdSERP's pages with
/// gaze (Latifzadeh et al., SIGIR 2025), and any CSV or TSV by an ``ImpressionMapping``; each plain, `.gz` or in a `.zip`,
/// gaze in folders alone. Parquet is not read.
///
///     let data = try ImpressionReader.read(URL(filePath: "MINDsmall_train"))
///     data.log.count           // 156965
public enum ImpressionReader {
    /// The impressions in a folder, file, `.gz` or `.zip`. Ids are numbered by first appearance. O(bytes).
    /// - Parameter mapping: which column means what, for files that are not of a known format.
    /// - Throws: ``ReadError``, which names file, line and remedy; ``FileError`` when nothing is there.
    public static func read(_ url: URL, mapping: ImpressionMapping? = nil) throws -> ImpressionData {
        try readReporting(url, mapping: mapping).data
    }

    /// As ``read(_:mapping:)``, with what was found beside it.
    public static func readReporting(
        _ url: URL, mapping: ImpressionMapping? = nil
    ) throws -> (data: ImpressionData, report: ReadReport) {
        let context = ReadContext(tree: try SourceTree(url), pool: .shared)
        if let mapping { return try MappedImpressions(mapping).read(context) }
        if let format = try MINDFormat(recognizing: context) { return try format.read(context) }
        if let format = try EBNeRDFormat(recognizing: context) { return try format.read(context) }
        if let format = try KuaiRandFormat(recognizing: context) { return try format.read(context) }
        if let format = GazeFormat(recognizing: context) { return try format.read(context) }
        if let file = context.candidates.first(where: { $0.hasSuffix(".parquet") }) {
            throw ReadError.file(
                file, problem: "is a Parquet file, which cannot be read",
                remedy: "write it as tab-separated text with a header, lists with spaces between their elements")
        }
        throw ReadError.file(
            context.tree.path, problem: "holds no known impressions; found \(context.inventory)",
            remedy: "name MIND's behaviors.tsv, EB-NeRD's as TSV, KuaiRand's tables, AdSERP's folder, or map the "
                + "columns of a CSV or TSV")
    }

    /// Whether there are impressions of a known format.
    public static func recognizes(_ url: URL) -> Bool {
        guard let tree = try? SourceTree(url) else { return false }
        let context = ReadContext(tree: tree, pool: .shared)
        let mind = try? MINDFormat(recognizing: context)
        let ebnerd = try? EBNeRDFormat(recognizing: context)
        let kuairand = try? KuaiRandFormat(recognizing: context)
        return mind != nil || ebnerd != nil || kuairand != nil || GazeFormat(recognizing: context) != nil
    }
}

extension ReadContext {
    /// The report of a read of impressions; its interactions are the clicks.
    func report(_ format: String, _ log: ImpressionLog) -> ReadReport {
        let clicks = log.clicked.count { $0 }
        var parts = ["\(log.count.grouped) impressions, \(log.candidateCount.grouped) items shown"]
        if let histories = log.histories {
            let count = (0..<Int32(histories.userCount)).count { !histories[$0].isEmpty }
            parts.append("histories of \(count.grouped) users with \(histories.eventCount.grouped) clicks")
        }
        return ReadReport(
            format: format, files: files, interactions: clicks, users: log.userCount, items: log.itemCount,
            notes: parts.map { DataNote(.counts, $0) } + notes)
    }
}
