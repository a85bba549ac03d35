import Foundation
import MarqueeData
import Testing

@Suite struct HeldOutUsersTests {
    @Test(arguments: [.random, .time, .row] as [SplitOrder], [1, 2, 3] as [UInt64])
    func heldOutUsersLeaveTrainingWholly(by: SplitOrder, seed: UInt64) throws {
        let data = thorny(seed: seed)
        let splitter = Splitter.heldOutUsers(HeldOutUsers(users: 4, share: 0.6, by: by))
        let (split, report) = try splitter.split(data, seed: seed)
        let (given, validation) = (try #require(split.given), try #require(split.validation))
        let (trained, tested, validated) = (Set(split.train.users), Set(split.test.users), Set(validation.users))
        #expect(tested.count == 4 && validated.count == 4)
        #expect(trained.isDisjoint(with: tested) && trained.isDisjoint(with: validated))
        #expect(tested.isDisjoint(with: validated))
        #expect(Set(given.test.users) == tested && Set(given.validation.users) == validated)
        #expect(split.train.userVocabulary == data.log.userVocabulary)
        for (holdout, log) in [(validation, given.validation), (split.test, given.test)] {
            #expect(log.pairs.isDisjoint(with: holdout.pairs))
            for (k, user) in holdout.users.enumerated() {
                let items = Set((0..<data.log.count).filter { data.log.users[$0] == user }.map { data.log.items[$0] })
                #expect(holdout[k].count == Int((0.4 * Double(items.count) + 1e-9).rounded(.down)))
                #expect(
                    Set(holdout[k]).union((0..<log.count).filter { log.users[$0] == user }.map { log.items[$0] })
                        == items)
            }
        }
        // Whoever trains keeps everything.
        let rows = (0..<data.log.count).filter {
            !tested.contains(data.log.users[$0]) && !validated.contains(data.log.users[$0])
        }
        #expect(split.train == data.log.selecting(rows))
        #expect(report.given == given.validation.count + given.test.count)
        #expect(
            report.droppedRepeats == data.log.count - split.train.count - given.validation.count - given.test.count
                - validation.items.count - split.test.items.count)
        let again = try splitter.split(data, seed: seed).split
        #expect(again.test == split.test && again.given == split.given && again.train == split.train)
    }

    @Test func byTimeAsksForTheNewest() throws {
        let data = thorny(seed: 2)
        let split = try Splitter.heldOutUsers(HeldOutUsers(users: 3, share: 0.5, by: .time)).split(data, seed: 7).split
        for (k, user) in split.test.users.enumerated() {
            func newest(_ item: Int32) -> Int64 {
                (0..<data.log.count).filter { data.log.users[$0] == user && data.log.items[$0] == item }
                    .map { data.log.timestamps[$0] }.max() ?? 0
            }
            let given = try #require(split.given).test
            let own = Set((0..<given.count).filter { given.users[$0] == user }.map { given.items[$0] })
            let oldestAsked = try #require(split.test[k].map(newest).min())
            #expect(own.allSatisfy { newest($0) <= oldestAsked })
        }
    }

    @Test func sharesAndNumbersAreRead() throws {
        func read(_ json: String) throws -> Splitter { try JSONDecoder().decode(Splitter.self, from: Data(json.utf8)) }
        #expect(try read(#""held-out-users""#) == .heldOutUsers(HeldOutUsers()))
        let splitter = try read(#"{ "held-out-users": { "users": 1000, "share": 0.7, "by": "time" } }"#)
        #expect(splitter == .heldOutUsers(HeldOutUsers(users: 1000, share: 0.7, by: .time)))
        #expect(try read(String(decoding: JSONEncoder().encode(splitter), as: UTF8.self)) == splitter)
        #expect(throws: (any Error).self) { try read(#"{ "held-out-users": { "user": 5 } }"#) }
    }

    @Test(arguments: [
        HeldOutUsers(users: 5000), HeldOutUsers(share: 1), HeldOutUsers(users: 0), HeldOutUsers(share: 0.9999),
    ])
    func whatCannotBeIsRefused(_ splitter: HeldOutUsers) throws {
        #expect(throws: SplitError.self) { try Splitter.heldOutUsers(splitter).split(thorny(seed: 1), seed: 1) }
    }

    @Test func negativesAreNothingThatIsKnown() throws {
        let data = thorny(seed: 3)
        let split = try Splitter.heldOutUsers(HeldOutUsers(users: 4, share: 0.6)).split(data, seed: 1).split
        let negatives = FrozenNegatives.uniform(5, for: split.test, of: split, seed: 1)
        for (k, user) in split.test.users.enumerated() {
            let own = Set((0..<data.log.count).filter { data.log.users[$0] == user }.map { data.log.items[$0] })
            #expect(own.isDisjoint(with: negatives.rows[k]))
        }
    }
}
