import ArgumentParser
import Foundation
import MarqueeData
import MarqueeLab
import MarqueeModels
import MarqueeRuntime

struct RecommendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "What people want to see next, and what of their history speaks for it.",
        discussion: """
            Without --user, --liked and --genre it picks somebody of middling activity. A model that answers from a \
            history ('marquee models' says which do) answers from what somebody likes, whether it knows them or not. \
            Else somebody unknown gets items like those they like, and then what most people like.

            Many people at once go to a file, ranked in blocks and without reasons: \
            marquee recommend models/ease --all --out lists.csv
            """)

    @Argument(help: "A model's folder.", completion: .directory)
    var model: Path

    @Option(name: .customLong("user"), help: "A user's id, as the data spells it; may be repeated.")
    var users: [String] = []

    @Option(name: .customLong("users"), help: "A file of users' ids, one a line.")
    var usersFile: Path?

    @Flag(help: "Everybody that the model was fitted to; with --out.")
    var all = false

    @Option(help: "Where lists go: a .csv of user,item,rank,score or a .jsonl of a list a line.")
    var out: Path?

    @Option(help: "How many items.")
    var count = 10

    @Flag(help: "Show the scores; those of different users need not be comparable.")
    var scores = false

    @Option(name: .customLong("liked"), help: "The id of an item that the user is known to like; may be repeated.")
    var liked: [String] = []

    @Option(name: .customLong("genre"), help: "A genre that the user likes; may be repeated.")
    var genres: [String] = []

    @Option(help: "The domain that the items are to be of, such as book.")
    var domain: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard count > 0 else { throw ValidationError("--count must be at least 1, found \(count)") }
        guard [all, usersFile != nil, !users.isEmpty].count(where: { $0 }) < 2 else {
            throw ValidationError("--user, --users and --all say three times who is asked for; give one of them")
        }
        if all, out == nil { throw ValidationError("--all needs a file to write to, --out FILE.csv or FILE.jsonl") }
        guard let out else { return }
        if ListFormat(out.url) == nil {
            let endings = ListFormat.allCases.map { ".\($0.rawValue)" }.joined(separator: " or ")
            throw ValidationError("--out must end in \(endings), found '\(out.url.lastPathComponent)'")
        }
        if !all, usersFile == nil, users.isEmpty {
            throw ValidationError("--out wants people: --all, --users FILE or --user ID")
        }
        if !liked.isEmpty || !genres.isEmpty || domain != nil {
            throw ValidationError("--liked, --genre and --domain are of one person; leave --out away")
        }
    }

    func run() throws {
        let console = output.console
        let saved = try SavedModel(contentsOf: model.url)
        let asked = try usersFile.map { try Self.ids(in: $0.url) } ?? users
        if let out, let format = ListFormat(out.url) {
            return try write(saved, all ? nil : asked, to: out.url, format, console)
        }
        let people: [String?] =
            !asked.isEmpty ? asked : liked.isEmpty && genres.isEmpty ? [somebody(saved)] : [nil]
        let service = RecommendationService(saved)
        let answers = people.map { user in
            let list = service.recommend(
                to: user, count: count, liking: liked, genres: genres, domain: domain, reasonCount: 2)
            return Answer(user: user, note: list.note, recommendations: list.recommendations)
        }
        for answer in answers { if let note = answer.note { console.warn(note) } }
        if console.isJSON {
            try answers.count == 1
                ? console.show(answers[0]) { table(answers[0], saved) }
                : console.show(answers) { table(answers[0], saved) }
        } else {
            for (place, answer) in answers.enumerated() {
                if place > 0 { console.print() }
                console.print(table(answer, saved))
            }
        }
    }

    private func write(
        _ saved: SavedModel, _ users: [String]?, to url: URL, _ format: ListFormat, _ console: Console
    ) throws {
        let report = try saved.writeLists(of: count, for: users, to: url, as: format, progress: console)
        if report.fallbacks > 0 {
            console.warn(
                "\(report.fallbacks.grouped) users are unknown to the model or have no history; theirs is what most people like"
            )
        }
        try console.show(report) {
            var table = TextTable(columns: [("users", .right), ("items each", .right), ("written to", .left)])
            table.append([.init(report.users.grouped), .init("\(count)"), .init(report.file)])
            return table
        }
    }

    private func table(_ answer: Answer, _ saved: SavedModel) -> TextTable {
        let known = answer.user.flatMap(saved.users.index).map { saved.history[$0].count } ?? 0
        var table = TextTable(
            caption: answer.user.map {
                "for user \($0), who has \(known) items in the history; model: \(model.url.lastPathComponent)"
            }
                ?? "for somebody new; model: \(model.url.lastPathComponent)",
            columns: [("#", .right), ("id", .left), ("title", .left), ("genres", .left)]
                + (scores ? [("score", .right)] : []) + [("because of", .left)])
        for (place, item) in answer.recommendations.enumerated() {
            let reasons = item.reasons.map {
                "\($0.title.fitted(to: 32)) (\(Figures.percent(Double($0.share), digits: 0)))"
            }
            table.append(
                [
                    .init("\(place + 1)"), .init(item.item), .init(item.titleWithYear.fitted(to: 46)),
                    .init(item.genres.joined(separator: ", ").fitted(to: 32)),
                ] + (scores ? [.init(Figures.metric(Double(item.score)))] : [])
                    + [.init(reasons.isEmpty ? item.source.description : reasons.joined(separator: "; "))])
        }
        return table
    }

    /// The user in the middle by activity, the lower index of equals.
    private func somebody(_ saved: SavedModel) -> String? {
        let active = (0..<Int32(saved.users.count)).filter { !saved.history[$0].isEmpty }
        let order = active.sorted { (saved.history[$0].count, $0) < (saved.history[$1].count, $1) }
        return order.isEmpty ? nil : saved.users[order[order.count / 2]]
    }

    /// Every line that is not blank, without the ends of Windows lines.
    private static func ids(in file: URL) throws -> [String] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw FileError.cannotRead(file.path, reason: "it is not there, or no UTF-8 text")
        }
        let ids = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter {
            !$0.isEmpty
        }
        guard !ids.isEmpty else {
            throw FileError.cannotRead(file.path, reason: "it names nobody; write one id a line")
        }
        return ids
    }

    private struct Answer: Encodable {
        var user: String?
        var note: String?
        var recommendations: [Recommendation]
    }
}
