import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Synchronization

@testable import MarqueeLive

/// A small world with a fitted model, and a loop over it with a clock of its own.
enum LoopFixture {
    static let start: Int64 = 1_750_000_000_000

    static let data: TrainingSet = {
        let dataset = MovieWorld(.init(users: 200, items: 150, interactions: 6_000, seed: 3)).dataset()
        return TrainingSet(log: dataset.log, catalog: dataset.catalog)
    }()

    static let model: SavedModel = {
        do {
            return SavedModel(model: try IALS.fit(.init(), to: data, in: FitContext(seed: 1)), data: data)
        } catch { fatalError("the fixture's model: \(error)") }
    }()

    /// A model that gives the same scores, and knows only the users that it was fitted to.
    static let indexModel = SavedModel(
        model: IndexModel(scorer: model.model), users: model.users, items: model.items, catalog: model.catalog,
        histories: model.histories, behaviorNames: model.behaviorNames, target: model.target)

    static func folder() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("marquee-loop-\(UUID())")
    }

    /// Runs `body` with a loop that follows its log, and closes it after.
    static func run(
        folder: URL = folder(), clock: TestClock = TestClock(), features: (any LiveFeatures)? = nil,
        deploys: Bool = true, model: SavedModel = model, keeps: Bool = false,
        _ change: (inout LiveLoop.Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (LiveLoop, TestClock) async throws -> Void
    ) async throws {
        var configuration = LiveLoop.Configuration()
        configuration.clock = { clock.now }
        configuration.nonce = 7
        configuration.decisions.deadline = .seconds(3_600)  // Tests must not depend on how busy the machine is.
        change(&configuration)
        let loop = try await LiveLoop(folder: folder, configuration: configuration, features: features)
        if deploys { try await loop.deploy(model, version: "ials-test") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await loop.follow() }
            do { try await body(loop, clock) } catch {
                await loop.close()
                // Who waited for a loop that follows no more wants to know why.
                if error is CancellationError { try await group.waitForAll() }
                throw error
            }
            await loop.close()
            try await group.waitForAll()
        }
        if !keeps { try? FileManager.default.removeItem(at: folder) }
    }

    /// Somebody whom the model knows.
    static let knownUser = model.users[0]

    static func event(
        _ type: EventType, _ item: String, by user: String, at time: Int64, decision: String? = nil,
        value: Double? = nil,
        context: [String: String] = [:]
    ) -> Event {
        Event(
            id: UUID().uuidString, user: user, item: item, type: type, value: value, context: context, time: time,
            decision: decision)
    }
}

/// Scores by the user's index, and by nothing else.
struct IndexModel: Recommender {
    struct Config: ModelConfig {}

    static let kind = "index-model"
    let config = Config()
    let scorer: any Scorer
    var userCount: Int { scorer.userCount }
    var itemCount: Int { scorer.itemCount }

    static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> IndexModel {
        IndexModel(scorer: try IALS.fit(.init(), to: data, in: context))
    }
    init(scorer: any Scorer) { self.scorer = scorer }
    init(config: Config, from artifact: borrowing Artifact) throws {
        scorer = try IALS(config: .init(), from: artifact)
    }
    func save(to artifact: inout Artifact) throws {}
    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        scorer.score(users: users, items: items, into: &scores)
    }
}

/// Features without an engine: what they say is told, or they do not answer.
struct FeaturesFixture: LiveFeatures {
    struct Gone: Error, CustomStringConvertible { let description: String }

    var applied: Int64 = .max
    var error: String?
    /// What was touched by whomever.
    var touches: [(item: String, time: Int64)] = []

    func follow(_ log: EventLog) async throws {}
    func recent(of who: Who, at time: Int64) async throws -> [(item: String, time: Int64)] {
        if let error { throw Gone(description: error) }
        return touches
    }
    func table(
        of features: [String], given: [EventField: String], items: [String],
        words: @Sendable (Int) -> [String], at time: Int64
    ) async throws -> FeatureTable {
        if let error { throw Gone(description: error) }
        return FeatureTable(features: features, values: items.flatMap { _ in features.map { _ in .unknown } })
    }
    var statisticCount: Int? { nil }
}

/// A clock that stands until it is moved.
final class TestClock: Sendable {
    private let time = Atomic<Int64>(LoopFixture.start)
    var now: Int64 { time.load(ordering: .relaxed) }
    func advance(_ milliseconds: Int64) { time.add(milliseconds, ordering: .relaxed) }
}

extension LiveLoop {
    /// Appends, and waits until the events are applied.
    func take(_ events: [Event]) async throws {
        let acknowledgments = try await append(events)
        try await applied(acknowledgments.map(\.sequence).max() ?? 0)
    }
}
