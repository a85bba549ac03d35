import Foundation
import MarqueeData
import MarqueeModels
import Synchronization

@testable import MarqueeLive

/// A small world with a fitted model, and a loop over it with a clock of its own.
enum LoopFixture {
    static let start: Int64 = 1_750_000_000_000

    static let model: SavedModel = {
        let dataset = MediaWorld(.init(users: 200, items: 150, interactions: 6_000, seed: 3)).dataset()
        let data = TrainingSet(log: dataset.log, catalog: dataset.catalog)
        do {
            return SavedModel(model: try IALS.fit(.init(), to: data, in: FitContext(seed: 1)), data: data)
        } catch { fatalError("the fixture's model: \(error)") }
    }()

    static func folder() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("marquee-loop-\(UUID())")
    }

    /// Runs `body` with a loop that follows its log, and closes it after.
    static func run(
        folder: URL = folder(), clock: TestClock = TestClock(), features: (any LiveFeatures)? = nil,
        deploys: Bool = true,
        keeps: Bool = false, _ change: (inout LiveLoop.Configuration) -> Void = { _ in },
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
