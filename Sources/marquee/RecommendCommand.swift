import ArgumentParser
import Foundation
import MarqueeData
import MarqueeLab
import MarqueeModels

struct RecommendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "What somebody wants to see next, and what of their history speaks for it.",
        discussion: """
            Without --user, --liked and --genre it picks somebody of middling activity. A model that answers from a \
            history ('marquee models' says which do) answers from what somebody likes, whether it knows them or not. \
            Else somebody unknown gets items like those they like, and then what most people like.
            """)

    @Argument(help: "A model's folder.", completion: .directory)
    var model: Path

    @Option(help: "The user's id, as the data spells it.")
    var user: String?

    @Option(help: "How many items.")
    var count = 10

    @Option(name: .customLong("liked"), help: "The id of an item that the user is known to like; may be repeated.")
    var liked: [String] = []

    @Option(name: .customLong("genre"), help: "A genre that the user likes; may be repeated.")
    var genres: [String] = []

    @Option(help: "The domain that the items are to be of, such as book.")
    var domain: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard count > 0 else { throw ValidationError("--count must be at least 1, found \(count)") }
    }

    func run() throws {
        let console = output.console
        let saved = try SavedModel(contentsOf: model.url)
        let user = user ?? (liked.isEmpty && genres.isEmpty ? somebody(saved) : nil)
        let list = RecommendationService(saved).recommend(
            to: user, count: count, liking: liked, genres: genres, domain: domain, reasonCount: 2)
        if let note = list.note { console.warn(note) }
        try console.show(Answer(user: user, note: list.note, recommendations: list.recommendations)) {
            let known = user.flatMap(saved.users.index).map { saved.history[$0].count } ?? 0
            var table = TextTable(
                caption: user.map {
                    "for user \($0), who has \(known) items in the history; model: \(model.url.lastPathComponent)"
                }
                    ?? "for somebody new; model: \(model.url.lastPathComponent)",
                columns: [("#", .right), ("title", .left), ("genres", .left), ("because of", .left)])
            for (place, item) in list.recommendations.enumerated() {
                let reasons = item.reasons.map {
                    "\($0.title.fitted(to: 32)) (\(Figures.percent(Double($0.share), digits: 0)))"
                }
                table.append([
                    "\("\(place + 1)")", .init(item.titleWithYear.fitted(to: 46)),
                    .init(item.genres.joined(separator: ", ").fitted(to: 32)),
                    .init(reasons.isEmpty ? item.source.description : reasons.joined(separator: "; ")),
                ])
            }
            return table
        }
    }

    /// The user in the middle by activity, the lower index of equals.
    private func somebody(_ saved: SavedModel) -> String? {
        let active = (0..<Int32(saved.users.count)).filter { !saved.history[$0].isEmpty }
        let order = active.sorted { (saved.history[$0].count, $0) < (saved.history[$1].count, $1) }
        return order.isEmpty ? nil : saved.users[order[order.count / 2]]
    }

    private struct Answer: Encodable {
        var user: String?
        var note: String?
        var recommendations: [Recommendation]
    }
}

extension Recommendation {
    /// `Heat (1995)`, once.
    var titleWithYear: String {
        guard let year, !title.hasSuffix("(\(year))") else { return title }
        return "\(title) (\(year))"
    }
}
