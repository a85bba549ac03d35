import MarqueeRuntime
import Testing

@testable import MarqueeData

@Suite struct UserHistoriesTests {
    /// Random data with equal times, repeats and sessions; users 0 and 1 did nothing.
    private static func log(_ seed: UInt64, behaviors: [String] = ["view", "buy"]) -> InteractionLog {
        var log = thorny(seed: seed, behaviors: behaviors).log
        var random = RandomStream(seed: seed, "sessions")
        log.sessions = log.users.map { _ in Int32.random(in: 0..<9, using: &random) }
        return log
    }

    /// A user's events by sorting rows by time and row.
    private static func sorted(_ user: Int32, _ log: InteractionLog) -> [History.Event] {
        let rows = (0..<log.count).filter { log.users[$0] == user }
            .sorted { log.timestamps.isEmpty ? $0 < $1 : (log.timestamps[$0], $0) < (log.timestamps[$1], $1) }
        return rows.map { row in
            History.Event(
                item: log.items[row], behavior: log.behaviors.isEmpty ? 0 : log.behaviors[row],
                time: log.timestamps.isEmpty ? 0 : log.timestamps[row], value: log.values.isEmpty ? 1 : log.values[row],
                session: log.sessions.isEmpty ? -1 : log.sessions[row])
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func theLinearBuildIsASortByTimeThenRow(seed: UInt64) {
        var log = Self.log(seed)
        // Times that differ in their highest bits too, negative ones among them.
        if seed % 2 == 0 { log.timestamps = log.timestamps.map { $0 / 20_000 * 7_777_777_777 } }
        let histories = UserHistories(log)
        #expect(histories.userCount == log.userCount && histories.eventCount == log.count)
        for user in 0..<Int32(log.userCount) { #expect(Array(histories[user]) == Self.sorted(user, log)) }
    }

    @Test func whatALogLacksIsUnknown() {
        var log = Self.log(5, behaviors: ["click"])
        (log.behaviors, log.values, log.timestamps, log.sessions) = ([], [], [], [])
        let histories = UserHistories(log)
        for user in 0..<Int32(log.userCount) { #expect(Array(histories[user]) == Self.sorted(user, log)) }
        #expect(!histories[7].hasTimes && histories[7].times.isEmpty)
        #expect(histories[7].before(.min) == histories[7])
    }

    @Test func slicesAreOfTheSameColumns() {
        let histories = UserHistories(Self.log(6))
        let all = Array(histories[20])
        #expect(all.count > 4)
        #expect(Array(histories[20].suffix(3)) == Array(all.suffix(3)))
        #expect(Array(histories[20].dropFirst(2).prefix(2)) == Array(all[2..<4]))
        #expect(Array(histories[20].suffix(3).items) == all.suffix(3).map(\.item))
        #expect(Array(histories[20].suffix(3).times) == all.suffix(3).map(\.time))
        #expect(histories[0].isEmpty && histories[0].last == nil)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func beforeEndsWhereTheTimeBegins(seed: UInt64) {
        let histories = UserHistories(Self.log(seed))
        for user in 0..<Int32(histories.userCount) {
            let events = Array(histories[user])
            for time in Set(events.flatMap { [$0.time - 1, $0.time, $0.time + 1] }).union([.min, .max]) {
                #expect(Array(histories[user].before(time)) == events.filter { $0.time < time })
                #expect(Array(histories[user].suffix(4).before(time)) == events.suffix(4).filter { $0.time < time })
            }
        }
    }

    @Test func aHistoryOfItsOwnIsPutInOrder() {
        let history = History([
            .init(item: 1, time: 5), .init(item: 2, time: 3), .init(item: 3, time: 5), .init(item: 4, time: 3),
        ])
        #expect(Array(history.items) == [2, 4, 1, 3])
        #expect(Array(History(items: [3, 1, 3]).items) == [3, 1, 3])
    }

    @Test func preparationCarriesSessions() throws {
        var data = thorny(seed: 8)
        // A session says of which row it is.
        data.log.sessions = data.log.users.indices.map { Int32($0) }
        var byRow: [Int32: (user: String, item: String, time: Int64)] = [:]
        for row in 0..<data.log.count {
            byRow[Int32(row)] = (
                data.log.userVocabulary[data.log.users[row]], data.log.itemVocabulary[data.log.items[row]],
                data.log.timestamps[row]
            )
        }
        let (prepared, _) = try PreparationStep.kCore(KCore(5)).apply(to: data, seed: 1)
        #expect(prepared.log.count < data.log.count && prepared.log.count > 0)
        #expect(prepared.log.sessions.count == prepared.log.count)
        for (row, session) in prepared.log.sessions.enumerated() {
            let source = try #require(byRow[session])
            #expect(prepared.log.userVocabulary[prepared.log.users[row]] == source.user)
            #expect(prepared.log.itemVocabulary[prepared.log.items[row]] == source.item)
            #expect(prepared.log.timestamps[row] == source.time)
        }
    }

    @Test func everySplitterIsAskedWhetherItShowsTheFuture() {
        #expect(Set(Self.splitters.map(\.name)) == Set(Splitter.choices.map(\.name)))
    }

    static let splitters =
        SplitterTests.splitters + [
            .heldOutUsers(HeldOutUsers(users: 5)), .heldOutUsers(HeldOutUsers(users: 0.2, share: 0.5, by: .time)),
        ]

    @Test(arguments: splitters, [1, 2, 3] as [UInt64])
    func noSplitLetsAHistorySeeTheFuture(splitter: Splitter, seed: UInt64) throws {
        for behaviors in [["interaction"], ["view", "buy"]] {
            var data = thorny(seed: seed, behaviors: behaviors)
            data.log.sessions = data.log.users.indices.map { Int32($0) }
            data.log.target = UInt8(behaviors.count - 1)
            data.frozen = FrozenTest(holdout: Holdout(pairs: (10..<40).map { (user: Int32($0), item: Int32($0 % 37)) }))
            let split = try splitter.split(data, seed: seed).split
            var newest: [Pair: Int64] = [:]
            for row in 0..<data.log.count where data.log.isTarget(row) {
                let pair = Pair(user: data.log.users[row], item: data.log.items[row])
                newest[pair] = max(newest[pair] ?? .min, data.log.timestamps[row])
            }
            // Who is held out wholly is asked for by what is given of them.
            let asked: [(Holdout?, InteractionLog)] = [
                (split.validation, split.given?.validation ?? split.train),
                (split.test, split.given?.test ?? split.train),
            ]
            for (holdout, log) in asked {
                guard let holdout else { continue }
                let histories = UserHistories(log)
                // Sessions say which rows may be seen; those of nobody else stand in a history.
                #expect(histories.sessions.sorted() == log.sessions.sorted())
                for pair in holdout.pairs {
                    // A pair that only the files' test holds has no time; all of the history is before it.
                    let history = newest[pair].map { histories[pair.user].before($0) } ?? histories[pair.user]
                    #expect(!history.contains { $0.item == pair.item && $0.behavior == data.log.target })
                    if let time = newest[pair] { #expect(history.allSatisfy { $0.time < time }) }
                    for event in history {
                        let row = Int(event.session)
                        #expect(
                            data.log.users[row] == pair.user && data.log.items[row] == event.item
                                && data.log.timestamps[row] == event.time)
                    }
                }
            }
        }
    }
}
