public import MarqueeData
internal import MarqueeEvaluation

/// What a server showed, what came of it, and what its ranker was told of it: what a click model is fitted to.
///
///     let impressions = try await LoggedImpressions.read(decisions, events, features: ["item-clicks"])
///     impressions.log.clicked[row]                 // by candidate
///     impressions.features[row, 0]                 // as it was served
public struct LoggedImpressions: Sendable {
    /// One impression a decision, in their order; its candidates are the slate from the first slot down, each with its
    /// propensity given the slots above it.
    public let log: ImpressionLog
    /// What rankers were told of what was shown: a row a candidate of ``log``, unknown where a decision's ranker had not
    /// asked for a feature.
    public let features: FeatureTable

    /// Joins decisions with the events that name them, by decision and item.
    ///
    /// A candidate was clicked if anything was done with it but to hide it; its dwell is the time of all views of it.
    /// A decision that no event names was perhaps never shown, and is left out.
    /// - Parameters:
    ///   - features: the columns of ``features``; none unless named.
    ///   - time: only decisions made from then on, in milliseconds since 1970.
    /// - Throws: ``EventLogError``, ``DecisionLogError``, GRDB's `DatabaseError`.
    /// - Complexity: O(events + decisions); memory for what was done with what was shown.
    public static func read(
        _ decisions: DecisionLog, _ events: EventLogReader, features: [String] = [], from time: Int64 = 0
    ) async throws -> LoggedImpressions {
        let first = Decision.firstID(at: time)
        let responses = try await responses(events, from: first)
        var builder = ImpressionLogBuilder()
        var values: [FeatureValue] = []
        var last = first - 1
        while case let page = try await decisions.decisions(after: last, limit: 1_000), let end = page.last {
            for decision in page {
                guard let came = responses[decision.id] else { continue }
                builder.append(ImpressionLogBuilder.Impression(decision), candidates: decision.slots(came))
                guard !features.isEmpty else { continue }
                let table = decision.ranking.features
                let columns = features.map { table.features.firstIndex(of: $0) }
                for slot in decision.slate.slots {
                    values += columns.map { column in column.map { table[slot.candidate, $0] } ?? .unknown }
                }
            }
            last = end.id
        }
        return LoggedImpressions(log: builder.log(), features: FeatureTable(features: features, values: values))
    }

    /// What was done with an item of a decision.
    fileprivate struct Response {
        var isClicked = false
        /// Milliseconds; nil without a view.
        var dwell: Double?
    }

    /// By decision and item.
    private static func responses(
        _ events: EventLogReader, from first: Int64
    ) async throws -> [Int64: [String: Response]] {
        var responses: [Int64: [String: Response]] = [:]
        var last = try await events.kept().map { $0.lowerBound - 1 } ?? 0
        while case let page = try await events.events(after: last), let end = page.last {
            for logged in page {
                let event = logged.event
                guard let decision = event.decision.flatMap(Decision.id), decision >= first else { continue }
                responses[decision, default: [:]][event.item, default: Response()].add(event)
            }
            last = end.sequence
        }
        return responses
    }
}

extension LoggedImpressions.Response {
    fileprivate mutating func add(_ event: Event) {
        switch event.type {
        case .impression, .gaze, .hide, .retract, .search, .scroll: break
        case .view:
            isClicked = true
            if let seconds = event.value { dwell = (dwell ?? 0) + 1_000 * seconds }
        case .click, .favorite, .cart, .purchase, .rating, .share: isClicked = true
        }
    }
}

extension Decision {
    fileprivate func slots(_ responses: [String: LoggedImpressions.Response]) -> [ImpressionLogBuilder.Candidate] {
        slate.slots.map { slot in
            let item = choices.items[slot.candidate]
            let response = responses[item]
            return ImpressionLogBuilder.Candidate(
                item: item, isClicked: response?.isClicked ?? false, propensity: Float(slot.propensity),
                dwell: response?.dwell.map { Int32(clamping: Int64($0.rounded())) })
        }
    }
}

extension ImpressionLogBuilder.Impression {
    fileprivate init(_ decision: Decision) {
        let context = decision.query.context
        var (user, session): (String?, String?)
        switch decision.query.who {
        case .user(let id): user = id
        case .session(let id): session = id
        }
        self.init(
            user: user, time: decision.time, session: session, device: context.device, region: context.region,
            page: context.page)
    }
}
