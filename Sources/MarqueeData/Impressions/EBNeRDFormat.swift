internal import MarqueeRuntime

/// EB-NeRD, the Ekstra Bladet news data of the RecSys Challenge 2024 (Kruse et al.), its Parquet tables written as
/// tab-separated text with a header: `behaviors.tsv` with the columns `impression_id`, `user_id`, `inview` and
/// `clicked` (article ids by spaces), and where there are `time` or `impression_time`, `session_id`, `device_type`,
/// `page_article_id`, `next_read_time` and `next_scroll_percentage` (seconds on the article that was clicked, and how far
/// down it was scrolled); beside it `history.tsv`, a line a click: `user_id`, `time`, `article_id`, `read_time`.
///
/// Times, `2023-02-27 03:23:27`, are taken as UTC. The page is the article on which the list was shown, `home` for
/// the front page.
struct EBNeRDFormat {
    private static let devices = ["1": "desktop", "2": "mobile", "3": "tablet"]
    private let file: String

    /// Nil when this is not it.
    init?(recognizing context: ReadContext) throws {
        let name = context.tree.focus ?? "behaviors.tsv"
        guard context.tree.has(name), let first = try context.firstLines(name, 1).first else { return nil }
        let header = first.split(separator: "\t").map(String.init)
        guard ["user_id", "inview", "clicked"].allSatisfy(header.contains) else { return nil }
        file = name
    }

    func read(_ context: ReadContext) throws -> (data: ImpressionData, report: ReadReport) {
        var builder = ImpressionLogBuilder()
        try NamedColumns.forEach(file, "impressions", context) { row in
            let time = try row.time(row.has("time") ? "time" : "impression_time")
            let clicked = row["clicked"].split(separator: " ")
            let inview = row["inview"].split(separator: " ")
            guard !inview.isEmpty else { throw row.error("the articles in view", in: "inview") }
            if let stray = clicked.first(where: { !inview.contains($0) }) {
                throw ReadError.line(
                    file: file, line: row.line, expected: "clicked articles that were in view",
                    found: "'\(String(stray).shortened)'", remedy: "correct or delete the line")
            }
            // The reading time and the scrolling are of the one article that was opened.
            let isOne = clicked.count == 1
            let dwell = isOne ? try row.milliseconds("next_read_time") : nil
            let scroll = try row.number("next_scroll_percentage", 0...100, "a percentage from 0 to 100")
            let page = row["page_article_id"]
            builder.append(
                .init(
                    user: try row.id("user_id"), time: time,
                    session: row["session_id"].isEmpty ? nil : row["session_id"],
                    device: Self.devices[row["device_type"]] ?? row["device_type"],
                    page: row.has("page_article_id") && page.isEmpty ? "home" : page),
                candidates: inview.map { item in
                    let isClicked = clicked.contains(item)
                    return .init(
                        item: String(item), isClicked: isClicked, dwell: isClicked ? dwell : nil,
                        scroll: isClicked && isOne ? scroll.map { Float($0 / 100) } : nil)
                })
        }
        guard builder.count > 0 else {
            throw ReadError.file(file, problem: "holds no impressions", remedy: "check that it was fully downloaded")
        }
        let clicks = try histories(context, &builder)
        var log = builder.log()
        if var clicks {
            clicks.userVocabulary = log.userVocabulary
            clicks.itemVocabulary = log.itemVocabulary
            log.histories = UserHistories(clicks)
        }
        return (ImpressionData(name: context.tree.name, log: log), context.report("EB-NeRD impressions", log))
    }

    /// The clicks of `history.tsv`, with read times in milliseconds as values; nil where there is no such file.
    private func histories(
        _ context: ReadContext, _ builder: inout ImpressionLogBuilder
    ) throws -> InteractionLog? {
        let name = "history.tsv"
        guard context.tree.has(name), context.tree.focus == nil else { return nil }
        var log = InteractionLog(behaviorNames: ["click"])
        try NamedColumns.forEach(name, "click histories", context) { row in
            guard let time = try row.time("time") else { throw row.error("a time", in: "time") }
            log.users.append(builder.user(try row.id("user_id")))
            log.items.append(builder.item(try row.id("article_id")))
            log.timestamps.append(time)
            log.values.append(Float(try row.milliseconds("read_time") ?? 0))
        }
        return log
    }
}

extension NamedColumns {
    /// Nil where there is no such column.
    fileprivate func time(_ column: String) throws(ReadError) -> Int64? {
        guard has(column) else { return nil }
        guard let time = ISOTime.milliseconds(self[column]) else {
            throw error("a time such as '2023-02-27 03:23:27'", in: column)
        }
        return time
    }

    /// Of seconds; nil where nothing stands.
    fileprivate func milliseconds(_ column: String) throws(ReadError) -> Int32? {
        try number(column, 0...1_999_999, "seconds from 0 on").map { Int32(($0 * 1000).rounded()) }
    }
}
