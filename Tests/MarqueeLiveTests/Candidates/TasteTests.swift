import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import Testing

@testable import MarqueeLive

/// A few clicks of somebody new are answered by what is like them, and not by what is like everything.
@Suite struct TasteTests {
    typealias Fixture = LoopFixture

    /// A model that knows only its training's users, by a catalog that says nothing of genres: all that is left to tell
    /// what is alike is who touched what.
    private static func model(_ dataset: Dataset) throws -> SavedModel {
        let data = TrainingSet(log: dataset.log)
        let popularity = try Popularity.fit(.init(), to: data, in: FitContext())
        return SavedModel(model: IndexModel(scorer: popularity), data: data)
    }

    /// What is shown after these clicks of somebody new.
    private static func shown(_ model: SavedModel, after clicks: [String]) async throws -> [String] {
        let shown = Lock<[String]>([])
        try await Fixture.run(model: model, HistoryTests.greedy) { loop, clock in
            for item in clicks {
                clock.advance(1_000)
                try await loop.take([Fixture.event(.click, item, by: "somebody new", at: clock.now)])
            }
            let decision = try await loop.decide(DecisionQuery(who: .user("somebody new"), count: 10))
            #expect(decision.link == .session)
            shown.withLock { $0 = decision.shownIDs }
        }
        return shown.withLock { $0 }
    }

    /// Nearly all of 400 people touched each of ten famous items; 60 of them three each of thirty items of a kind, so that
    /// by the cosine the famous ones are nearer to any of these than they are to each other.
    @Test func theNeighborsOfFewAreNotTheFamous() async throws {
        var (users, items) = ([Int32](), [Int32]())
        for user in 0..<400 {
            for famous in 0..<10 where (user + famous) % 20 != 0 {
                users.append(Int32(user))
                items.append(Int32(famous))
            }
            let kind = user / 60
            for k in 0..<3 {
                users.append(Int32(user))
                items.append(Int32(10 + min(kind, 5) * 30 + (user * 7 + k * (user % 5 + 1)) % 30))
            }
        }
        let log = InteractionLog(
            users: users, items: items, userVocabulary: Vocabulary((0..<400).map { "u\($0)" }),
            itemVocabulary: Vocabulary((0..<190).map { "i\($0)" }))
        let model = try Self.model(Dataset(name: "kinds", log: log))
        let clicks = [40, 47, 53, 58, 66]  // All of the second kind.
        let shown = try await Self.shown(model, after: clicks.map { "i\($0)" })
        let ofKind = shown.filter { (40..<70).contains(Int($0.dropFirst()) ?? 0) }
        #expect(ofKind.count >= 8, "\(shown)")
    }

    private static let root: URL =
        ProcessInfo.processInfo.environment["MARQUEE_DATA"].map { URL(fileURLWithPath: $0) }
        ?? Programs.root.deletingLastPathComponent().appendingPathComponent("shared/data")
    private static let movieLens = root.appendingPathComponent("ml-1m")

    /// The five that most people saw, some of which everybody saw, and others.
    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: movieLens.path), "MARQUEE_DATA has no ml-1m"))
    func fiveHorrorClicksAreAnsweredWithHorror() async throws {
        let dataset = try DatasetReader.read(Self.movieLens, cache: false)
        let model = try Self.model(dataset)
        let counts = model.history.columnCounts()
        func isHorror(_ item: Int32) -> Bool { dataset.catalog[item]?.genres.contains("Horror") == true }
        let horror = counts.indices.map { Int32($0) }.filter(isHorror)
            .sorted { (counts[Int($0)], $1) > (counts[Int($1)], $0) }
        #expect(horror.count > 300)
        let sets = [Array(horror[..<5]), Array(horror[5..<10]), Array(horror[20..<25]), Array(horror[60..<65])]
        for clicks in sets {
            let shown = try await Self.shown(model, after: clicks.map { model.items[$0] })
            let found = shown.filter { model.items.index(of: $0).map(isHorror) == true }
            #expect(found.count >= 5, "\(clicks.map { dataset.catalog[$0]?.title ?? "" }): \(shown)")
        }
    }

    /// All of an evening's events are told to the model, and their order counts.
    @Test func a120EventsOfAKnownUserAreAllAnsweredTo() async throws {
        try await Fixture.run(HistoryTests.greedy) { loop, clock in
            let training = Fixture.model.histories[0]
            let others = (0..<Int32(Fixture.model.items.count)).filter { !Fixture.model.history[0].contains($0) }
            var events: [Event] = []
            for item in others.prefix(40) {
                for type in [EventType.click, .favorite, .purchase] {
                    clock.advance(1_000)
                    events.append(
                        Fixture.event(type, Fixture.model.items[item], by: Fixture.knownUser, at: clock.now))
                }
            }
            try await loop.take(events)
            #expect(loop.audience[.user(Fixture.knownUser)].interactions.count == 120)
            let decision = try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 10))
            let clicked = others.prefix(40)
            let history = History(
                Array(training)
                    + zip(events, 0...).map { .init(item: others[$1 / 3], time: $0.time) })
            let expected = try HistoryTests.best(
                .init(user: 0, history: history), without: Array(Fixture.model.history[0]) + clicked, count: 10)
            #expect(decision.shownIDs == expected)
        }
    }

    /// What is popular is everybody's, and no answer to a click.
    @Test func aModelOfPopularityIsHelpedByNeighborsToo() async throws {
        let data = TrainingSet(
            log: MovieWorld(.init(users: 200, items: 150, interactions: 6_000, seed: 3)).dataset().log)
        let model = SavedModel(model: try Popularity.fit(.init(), to: data, in: FitContext()), data: data)
        try await Fixture.run(model: model, HistoryTests.greedy) { loop, clock in
            for (who, link) in [("somebody new", DecisionLink.session), (model.users[0], .model)] {
                let query = DecisionQuery(who: .user(who), count: 20)
                let before = try await loop.decide(query).shownIDs
                let clicked = try #require(before.last)
                try await loop.take([Fixture.event(.click, clicked, by: who, at: clock.now)])
                let after = try await loop.decide(query)
                #expect(after.link == link)
                #expect(after.shownIDs.filter(before.contains) != before.filter(after.shownIDs.contains))
            }
        }
    }

    /// How much, where the model knows only its training's users, is a setting.
    @Test func theWeightOfNeighborsIsASetting() async throws {
        func answer(_ weight: Double) async throws -> [String] {
            let shown = Lock<[String]>([])
            try await Fixture.run(model: Fixture.indexModel) {
                HistoryTests.greedy(&$0)
                if let ranker = try? ModelRanker(.init(neighborWeight: weight)) { $0.decisions.ranker = ranker }
            } _: { loop, clock in
                try await loop.take(
                    [3, 50, 77].map {
                        Fixture.event(.click, Fixture.model.items[$0], by: Fixture.knownUser, at: clock.now)
                    })
                let decision = try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 100))
                shown.withLock { $0 = decision.shownIDs }
            }
            return shown.withLock { $0 }
        }
        let scores = Fixture.model.model.scores(user: 0)
        func byModel(_ shown: [String]) -> [Float] {
            shown.compactMap { Fixture.model.items.index(of: $0) }.map { scores[Int($0)] }
        }
        let (none, standard, much) = (try await answer(0), try await answer(1), try await answer(100))
        #expect(byModel(none) == byModel(none).sorted(by: >))
        #expect(standard != none && standard != much)
        #expect(throws: RankerError.self) { try ModelRanker(.init(neighborWeight: -1)) }
        #expect(throws: RankerError.self) { try ModelRanker(.init(neighborWeight: .nan)) }
    }
}
