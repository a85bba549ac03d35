import Foundation
import MarqueeData
import MarqueeModels
import ProcessTesting
import Synchronization
import Testing

@testable import MarqueeLive

@Suite struct CircuitBreakerTests {
    /// A clock that stands until it is moved.
    private final class Clock: Sendable {
        private let start = ContinuousClock.now
        private let passed = Mutex(Duration.zero)
        var now: ContinuousClock.Instant { start + passed.withLock { $0 } }
        func advance(_ duration: Duration) { passed.withLock { $0 += duration } }
    }

    @Test func afterAFailureOneTriesAndTheOthersDoWithout() {
        let clock = Clock()
        let breaker = CircuitBreaker(rests: .seconds(1) ... .seconds(4)) { clock.now }
        #expect(breaker.permits() && breaker.permits())
        breaker.failed()
        #expect(!breaker.permits())
        clock.advance(.milliseconds(999))
        #expect(!breaker.permits())
        clock.advance(.milliseconds(1))
        #expect(breaker.permits())
        #expect(!breaker.permits() && !breaker.permits())
        // Nothing is heard of the one who tried: another does.
        clock.advance(.seconds(1))
        #expect(breaker.permits() && !breaker.permits())
        breaker.succeeded()
        #expect(breaker.permits() && breaker.permits())
    }

    @Test func itRestsTwiceAsLongEachTimeUpToALimit() {
        let clock = Clock()
        let breaker = CircuitBreaker(rests: .seconds(1) ... .seconds(4)) { clock.now }
        for rest in [1, 2, 4, 4, 4] {
            breaker.failed()
            clock.advance(.seconds(rest) - .milliseconds(1))
            #expect(!breaker.permits())
            clock.advance(.milliseconds(1))
            #expect(breaker.permits())
        }
        breaker.succeeded()
        breaker.failed()
        clock.advance(.seconds(1))
        #expect(breaker.permits())
    }

    @Test func theStoreAndTheModelHavePartsOfTheDeadlineOfTheirOwn() {
        var configuration = DecisionConfiguration()
        configuration.deadline = .milliseconds(80)
        #expect(configuration.storeLimit == .milliseconds(20))
        // Two questions of the store that are both in vain leave the model its turn.
        #expect(2 * DecisionConfiguration.storeShare < DecisionConfiguration.rankingShare)
    }

    /// Stopped, not refused: it takes the question and says nothing.
    @Test(.enabled(if: RedisServer.isInstalled, "redis-server is not installed"))
    func aStoreThatHangsCostsNobodyTheModel() async throws {
        let redis = try RedisServer()
        let definitions = try FeatureDefinitions(
            yaml: """
                entities: { user: user, item: item }
                features:
                  user-recent: { entity: user, last: { of: [click], keep: 32 } }
                  item-clicks: { entity: item, count: click }
                """)
        var configuration = DecisionConfiguration()
        configuration.deadline = .seconds(24)  // Long, so that a busy machine makes no difference.
        let limit = Duration.milliseconds(500)
        let store = RedisStore(redis.address, readingLimit: limit)
        let features = EngineFeatures(definitions, store: store)
        let linear = try LinearRanker(.init(weights: ["item-clicks": 0.1]))
        configuration.ranker = try CombinedRanker([.init(ModelRanker()), .init(linear, weight: 0.1)])
        let decisions = configuration
        try await LoopFixture.run(features: features) {
            $0.decisions = decisions
        } _: { loop, _ in
            @Sendable func decide(_ number: Int) async throws -> Decision {
                let user = LoopFixture.model.users[Int32(number % 200)]
                return try await loop.decide(DecisionQuery(who: .user(user), count: 5))
            }
            #expect(try await decide(0).notes.isEmpty)
            redis.pause()
            let answers = try await withThrowingTaskGroup(of: Decision.self) { group in
                for number in 0..<100 { group.addTask { try await decide(number) } }
                return try await group.reduce(into: [Decision]()) { $0.append($1) }
            }
            redis.resume()
            // Had each waited for an answer of its own, they would have come to the end of the line too late.
            #expect(answers.count == 100 && answers.allSatisfy { $0.link == .model })
            #expect(answers.allSatisfy { $0.notes.contains { $0.hasPrefix("features: ") } })
            // It is read again once it answers.
            var isBack = false
            for _ in 0..<200 where !isBack {
                isBack = try await decide(1).notes.isEmpty
                if !isBack { try await Task.sleep(for: .milliseconds(100)) }
            }
            #expect(isBack)
        }
    }
}
