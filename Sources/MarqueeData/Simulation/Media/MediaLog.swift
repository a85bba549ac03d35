internal import MarqueeRuntime

/// What a policy showed in a ``MediaWorld`` and what came of it, with the truth at some moments to judge rankers by.
public struct MediaLog: Sendable {
    public let world: MediaWorld
    /// In order of time; users and items are the world's, by its indices. Propensities are given the slots above.
    public let impressions: ImpressionLog
    /// By candidate: milliseconds that it was looked at in the list, 0 when it was not; -1 where no gaze was seen.
    public let gaze: [Int32]
    /// By candidate: the share of a clicked video that was watched; NaN of anything else.
    public let completion: [Float]
    /// Requests of the validation days and of the test days with their truth, in order of time, each with its place
    /// among the impressions.
    public let validation, test: [JudgedMoment]

    /// A request whose truth was kept.
    public struct JudgedMoment: Sendable {
        /// Which impression answered it.
        public let impression: Int
        public let truth: MediaWorld.Moment
    }

    public var catalog: Catalog { world.catalog }

    /// Ties in both directions, in order of who is tied.
    public var ties: [SocialEdge] {
        world.friends.indices.flatMap { person in
            world.friends[person].map { SocialEdge(from: Int32(person), to: $0) }
        }
    }

    /// The clicks before a moment as interactions, with all that is known of people and items; nil for all clicks.
    /// Dwell is the value, in seconds.
    public func dataset(before time: Int64? = nil) -> Dataset {
        let count = time.map { time in impressions.timestamps.count { $0 < time } } ?? impressions.count
        var log = InteractionLog(
            userVocabulary: impressions.userVocabulary, itemVocabulary: impressions.itemVocabulary,
            behaviorNames: ["click"])
        for impression in 0..<count {
            for row in impressions.candidates(of: impression) where impressions.clicked[row] {
                log.users.append(impressions.users[impression])
                log.items.append(impressions.items[row])
                log.timestamps.append(impressions.timestamps[impression])
                log.sessions.append(impressions.sessions[impression])
                log.values.append(Float(impressions.dwell[row]) / 1000)
            }
        }
        return Dataset(
            name: "simulated media world", log: log, catalog: catalog,
            userAttributes: ["region": world.people.map { MediaWorld.regions[$0.region] }], socialEdges: ties)
    }
}

/// What has been counted in a ``MediaLog`` up to each moment: the rows that every table of rankers must have.
public struct MediaCounts: Sendable {
    /// By item, clicks up to the last full hour before a time.
    private let times: [[Int64]]

    public init(_ log: MediaLog) {
        var times = [[Int64]](repeating: [], count: log.world.items.count)
        let rows = log.impressions
        for impression in 0..<rows.count {
            for row in rows.candidates(of: impression) where rows.clicked[row] {
                times[Int(rows.items[row])].append(rows.timestamps[impression])
            }
        }
        self.times = times
    }

    /// Clicks on an item before the last full hour; with `halfLife` in hours, each counts half after that.
    public func popularity(_ item: Int32, at time: Int64, halfLife: Double? = nil) -> Float {
        let until = time / MediaWorld.hour * MediaWorld.hour
        var sum = 0.0
        for click in times[Int(item)] {
            guard click < until else { break }
            sum += halfLife.map { (-Double(time - click) / Double(MediaWorld.hour) / $0).powerOfTwo } ?? 1
        }
        return Float(sum)
    }
}

extension MediaLog {
    /// Clicks before the validation days to learn from, those in them to choose by, those of the test days to test, for
    /// models that learn from interactions. `dataset` is ``dataset(before:)`` of all clicks.
    public func split(of dataset: Dataset) -> (split: Split, report: SplitReport) {
        let log = dataset.log
        func rows(_ range: Range<Int64>) -> [Int] { (0..<log.count).filter { range.contains(log.timestamps[$0]) } }
        func holdout(_ range: Range<Int64>) -> Holdout {
            Holdout(pairs: rows(range).map { (user: log.users[$0], item: log.items[$0]) })
        }
        let split = Split(
            name: "by the world's days", train: log.selecting(rows(MediaWorld.start..<world.validationStart)),
            validation: world.config.validationDays > 0 ? holdout(world.validationStart..<world.testStart) : nil,
            test: holdout(world.testStart..<world.end))
        return (split, SplitReport(split, of: dataset))
    }
}
