/// What was shown to whom, and what was clicked: one row an impression, its candidates a compressed row.
///
///     for impression in 0..<log.count {
///         for row in log.candidates(of: impression) { print(log.items[row], log.clicked[row]) }
///     }
///
/// An impression is one answer shown at once: a list, a slate, a page. Columns that a source lacks stay empty. Rows
/// keep the order of their source.
public struct ImpressionLog: Sendable, Equatable {
    // MARK: By impression

    /// Index into ``userVocabulary``, -1 where nobody is known.
    public var users: [Int32] = []
    /// Milliseconds since 1970-01-01 UTC; empty when the source has no times.
    public var timestamps: [Int64] = []
    /// Impressions of one visit share it; -1 where none is known, empty when the source has no sessions.
    public var sessions: [Int32] = []
    /// Such as `mobile`.
    public var devices = CategoryColumn()
    public var regions = CategoryColumn()
    /// Where it was shown, such as `home`.
    public var pages = CategoryColumn()
    /// Impression m's candidates are the rows `offsets[m]..<offsets[m + 1]` of the columns below.
    public var offsets: [Int] = [0]

    // MARK: By candidate

    /// Index into ``itemVocabulary``.
    public var items: [Int32] = []
    /// Where the item stood, 0 being the first; empty when it stood where it stands in the row.
    public var positions: [Int32] = []
    /// The probability with which the item was shown there; NaN where it is not known, empty when it never is.
    public var propensities: [Float] = []
    public var clicked: [Bool] = []
    /// Milliseconds spent with the item after a click; -1 where it is not known, empty when it never is.
    public var dwell: [Int32] = []
    /// How long the item itself lasts, such as a video, in milliseconds; 0 where it is not known, empty when it never is.
    public var lengths: [Int32] = []
    /// How far down the item was scrolled after a click, 0...1; NaN where it is not known, empty when it never is.
    public var scrolls: [Float] = []
    /// How much of the item was seen, 0...1, by gaze or by pointer; NaN where it is not known, empty when it never is.
    public var seen: [Float] = []
    /// What was said of the item: 1 liked, 0 disliked, -1 nothing; empty when nothing ever was.
    public var liked: [Int8] = []

    public var userVocabulary = Vocabulary()
    public var itemVocabulary = Vocabulary()

    /// What the users had clicked before, under the same vocabularies; nil when the source has no histories.
    public var histories: UserHistories?

    public init() {}

    /// The number of impressions.
    public var count: Int { users.count }
    /// The number of items shown, each as often as it was shown.
    public var candidateCount: Int { items.count }
    public var userCount: Int { userVocabulary.count }
    public var itemCount: Int { itemVocabulary.count }

    /// The rows of an impression's candidates. O(1).
    public func candidates(of impression: Int) -> Range<Int> { offsets[impression]..<offsets[impression + 1] }

    /// Where a candidate stood, 0 being the first. O(1).
    public func position(of row: Int, in impression: Int) -> Int32 {
        positions.isEmpty ? Int32(row - offsets[impression]) : positions[row]
    }

    /// What the person of an impression had clicked before it, as far as ``histories`` goes: of a history with times,
    /// what lies before the impression's. O(log n).
    public func history(of impression: Int) -> History {
        let user = users[impression]
        guard let histories, user >= 0 else { return History() }
        return timestamps.isEmpty ? histories[user] : histories[user].before(timestamps[impression])
    }

    /// The impressions at `indices`, in that order, under the same vocabularies and with the same histories.
    /// O(their candidates).
    public func selecting(_ indices: [Int]) -> ImpressionLog {
        func column<Value>(_ values: [Value]) -> [Value] { values.isEmpty ? [] : indices.map { values[$0] } }
        var log = self
        log.users = column(users)
        log.timestamps = column(timestamps)
        log.sessions = column(sessions)
        log.devices = devices.selecting(indices)
        log.regions = regions.selecting(indices)
        log.pages = pages.selecting(indices)
        log.offsets = [0]
        log.offsets.reserveCapacity(indices.count + 1)
        for index in indices { log.offsets.append(log.offsets[log.offsets.count - 1] + candidates(of: index).count) }
        func rows<Value>(_ values: [Value]) -> [Value] {
            guard !values.isEmpty else { return [] }
            var chosen: [Value] = []
            chosen.reserveCapacity(log.offsets[indices.count])
            for index in indices { chosen += values[candidates(of: index)] }
            return chosen
        }
        log.items = rows(items)
        log.positions = rows(positions)
        log.propensities = rows(propensities)
        log.clicked = rows(clicked)
        log.dwell = rows(dwell)
        log.lengths = rows(lengths)
        log.scrolls = rows(scrolls)
        log.seen = rows(seen)
        log.liked = rows(liked)
        return log
    }

    /// The clicks as interactions in the order of the impressions, for models that learn from who clicked what. Clicks
    /// of nobody known are left out; ``histories`` are not included. O(candidates).
    public func clicks() -> InteractionLog {
        var log = InteractionLog(
            userVocabulary: userVocabulary, itemVocabulary: itemVocabulary, behaviorNames: ["click"])
        for impression in 0..<count where users[impression] >= 0 {
            for row in candidates(of: impression) where clicked[row] {
                log.users.append(users[impression])
                log.items.append(items[row])
                if !timestamps.isEmpty { log.timestamps.append(timestamps[impression]) }
                if !sessions.isEmpty { log.sessions.append(sessions[impression]) }
            }
        }
        return log
    }

    /// The same log whose histories have its own clicks too, at the time of their impressions and worth their dwell where
    /// that is known, else 1: what somebody had clicked before an impression includes what they clicked in this log.
    ///
    /// Histories without times count as having been before everything. Nothing changes in a log without times. O(n log n).
    public func rememberingClicks() -> ImpressionLog {
        guard !timestamps.isEmpty else { return self }
        var clicks = InteractionLog(userVocabulary: userVocabulary, itemVocabulary: itemVocabulary)
        let before = histories
        let knowsDwell = !dwell.isEmpty || before.map { !$0.values.isEmpty } ?? false
        func append(_ user: Int32, _ item: Int32, _ time: Int64, _ value: Float) {
            clicks.users.append(user)
            clicks.items.append(item)
            clicks.timestamps.append(time)
            if knowsDwell { clicks.values.append(value) }
        }
        if let before {
            for user in 0..<Int32(before.userCount) {
                for event in before[user] {
                    append(user, event.item, event.time, before.values.isEmpty ? 1 : event.value)
                }
            }
        }
        for impression in 0..<count where users[impression] >= 0 {
            for row in candidates(of: impression) where clicked[row] {
                let worth = dwell.isEmpty || dwell[row] < 0 ? 1 : Float(dwell[row])
                append(users[impression], items[row], timestamps[impression], worth)
            }
        }
        var log = self
        log.histories = UserHistories(clicks)
        return log
    }
}
