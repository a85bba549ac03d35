public import MarqueeRuntime

/// Sizes of a ``MediaLog``, and what simple rankers and both ceilings reach at the test days' moments.
public struct MediaLogSummary: Sendable, Equatable, Codable {
    public enum Ranker: String, Sendable, Codable, CaseIterable {
        case random
        case logged = "as logged"
        case popularity = "popularity so far"
        case recentPopularity = "popularity of late"
        case informed = "ceiling of who sees the log"
        case truth = "ceiling of who knows the truth"
    }

    public struct Row: Sendable, Equatable, Codable {
        public let ranker: Ranker
        public let clickThrough: Double
    }

    public let people, items, requests, shown, clicks, moments: Int
    public let rows: [Row]

    public func clickThrough(of ranker: Ranker) -> Double {
        rows.first { $0.ranker == ranker }?.clickThrough ?? .nan
    }

    /// - Throws: ``Interrupted``.
    public init(_ log: MediaLog, on pool: WorkerPool = .shared) throws {
        people = log.world.people.count
        items = log.world.items.count
        requests = log.impressions.count
        shown = log.impressions.candidateCount
        clicks = log.impressions.clicked.count { $0 }
        moments = log.test.count
        let counts = MediaCounts(log)
        func counted(_ halfLife: Double?) throws -> Double {
            try log.clickThrough(at: log.test, on: pool) { moment in
                let request = moment.truth.request
                return request.candidates.map { counts.popularity($0, at: request.time, halfLife: halfLife) }
            }.mean
        }
        rows = [
            Row(
                ranker: .random,
                clickThrough: try log.clickThrough(at: log.test, on: pool) { moment in
                    [Float](repeating: 0, count: moment.truth.request.candidates.count)
                }.mean),
            Row(ranker: .logged, clickThrough: log.logged(at: log.test).mean),
            Row(ranker: .popularity, clickThrough: try counted(nil)),
            Row(ranker: .recentPopularity, clickThrough: try counted(12)),
            Row(ranker: .informed, clickThrough: try log.informedCeiling(at: log.test).mean),
            Row(ranker: .truth, clickThrough: log.ceiling(at: log.test).mean),
        ]
    }
}
