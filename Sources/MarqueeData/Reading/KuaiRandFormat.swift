internal import MarqueeRuntime

/// KuaiRand, short videos with how long each was watched (Gao et al., CIKM 2022): tables separated by commas or tabs with a
/// header, each line one video that was shown. Read are `user_id`, `video_id`, `time_ms`, `is_click`, `play_time_ms`
/// (dwell), `duration_ms` (the video's length, 0 where it is not known), and where there are `tab` (the page), and what was
/// said of the video: `is_like` with `is_hate`, or `label`, 1 for liked and 0 for hated.
///
/// Of several tables in a folder all are read, in the order of their names.
struct KuaiRandFormat {
    private static let columns = ["user_id", "video_id", "time_ms", "is_click", "play_time_ms", "duration_ms"]
    private let files: [(name: String, separator: String)]

    /// Nil when this is not it.
    init?(recognizing context: ReadContext) throws {
        let names = context.tree.focus.map { [$0] } ?? context.tree.names.sorted()
        files = try names.compactMap { name in
            guard name.hasSuffix(".csv") || name.hasSuffix(".tsv"),
                let first = try context.firstLines(name, 1).first
            else { return nil }
            for separator in ["\t", ","] {
                let header = first.split(separator: Character(separator)).map(String.init)
                if Self.columns.allSatisfy(header.contains) { return (name, separator) }
            }
            return nil
        }
        if files.isEmpty { return nil }
    }

    func read(_ context: ReadContext) throws -> (data: ImpressionData, report: ReadReport) {
        var builder = ImpressionLogBuilder()
        for file in files {
            try NamedColumns.forEach(file.name, "videos shown", separator: file.separator, context) { row in
                guard let time = Int64(row["time_ms"]), time > 0 else {
                    throw row.error("milliseconds since 1970", in: "time_ms")
                }
                let length = try row.milliseconds("duration_ms")
                builder.append(
                    .init(user: try row.id("user_id"), time: time, page: row["tab"]),
                    candidates: [
                        .init(
                            item: try row.id("video_id"), isClicked: try row.flag("is_click"),
                            dwell: try row.milliseconds("play_time_ms"), length: length > 0 ? length : nil,
                            isLiked: try opinion(row))
                    ])
            }
        }
        guard builder.count > 0 else {
            throw ReadError.file(
                files[0].name, problem: "holds no videos", remedy: "check that it was fully downloaded")
        }
        let log = builder.log()
        return (ImpressionData(name: context.tree.name, log: log), context.report("KuaiRand videos", log))
    }

    /// Nil where nothing was said.
    private func opinion(_ row: NamedColumns) throws -> Bool? {
        if row.has("label") { return try row.flag("label") }
        if row.has("is_like"), try row.flag("is_like") { return true }
        if row.has("is_hate"), try row.flag("is_hate") { return false }
        return nil
    }
}

extension NamedColumns {
    fileprivate func milliseconds(_ column: String) throws(ReadError) -> Int32 {
        guard let value = Double(self[column]), 0...2_000_000_000 ~= value else {
            throw error("milliseconds from 0 on", in: column)
        }
        return Int32(value)
    }
}
