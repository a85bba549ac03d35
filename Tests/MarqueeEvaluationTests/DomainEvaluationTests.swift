import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@Suite struct DomainEvaluationTests {
    private static let (users, items) = (40, 60)
    /// Books and music by turns, so that a domain's items lie apart.
    private static let catalog = Catalog(
        items: (0..<items).map { Catalog.Item(title: "\($0)", domain: $0 % 3 == 0 ? "book" : "music") })

    @Test(arguments: 1..<6)
    func aPartIsRankedAsItsUnseenItemsAlone(seed: Int) throws {
        let domains = ItemDomains(Self.catalog)
        let scorer = TableScorer.random(users: Self.users, items: Self.items, levels: 9, seed: UInt64(seed))
        let seen = InteractionMatrix.random(rows: Self.users, columns: Self.items, density: 0.2, seed: UInt64(seed))
        let all = Holdout.random(users: Self.users, items: Self.items, targets: 3, seed: UInt64(seed))
        for name in domains.names {
            let domain = try #require(domains.index(of: name))
            let members = domains.items(of: domain)
            #expect(members.allSatisfy { domains[$0] == name })
            let holdout = all.filter { domains.indices[Int($0)] == domain }
            let unseen = holdout.users.indices.map { k in
                members.filter { !seen.contains(holdout.users[k], $0) && !holdout[k].contains($0) }
            }
            let part = try Evaluator(
                holdout: holdout, candidates: .part(name, members), seen: seen, metrics: EvaluatorTests.metrics)
            let sampled = try Evaluator(
                holdout: holdout, candidates: .sampled(FrozenNegatives(name: "unseen", rows: unseen)), seen: seen,
                metrics: EvaluatorTests.metrics)
            #expect(try part.evaluate(scorer).values == sampled.evaluate(scorer).values)
            #expect(part.protocol.candidates == "full in \(name)")
            let masked = holdout.users.enumerated().reduce(0) { sum, user in
                sum + seen[user.element].count { members.contains($0) && !holdout[user.offset].contains($0) }
            }
            #expect(part.protocol.maskedPairs == masked)
        }
    }

    @Test func aTargetOutsideItsPartIsRefused() {
        let seen = InteractionMatrix(rows: [[]], columnCount: 4)
        #expect(throws: EvaluationError.outsidePart(item: 3, part: "book")) {
            try Evaluator(
                holdout: Holdout(rows: [[3]]), candidates: .part("book", [0, 2]), seen: seen, metrics: [Metric(.auc)])
        }
    }

    @Test func slicesFollowTheDomainOfTheTargets() throws {
        let domains = ItemDomains(
            Catalog(items: ["book", "music", "book", "film"].map { Catalog.Item(title: $0, domain: $0) }))
        let slices = Slice.targetDomain(domains)
        #expect(slices.map(\.name) == ["domain: book", "domain: music", "domain: film"])
        func included(_ targets: [Int32]) -> [Bool] { slices.map { $0.includes(0, targets[...]) } }
        #expect(included([1]) == [false, true, false])
        #expect(included([0, 2, 1]) == [true, false, false])
        // Of equally many the first.
        #expect(included([1, 3]) == [false, true, false])
    }

    @Test(arguments: 1..<4)
    func negativesAreDrawnFromTheirDomain(seed: UInt64) {
        let domains = ItemDomains(Self.catalog)
        let members = domains.items(of: 0)
        var log = InteractionLog(
            userVocabulary: Vocabulary(integers: 0..<Int64(Self.users)),
            itemVocabulary: Vocabulary(integers: 0..<Int64(Self.items)))
        let matrix = InteractionMatrix.random(rows: Self.users, columns: Self.items, density: 0.3, seed: seed)
        for user in 0..<Int32(Self.users) {
            for item in matrix[user] {
                log.users.append(user)
                log.items.append(item)
            }
        }
        let test = Holdout(pairs: (0..<Int32(Self.users)).map { (user: $0, item: ($0 * 3) % 60) })
        let split = Split(name: "", train: log, test: test)
        for count in [3, 10, 60] {
            let drawn = FrozenNegatives.uniform(count, for: test, of: split, among: ("book", members), seed: seed)
            for (k, row) in drawn.rows.enumerated() {
                let free = members.filter { !matrix.contains(test.users[k], $0) && !test[k].contains($0) }
                #expect(Set(row).count == row.count && row.count == min(count, free.count))
                #expect(Set(row).isSubset(of: free))
            }
        }
        let whole = FrozenNegatives.uniform(9, for: test, of: split, seed: seed)
        let every = (0..<Int32(Self.items)).map { $0 }
        #expect(FrozenNegatives.uniform(9, for: test, of: split, among: ("all", every), seed: seed).rows == whole.rows)
    }
}
