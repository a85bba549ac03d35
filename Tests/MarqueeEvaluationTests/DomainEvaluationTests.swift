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

    /// One target a user is asked as in `sampled`; of several each counts for itself, whoever's it is.
    @Test func targetsByThemselvesCountAlike() throws {
        let seen = InteractionMatrix(rows: Array(repeating: [], count: 2), columnCount: 8)
        let scorer = TableScorer(rows: [[9, 8, 7, 6, 5, 4, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8]])
        let holdout = Holdout(rows: [[0, 7], [3]])
        // Of the first user 0 is ahead of all and 7 behind; of the second one of two rivals is ahead, and stands twice.
        let rows: [[Int32]] = [[1, 2], [1, 2], [7, 7, 0]]
        let evaluator = try Evaluator(
            holdout: holdout, candidates: .perTarget(FrozenNegatives(name: "given", rows: rows)), seen: seen,
            metrics: [Metric(.hitRatio, at: 1), Metric(.hitRatio, at: 2), Metric(.reciprocalRank)])
        let result = try evaluator.evaluate(scorer)
        #expect(result.values[0] == [0.5, 0] && result.weights == [2, 1])
        #expect(abs((result[Metric(.hitRatio, at: 1)] ?? 0) - 1.0 / 3) < 1e-12)
        #expect(abs((result[Metric(.reciprocalRank)] ?? 0) - (1 + 1.0 / 3 + 1.0 / 3) / 3) < 1e-12)
        let all = try result.sliced(by: [Slice("all") { _, _ in true }], of: holdout)
        #expect(all[0].means["HR@1"] == result[Metric(.hitRatio, at: 1)])
        let worst = try evaluator.evaluate(TableScorer(rows: [[0, 8, 7, 6, 5, 4, 3, 1], [9, 9, 9, 0, 9, 9, 9, 9]]))
        let difference = try PairedComparison(of: result, with: worst, by: Metric(.hitRatio, at: 1), resamples: 100)
        #expect(abs(difference.difference - 1.0 / 3) < 1e-12)
        #expect(throws: EvaluationError.negativesMismatch(name: "given", rows: 2, users: 3)) {
            try Evaluator(
                holdout: holdout, candidates: .perTarget(FrozenNegatives(name: "given", rows: [[1], [2]])), seen: seen,
                metrics: [Metric(.reciprocalRank)])
        }
    }

    @Test func negativesOfATargetAreTrainingItemsOfItsDomain() {
        let log = InteractionLog(
            users: [0, 0, 1], items: [0, 3, 4], userVocabulary: Vocabulary(["a", "b"]),
            itemVocabulary: Vocabulary((0..<6).map { "\($0)" }))
        let holdout = Holdout(rows: [[4, 5], [0]])
        let split = Split(name: "", train: log, test: holdout)
        let drawn = FrozenNegatives.perTarget(50, for: holdout, of: split, among: ("even", [0, 2, 4]), seed: 1)
        #expect(drawn.rows.count == 3 && drawn.rows.allSatisfy { $0.count == 50 })
        #expect(Set(drawn.rows[0]) == [0] && Set(drawn.rows[1]) == [0, 4] && Set(drawn.rows[2]) == [4])
    }

    @Test func sliceByWhatIsKnownInTheDomainOfTheTargets() throws {
        let domains = ItemDomains(Self.catalog)
        let train = InteractionMatrix(rows: [[0, 3, 1], [1, 2], [0]], columnCount: Self.items)
        let slices = Slice.domainInteractions(edges: [1, 2], train, domains)
        #expect(slices.map(\.name).first == "domain-interactions: 0 in the domain of the targets")
        // 6 is a book, 4 music.
        #expect(slices.map { $0.includes(0, [6]) } == [false, false, true])
        #expect(slices.map { $0.includes(1, [6]) } == [true, false, false])
        #expect(slices.map { $0.includes(0, [4]) } == [false, true, false])
    }
}
