import MarqueeData
import Testing

@Suite("Behaviors of a log")
struct BehaviorTests {
    @Test func theMostCommittedIsByName() {
        #expect(InteractionLog.mostCommitted(of: ["pv", "buy", "cart", "fav"]) == 1)
        #expect(InteractionLog.mostCommitted(of: ["view", "addtocart", "transaction"]) == 2)
        #expect(InteractionLog.mostCommitted(of: ["click", "add_to_cart", "favorite"]) == 1)
        #expect(InteractionLog.mostCommitted(of: ["skip", "play"]) == 0)
        #expect(InteractionLog.mostCommitted(of: []) == 0)
    }

    @Test(arguments: [1, 2] as [UInt64])
    func selectingABehaviorKeepsRowsInOrderAndPartitionsThem(seed: UInt64) throws {
        var log = thorny(seed: seed, behaviors: ["view", "cart", "buy"]).log
        log.target = 2
        var total = 0
        for behavior in 0..<3 as Range<UInt8> {
            let part = log.selecting(behavior: behavior)
            let rows = (0..<log.count).filter { log.behavior(of: $0) == behavior }
            #expect(part == log.selecting(rows))
            #expect(part.behaviorNames == log.behaviorNames && part.itemVocabulary == log.itemVocabulary)
            total += part.count
        }
        #expect(total == log.count)
        #expect(log.targets == log.selecting(behavior: 2) && log.targets.targetName == "buy")
        #expect((0..<log.count).filter(log.isTarget).count == log.targets.count)
    }

    @Test func aLogOfOneBehaviorIsItsOwnTarget() {
        let log = thorny(seed: 3).log
        #expect(log.targets == log && log.selecting(behavior: 0) == log && log.isTarget(0))
    }

    @Test func anUnknownTargetListsTheBehaviors() throws {
        let log = InteractionLog(behaviorNames: ["view", "cart", "buy"])
        #expect(try log.targeting("cart").target == 1)
        #expect { try log.targeting("bye") } throws: {
            let text = "\($0)"
            return text.contains("did you mean 'buy'") && text.contains("view") && !text.contains("\n")
        }
    }
}
