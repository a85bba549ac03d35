public import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
public import MarqueeModels
public import MarqueeRuntime

/// What was written for many people at once.
public struct ListsReport: Sendable, Codable, Equatable {
    public var users: Int
    /// Of these, whom the model cannot answer and who got what most people like.
    public var fallbacks: Int
    public var file: String
}

extension SavedModel {
    /// Writes the best `count` items that each user has not consumed: people of the fit in blocks, as the evaluation ranks
    /// them, and what most people like for those whom the model does not know or who did nothing.
    ///
    /// The order of `users` is kept. Memory does not grow with their number.
    /// - Parameter users: outside ids; everybody of the fit when nil.
    /// - Throws: `FileError`, `EvaluationError`, ``Interrupted``; the file is whole or absent.
    public func writeLists(
        of count: Int, for users: [String]? = nil, to url: URL, as format: ListFormat, pool: WorkerPool = .shared,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> ListsReport {
        let users = users ?? self.users.ids
        let service = RecommendationService(self)
        var fallbacks = 0
        try AtomicFile.replace(url) { handle in
            var writer = ListWriter(handle, format, items: items)
            for start in stride(from: 0, to: users.count, by: Self.block) {
                let block = users[start..<min(start + Self.block, users.count)]
                let known = block.map { self.users.index(of: $0).flatMap { history[$0].isEmpty ? nil : $0 } }
                let top = try model.topK(count, for: known.compactMap { $0 }, excluding: history, pool: pool)
                var place = 0
                for (user, index) in zip(block, known) {
                    if index == nil {
                        let list = service.recommend(to: user, count: count, reasonCount: 0).recommendations
                        try writer.write(
                            user, list.compactMap { items.index(of: $0.item) }, scores: list.map(\.score))
                        fallbacks += 1
                    } else {
                        try writer.write(user, top[place], scores: top.scores(place))
                        place += 1
                    }
                }
                progress.advance(
                    "recommend", completed: start + block.count, total: users.count, unit: "users", figures: [])
            }
            try writer.flush()
        }
        return ListsReport(users: users.count, fallbacks: fallbacks, file: url.relativePath)
    }

    /// Users whose lists are held at a time.
    private static var block: Int { 1 << 15 }
}
