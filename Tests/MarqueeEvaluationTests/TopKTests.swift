import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@Suite struct TopKTests {
    /// The same by sorting everything.
    private func sorted(
        _ k: Int, _ scorer: TableScorer, _ user: Int32, excluding seen: InteractionMatrix?
    ) -> [Int32] {
        let row = scorer.rows[Int(user)]
        return Array(
            (0..<Int32(row.count)).filter { !(seen?.contains(user, $0) ?? false) }
                .sorted { (-row[Int($0)], $0) < (-row[Int($1)], $1) }.prefix(k))
    }

    @Test(arguments: [(1, 40), (10, 40), (10, 5000), (100, 3100), (33, 1024), (5000, 1030)], [false, true])
    func agreesWithSorting(size: (k: Int, items: Int), tiles: Bool) throws {
        let users = size.items > 2000 ? 7 : 300
        for levels in [3, 1 << 24] {
            var scorer = TableScorer.random(users: users, items: size.items, levels: levels, seed: 1)
            scorer.scoresTiles = tiles
            let seen = InteractionMatrix.random(rows: users, columns: size.items, density: 0.15, seed: 1)
            // In an order of its own, one of them twice.
            let asked = [3] + (0..<Int32(users)).reversed()
            for excluded in [nil, seen] {
                let lists = try scorer.topK(size.k, for: asked, excluding: excluded)
                #expect(lists.users == asked)
                for (k, user) in asked.enumerated() {
                    let expected = sorted(size.k, scorer, user, excluding: excluded)
                    #expect(Array(lists[k]) == expected, "user \(user)")
                    #expect(Array(lists.scores(k)) == expected.map { scorer.rows[Int(user)][Int($0)] })
                }
            }
        }
    }

    @Test func workersDoNotMatter() throws {
        var scorer = TableScorer.random(users: 900, items: 70, levels: 10, seed: 2)
        scorer.scoresTiles = true
        let users = Array(0..<Int32(900))
        let alone = try scorer.topK(10, for: users, pool: WorkerPool(workerCount: 1))
        for workers in [2, 3, 5] {
            #expect(try scorer.topK(10, for: users, pool: WorkerPool(workerCount: workers)) == alone)
        }
    }

    @Test func aUserWithFewItemsLeftHasAShortList() throws {
        let scorer = TableScorer(rows: [[1, 2, 3], [1, 2, 3]])
        let seen = InteractionMatrix(rows: [[0, 2], [0, 1, 2]], columnCount: 3)
        let lists = try scorer.topK(2, for: [0, 1], excluding: seen)
        #expect(Array(lists[0]) == [1] && lists[1].isEmpty)
        #expect(try scorer.topK(2, for: []).items.isEmpty)
    }

    @Test(arguments: [0, 31, 32, 1500, 1999], [false, true])
    func notANumberNamesUserAndItem(item: Int, tiles: Bool) throws {
        var rows = [[Float]](repeating: (0..<2000).map { -Float($0) }, count: 3)
        rows[2][item] = .nan
        let scorer = TableScorer(rows: rows, scoresTiles: tiles)
        #expect(throws: EvaluationError.notANumber(user: 2, item: Int32(item))) {
            try scorer.topK(5, for: [0, 1, 2])
        }
    }

    @Test func refusesUsersBeyondTheModel() {
        #expect(throws: EvaluationError.outOfRange(what: "user", index: 1, count: 1)) {
            try TableScorer(rows: [[1]]).topK(1, for: [1])
        }
    }
}
