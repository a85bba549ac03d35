import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

/// Worlds of few people; with mechanisms in and out.
enum MediaWorlds {
    /// Everything in it, all that lies behind the first two days judged.
    static func config(people: Int = 120, _ change: (inout MediaWorld.Config) -> Void = { _ in }) -> MediaWorld.Config {
        var config = MediaWorld.Config.small
        config.people = people
        config.visits = 10
        config.days = 10
        config.testDays = 7
        config.validationDays = 1
        config.moments = 1_000_000
        change(&config)
        return config
    }

    static let whole = Result { try MediaWorld(config()).simulate() }
    /// Items are drawn alike, so that nothing but chance decides what stands where; intent and contagion are strong enough
    /// to be seen among few people.
    static let atRandom = Result { try MediaWorld(strong).simulate() }
    static let strong = config(people: 200) {
        $0.exploration = 1
        $0.intent = 3.5
        $0.intentHours = 8
        $0.contagion = 4
    }
    static func without(_ mechanism: WritableKeyPath<MediaWorld.Config, Float>) throws -> MediaLog {
        var config = strong
        config[keyPath: mechanism] = 0
        return try MediaWorld(config).simulate()
    }
}

@Suite struct MediaWorldTests {
    @Test func theWorldIsTheSameWhateverTheWorkers() throws {
        let world = MediaWorld(MediaWorlds.config(people: 40))
        let one = try world.simulate(on: WorkerPool(workerCount: 1))
        for workers in [2, 3] {
            let other = try MediaWorld(world.config).simulate(on: WorkerPool(workerCount: workers))
            #expect(other.impressions == one.impressions && other.gaze == one.gaze)
            #expect(other.test.map(\.impression) == one.test.map(\.impression))
        }
        var config = world.config
        config.seed += 1
        #expect(try MediaWorld(config).simulate().impressions.items != one.impressions.items)
    }

    @Test func whatIsShownIsAliveNewAndInOrder() throws {
        let log = try MediaWorlds.whole.get()
        let rows = log.impressions
        #expect(rows.count > 1500 && rows.timestamps == rows.timestamps.sorted())
        #expect(rows.count == rows.offsets.count - 1 && rows.offsets.last == rows.items.count)
        #expect(log.gaze.count == rows.items.count && log.completion.count == rows.items.count)
        var clicked: [Int32: Set<Int32>] = [:]
        for impression in 0..<rows.count {
            let shown = rows.items[rows.candidates(of: impression)]
            #expect(Set(shown).count == shown.count)
            let (time, user) = (rows.timestamps[impression], rows.users[impression])
            // A visit is offered what there is in the hour in which it begins, and may outlast it.
            #expect(
                shown.allSatisfy {
                    let item = log.world.items[Int($0)]
                    return item.published <= time && time - 3_600_000 < item.expires
                })
            #expect(clicked[user, default: []].isDisjoint(with: shown))
            for row in rows.candidates(of: impression) where rows.clicked[row] {
                clicked[user, default: []].insert(rows.items[row])
                #expect(rows.dwell[row] >= 0)
            }
        }
        #expect(rows.histories?.eventCount == rows.clicked.count { $0 })
        let rate = Double(rows.clicked.count { $0 }) / Double(rows.candidateCount)
        #expect((0.03...0.2).contains(rate))
    }

    @Test func clicksHappenAsOftenAsTheTruthSays() throws {
        let log = try MediaWorlds.whole.get()
        var (observed, expected, variance) = (0.0, 0.0, 0.0)
        for moment in log.test {
            for (position, row) in log.impressions.candidates(of: moment.impression).enumerated() {
                let p = log.world.clickProbability(of: log.impressions.items[row], position: position, at: moment.truth)
                expected += p
                variance += p * (1 - p)
                if log.impressions.clicked[row] { observed += 1 }
            }
        }
        #expect(expected > 500)
        #expect(abs(observed - expected) < 4 * variance.squareRoot())
    }

    @Test func theLogHasThePropensitiesOfItsPolicy() throws {
        let world = MediaWorld(MediaWorlds.config(people: 150))
        var (visits, logging) = (world.visits(), MediaLogging(world))
        // Over all requests, how often an item was to be expected first, and was.
        var (expected, variance) = ([Int32: Double](), [Int32: Double]())
        var observed: [Int32: Double] = [:]
        while let requests = visits.next() {
            let slates = logging.slates(for: requests)
            for (request, slate) in zip(requests, slates) {
                let (candidates, probabilities) = (request.candidates, logging.probabilities(for: request))
                #expect(abs(probabilities.reduce(0, +) - 1) < 1e-9)
                for (item, p) in zip(candidates, probabilities) {
                    expected[item, default: 0] += p
                    variance[item, default: 0] += p * (1 - p)
                }
                guard let first = slate.items.first, let place = candidates.firstIndex(of: first) else { continue }
                observed[first, default: 0] += 1
                #expect(abs(Double(slate.propensities[0]) - probabilities[place]) < 1e-6)
                #expect(slate.propensities.allSatisfy { $0 > 0 && $0 <= 1 })
            }
            for (slate, reactions) in zip(slates, visits.answer(slates.map(\.items))) {
                for (item, reaction) in zip(slate.items, reactions) where reaction.isClicked {
                    logging.add(clicked: item)
                }
            }
        }
        let often = expected.filter { $0.value > 8 }
        #expect(often.count > 5)
        for (item, mean) in often {
            #expect(abs((observed[item] ?? 0) - mean) < 5 * (variance[item] ?? 0).squareRoot(), "item \(item)")
        }
    }

    @Test func examinationByPositionIsFoundAgain() throws {
        let log = try MediaWorlds.atRandom.get()
        let rows = log.impressions
        var (looks, tracked) = ([Double](repeating: 0, count: 40), [Double](repeating: 0, count: 40))
        var (clicks, shown) = (looks, tracked)
        for impression in 0..<rows.count {
            let layout = Int(rows.pages.codes[impression])
            for (position, row) in rows.candidates(of: impression).enumerated() {
                let cell = 10 * layout + position
                shown[cell] += 1
                if rows.clicked[row] { clicks[cell] += 1 }
                guard log.gaze[row] >= 0 else { continue }
                tracked[cell] += 1
                if log.gaze[row] > 0 { looks[cell] += 1 }
            }
        }
        for layout in MediaWorld.Layout.allCases {
            for position in 0..<(layout == .rail ? 4 : 10) {
                let cell = 10 * layout.rawValue + position
                let p = log.world.examination(position, in: layout)
                let slack = 4.5 * (p * (1 - p) / max(1, tracked[cell])).squareRoot()
                #expect(abs(looks[cell] / max(1, tracked[cell]) - p) < slack, "\(layout) \(position)")
            }
        }
        // Without gaze: of items drawn alike, click rates fall as examination does.
        let (first, last) = (0, 9)
        let expected =
            log.world.examination(last, in: .list) / log.world.examination(first, in: .list)
        let ratio = (clicks[last] / shown[last]) / (clicks[first] / shown[first])
        #expect(abs(ratio - expected) < 0.12)
        // A tenth to a fifth of the impressions are seen.
        let share = Double(log.gaze.count { $0 >= 0 }) / Double(log.gaze.count)
        #expect((0.1...0.2).contains(share))
    }

    @Test func gazeIsNoisyAndAgreesALittleWithLiking() throws {
        let log = try MediaWorld(MediaWorlds.config(people: 200) { $0.exploration = 1 }).simulate()
        var (agreeing, pairs) = (0.0, 0.0)
        var looks: [Double] = []
        for moment in log.test {
            let rows = Array(log.impressions.candidates(of: moment.impression)).filter { log.gaze[$0] > 0 }
            let logits = rows.map { log.world.preference(for: log.impressions.items[$0], at: moment.truth) }
            if moment.truth.request.layout == .list { looks += rows.map { Double(log.gaze[$0]) / 1000 } }
            for a in rows.indices {
                for b in rows.indices where b > a {
                    pairs += 1
                    if (logits[a] > logits[b]) == (log.gaze[rows[a]] > log.gaze[rows[b]]) { agreeing += 1 }
                }
            }
        }
        #expect(pairs > 5000)
        #expect(abs(agreeing / pairs - 0.55) < 0.02)
        let median = looks.sorted()[looks.count / 2]
        #expect((0.65...1.05).contains(median))
    }

    @Test func tastesAreSharedBetweenDomainsAsStated() {
        for correlation: Float in [0, 0.6] {
            let world = MediaWorld(MediaWorlds.config(people: 400) { $0.correlation = correlation })
            let time = MediaWorld.start + 86_400_000 * 5
            let pairs = world.people.indices.flatMap { person in
                let (news, video) = (
                    world.taste(of: person, in: .news, at: time), world.taste(of: person, in: .video, at: time)
                )
                return (0..<16).map { (Double(news[$0]), Double(video[$0])) }
            }
            #expect(abs(Self.correlation(pairs) - Double(correlation)) < 0.05)
        }
    }

    @Test func tastesDriftAndFriendsAreAlikeAsStated() {
        func figures(_ config: MediaWorld.Config) -> (days: Double, friends: Double) {
            let world = MediaWorld(config)
            func taste(_ person: Int, _ day: Int64) -> SIMD16<Float> {
                world.taste(of: person, in: .news, at: MediaWorld.start + 86_400_000 * day)
            }
            var (days, friends): ([(Double, Double)], [(Double, Double)]) = ([], [])
            for person in world.people.indices {
                let (then, now) = (taste(person, 0), taste(person, 9))
                days += (0..<16).map { (Double(then[$0]), Double(now[$0])) }
                for friend in world.friends[person]
                where world.people[Int(friend)].circle == world.people[person].circle {
                    let other = taste(Int(friend), 9)
                    friends += (0..<16).map { (Double(now[$0]), Double(other[$0])) }
                }
            }
            return (Self.correlation(days), Self.correlation(friends))
        }
        let with = figures(MediaWorlds.config(people: 300))
        #expect(abs(with.days - exp(-0.02 * 9)) < 0.06)
        #expect(abs(with.friends - 0.5 * 0.6) < 0.1)
        let without = figures(
            MediaWorlds.config(people: 300) {
                $0.drift = 0
                $0.homophily = 0
            })
        #expect(without.days > 0.9999)
        #expect(abs(without.friends) < 0.05)
    }

    /// Excess clicks, in standard errors, over what the truth without a mechanism says, among the rows that `concerns`.
    private func excess(
        of log: MediaLog, without mechanism: WritableKeyPath<MediaWorld.Config, Float>,
        where concerns: (Int32, MediaWorld.Moment) -> Bool
    ) -> (z: Double, rows: Int) {
        var config = log.world.config
        config[keyPath: mechanism] = 0
        let other = MediaWorld(config)
        var (difference, variance, count) = (0.0, 0.0, 0)
        for moment in log.test {
            for (position, row) in log.impressions.candidates(of: moment.impression).enumerated() {
                let item = log.impressions.items[row]
                guard concerns(item, moment.truth) else { continue }
                let p = other.clickProbability(of: item, position: position, at: moment.truth)
                difference += (log.impressions.clicked[row] ? 1 : 0) - p
                variance += p * (1 - p)
                count += 1
            }
        }
        return (difference / max(variance, 1e-9).squareRoot(), count)
    }

    @Test func friendsAreFollowedWhereThereIsContagionAndNotWithoutIt() throws {
        func followed(_ item: Int32, _ moment: MediaWorld.Moment) -> Bool { (moment.contagion[item] ?? 0) > 0.2 }
        let with = excess(of: try MediaWorlds.atRandom.get(), without: \.contagion, where: followed)
        #expect(with.rows > 100 && with.z > 4)
        let without = excess(of: try MediaWorlds.without(\.contagion), without: \.contagion, where: followed)
        #expect(without.rows > 100 && abs(without.z) < 4)
    }

    @Test func whatWasShownTiresOnlyWhereThereIsFatigue() throws {
        func shownBefore(_ item: Int32, _ moment: MediaWorld.Moment) -> Bool { (moment.shown[item] ?? 0) > 0 }
        let with = excess(of: try MediaWorlds.atRandom.get(), without: \.fatigue, where: shownBefore)
        #expect(with.rows > 1000 && with.z < -4)
        let without = excess(of: try MediaWorlds.without(\.fatigue), without: \.fatigue, where: shownBefore)
        #expect(without.rows > 1000 && abs(without.z) < 4)
    }

    /// The share of pairs of clicks of one session that have their first topic in common, beyond that of pairs of the same
    /// person that lie days apart.
    private func sessionExcess(_ log: MediaLog) -> Double {
        var (within, across) = ((0.0, 0.0), (0.0, 0.0))
        let histories = log.impressions.histories ?? UserHistories(log.impressions.clicks())
        for person in 0..<Int32(histories.userCount) {
            let history = Array(histories[person])
            for a in history.indices {
                for b in history.indices where b > a {
                    let same =
                        log.world.items[Int(history[a].item)].first == log.world.items[Int(history[b].item)].first
                    if history[a].session == history[b].session {
                        within.0 += same ? 1 : 0
                        within.1 += 1
                    } else if history[b].time - history[a].time > 2 * 86_400_000 {
                        across.0 += same ? 1 : 0
                        across.1 += 1
                    }
                }
            }
        }
        return within.0 / within.1 - across.0 / across.1
    }

    @Test func sessionsAreAboutSomethingOnlyWhereThereIsIntent() throws {
        #expect(sessionExcess(try MediaWorlds.atRandom.get()) > 0.03)
        #expect(abs(sessionExcess(try MediaWorlds.without(\.intent))) < 0.02)
    }

    @Test func newsFadeOnlyWhereTheyAreSaidTo() throws {
        func ratio(_ log: MediaLog) -> Double {
            var (young, old) = ((0.0, 0.0), (0.0, 0.0))
            let rows = log.impressions
            for impression in 0..<rows.count {
                for row in rows.candidates(of: impression) {
                    let item = log.world.items[Int(rows.items[row])]
                    guard item.domain == .news else { continue }
                    let age = rows.timestamps[impression] - item.published
                    if age < 6 * 3_600_000 {
                        young.0 += rows.clicked[row] ? 1 : 0
                        young.1 += 1
                    } else if age > 18 * 3_600_000 {
                        old.0 += rows.clicked[row] ? 1 : 0
                        old.1 += 1
                    }
                }
            }
            return old.0 / old.1 / (young.0 / young.1)
        }
        #expect(ratio(try MediaWorlds.atRandom.get()) < 0.4)
        #expect((0.85...1.15).contains(ratio(try MediaWorlds.without(\.fading))))
    }

    @Test func someAreColdInADomainUntilTheTest() throws {
        let log = try MediaWorlds.whole.get()
        let cold = log.world.people.indices.filter { log.world.people[$0].coldDomain != nil }
        #expect((0.15...0.45).contains(Double(cold.count) / Double(log.world.people.count)))
        let rows = log.impressions
        var late = 0
        for impression in 0..<rows.count {
            let person = log.world.people[Int(rows.users[impression])]
            guard let item = rows.candidates(of: impression).first,
                log.world.items[Int(rows.items[item])].domain == person.coldDomain
            else { continue }
            #expect(rows.timestamps[impression] >= log.world.testStart)
            late += 1
        }
        #expect(late > 20)
        #expect(MediaWorld(MediaWorlds.config { $0.cold = 0 }).people.allSatisfy { $0.coldDomain == nil })
    }

    @Test func gapsHaveAHeavyTail() throws {
        let rows = try MediaWorlds.whole.get().impressions
        var (last, gaps): ([Int32: (session: Int32, time: Int64)], [Double]) = ([:], [])
        for impression in 0..<rows.count {
            let (user, session, time) = (rows.users[impression], rows.sessions[impression], rows.timestamps[impression])
            if let before = last[user], before.session != session { gaps.append(Double(time - before.time) / 3.6e6) }
            last[user] = (session, time)
        }
        gaps.sort()
        let (median, high) = (gaps[gaps.count / 2], gaps[gaps.count * 95 / 100])
        #expect(high > 5 * median)
    }

    @Test func ceilingsAreInOrder() throws {
        let log = try MediaWorld(
            MediaWorlds.config(people: 70) {
                $0.visits = 16
                $0.days = 8
                $0.testDays = 2
                $0.moments = 400
            }
        ).simulate()
        let summary = try MediaLogSummary(log)
        let rates = [MediaLogSummary.Ranker.random, .recentPopularity, .informed, .truth].map(summary.clickThrough)
        #expect(rates == rates.sorted() && Set(rates).count == 4)
        // The best slate is the best: no other order of its items has more.
        for moment in log.test.prefix(50) {
            let best = log.world.bestSlate(at: moment.truth)
            #expect(
                log.world.expectedClicks(best, at: moment.truth)
                    >= log.world.expectedClicks(best.reversed(), at: moment.truth))
        }
    }

    @Test func filesAreReadAgain() throws {
        let log = try MediaWorld(MediaWorlds.config(people: 20)).simulate()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("media-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        try log.write(to: folder)
        let read = try ImpressionReader.read(folder, mapping: MediaLog.mapping).log
        #expect(read.count == log.impressions.count && read.clicked == log.impressions.clicked)
        #expect(read.timestamps == log.impressions.timestamps && read.dwell == log.impressions.dwell)
        #expect(
            zip(read.propensities, log.impressions.propensities).allSatisfy { abs($0 - $1) <= 1e-6 * abs($1) })
        #expect(
            zip(read.items, log.impressions.items).allSatisfy {
                read.itemVocabulary[$0] == log.impressions.itemVocabulary[$1]
            })
        let clicks = try DatasetReader.read(folder, mapping: MediaLog.clicksMapping)
        #expect(clicks.log.count == log.dataset().log.count)
        let first = try #require(clicks.catalog[clicks.log.items[0]])
        #expect(first.title == log.catalog[log.dataset().log.items[0]]?.title && !first.genres.isEmpty)
    }

    @Test func impossibleNumbersAreRefused() {
        for (key, value) in [("people", "0"), ("exploration", "2"), ("test-days", "40"), ("visits", "5000")] {
            #expect(throws: ConfigurationError.self) {
                try ConfigDocument(yaml: "\(key): \(value)", file: "world").decode(MediaWorld.Config.self)
            }
        }
        #expect(throws: ConfigurationError.self) {
            try ConfigDocument(yaml: "contagions: 0", file: "world").decode(MediaWorld.Config.self)
        }
    }

    private static func correlation(_ pairs: [(Double, Double)]) -> Double {
        let n = Double(pairs.count)
        let (a, b) = (pairs.reduce(0) { $0 + $1.0 } / n, pairs.reduce(0) { $0 + $1.1 } / n)
        let (x, y, xy) = pairs.reduce((0.0, 0.0, 0.0)) {
            ($0.0 + ($1.0 - a) * ($1.0 - a), $0.1 + ($1.1 - b) * ($1.1 - b), $0.2 + ($1.0 - a) * ($1.1 - b))
        }
        return xy / (x * y).squareRoot()
    }
}
