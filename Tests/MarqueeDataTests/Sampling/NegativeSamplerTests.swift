import MarqueeData
import MarqueeRuntime
import Testing

@Suite struct NegativeSamplerTests {
    struct Points: Equatable {
        var users: [Int32], items: [Int32], labels: [Float]
    }

    private func points(_ sampler: NegativeSampler, _ range: Range<Int>, epoch: Int = 0) -> Points {
        var users = [Int32](repeating: -1, count: range.count)
        var items = users
        var labels = [Float](repeating: -1, count: range.count)
        do {
            var userSpan = users.mutableSpan
            var itemSpan = items.mutableSpan
            var labelSpan = labels.mutableSpan
            sampler.fill(range, epoch: epoch, users: &userSpan, items: &itemSpan, labels: &labelSpan)
        }
        return Points(users: users, items: items, labels: labels)
    }

    private func groups(_ sampler: NegativeSampler, _ range: Range<Int>, epoch: Int) -> (users: [Int32], items: [Int32])
    {
        var users = [Int32](repeating: -1, count: range.count)
        var items = [Int32](repeating: -1, count: range.count * (1 + sampler.negatives))
        do {
            var userSpan = users.mutableSpan
            var itemSpan = items.mutableSpan
            sampler.fillGroups(range, epoch: epoch, users: &userSpan, items: &itemSpan)
        }
        return (users, items)
    }

    /// Rows of every kind: empty, short, long, all but one item, and rows that follow popularity not at
    /// all, so that the guess of where an item stands is far off.
    private func awkward(items: Int = 900) -> InteractionMatrix {
        var random = RandomStream(seed: 3, "awkward")
        var offsets = [0]
        var columns: [Int32] = []
        for row in 0..<60 {
            let own: [Int] =
                switch row % 6 {
                case 0: []
                case 1: Array((0..<items).shuffled(using: &random).prefix(5))
                case 2: Array(0..<items / 3)
                case 3: Array(items / 2..<items)
                case 4: (0..<items).filter { $0 != 7 * row }
                default: (0..<items).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
                }
            columns += own.sorted().map(Int32.init)
            offsets.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: 60, columnCount: items, offsets: offsets, columns: columns,
            values: Array(repeating: 1, count: columns.count))
    }

    @Test(arguments: [NegativeDistribution.uniform, .popularity(exponent: 0.75)])
    func anEpochHasEveryPositiveOnceAndNegativesThatAreNone(distribution: NegativeDistribution) {
        let matrix = awkward()
        let sampler = NegativeSampler(matrix, negatives: 3, distribution: distribution, seed: 5)
        #expect(sampler.count == 4 * matrix.entryCount)
        let epoch = points(sampler, 0..<sampler.count)
        var positives: [Pair: Int] = [:]
        var negativesOfUser = [Int](repeating: 0, count: matrix.rowCount)
        var wrong = 0
        for k in 0..<sampler.count {
            if epoch.labels[k] == 1 {
                positives[Pair(user: epoch.users[k], item: epoch.items[k]), default: 0] += 1
            } else {
                negativesOfUser[Int(epoch.users[k])] += 1
                if epoch.items[k] < 0 || epoch.items[k] >= 900 || matrix.contains(epoch.users[k], epoch.items[k]) {
                    wrong += 1
                }
            }
        }
        #expect(wrong == 0)
        #expect(positives.count == matrix.entryCount && positives.values.allSatisfy { $0 == 1 })
        for user in 0..<Int32(matrix.rowCount) { #expect(negativesOfUser[Int(user)] == 3 * matrix[user].count) }
    }

    @Test func anInstanceIsAFunctionOfItsNumber() {
        let sampler = NegativeSampler(awkward(), negatives: 4, seed: 1)
        let whole = points(sampler, 0..<3000, epoch: 2)
        var position = 0
        for size in [1, 127, 128, 129, 512, 3, 2100] {
            let part = points(sampler, position..<position + size, epoch: 2)
            #expect(part.users == Array(whole.users[position..<position + size]))
            #expect(part.items == Array(whole.items[position..<position + size]))
            #expect(part.labels == Array(whole.labels[position..<position + size]))
            position += size
        }
        #expect(points(NegativeSampler(awkward(), negatives: 4, seed: 1), 0..<3000, epoch: 2) == whole)
        #expect(points(sampler, 0..<3000, epoch: 3) != whole)
        #expect(points(NegativeSampler(awkward(), negatives: 4, seed: 2), 0..<3000, epoch: 2) != whole)
    }

    /// Instance k is number π(k) of positives × (1 + negatives), π the Swift permutation of this epoch.
    @Test func theKernelShufflesAsSwiftDoes() {
        let matrix = awkward()
        let sampler = NegativeSampler(matrix, negatives: 4, seed: 9)
        let order = RandomPermutation(
            count: sampler.count, stream: RandomStream(seed: 9, "instance order", 6))
        let epoch = points(sampler, 0..<5000, epoch: 6)
        for k in 0..<5000 {
            let (positive, slot) = order[k].quotientAndRemainder(dividingBy: 5)
            #expect((slot == 0) == (epoch.labels[k] == 1))
            #expect(
                matrix.offsets[Int(epoch.users[k])] <= positive && positive < matrix.offsets[Int(epoch.users[k]) + 1])
            if slot == 0 { #expect(epoch.items[k] == matrix.columns[positive]) }
        }
    }

    @Test func negativesAreUniformOverTheUntouched() {
        // One user with 40 of 100 items: 60 remain.
        let own = (0..<100).filter { $0 % 5 < 2 }.map(Int32.init)
        let matrix = InteractionMatrix(
            rowCount: 1, columnCount: 100, offsets: [0, 40], columns: own, values: Array(repeating: 1, count: 40))
        let sampler = NegativeSampler(matrix, negatives: 10, seed: 4)
        var counts = [Int](repeating: 0, count: 100)
        for epoch in 0..<100 {
            let drawn = points(sampler, 0..<sampler.count, epoch: epoch)
            for k in drawn.items.indices where drawn.labels[k] == 0 { counts[Int(drawn.items[k])] += 1 }
        }
        let unseen = (0..<100).filter { $0 % 5 >= 2 }
        #expect(counts.reduce(0, +) == 40_000 && unseen.map { counts[$0] }.reduce(0, +) == 40_000)
        #expect(chiSquare(unseen.map { counts[$0] }, Array(repeating: 40_000 / 60, count: 60)) < chiSquareLimit(59))
    }

    @Test func popularityWeighsByThePowerOfTheCount() {
        // Item i is liked by i + 1 of 30 users; the last user likes nothing but item 29.
        var offsets = [0]
        var columns: [Int32] = []
        for user in 0..<30 {
            columns += (0..<30).filter { $0 >= 29 - user && (user < 29 || $0 == 29) }.map(Int32.init)
            offsets.append(columns.count)
        }
        let matrix = InteractionMatrix(
            rowCount: 30, columnCount: 30, offsets: offsets, columns: columns,
            values: Array(repeating: 1, count: columns.count))
        let sampler = NegativeSampler(matrix, negatives: 50, distribution: .popularity(exponent: 0.5), seed: 8)
        var counts = [Int](repeating: 0, count: 30)
        for epoch in 0..<100 {
            let (users, items) = groups(sampler, 0..<sampler.groupCount, epoch: epoch)
            for k in users.indices where users[k] == 29 {
                for item in items[51 * k + 1..<51 * (k + 1)] { counts[Int(item)] += 1 }
            }
        }
        let weights = matrix.columnCounts().dropLast().map { Double($0).squareRoot() }
        let total = Double(counts.reduce(0, +))
        #expect(total == 5000 && counts[29] == 0)
        // Item 0 is liked by nobody and never drawn.
        #expect(matrix.columnCounts()[0] == 0 && counts[0] == 0)
        let expected = weights.dropFirst().map { $0 / weights.reduce(0, +) * total }
        #expect(chiSquare(Array(counts[1..<29]), Array(expected)) < chiSquareLimit(27))
    }

    @Test func whoHasTouchedEverythingGetsThePositiveAgain() {
        let matrix = InteractionMatrix(
            rowCount: 2, columnCount: 20, offsets: [0, 20, 21], columns: Array(0..<20) + [3],
            values: Array(repeating: 1, count: 21))
        let sampler = NegativeSampler(matrix, negatives: 2, seed: 1)
        let epoch = points(sampler, 0..<sampler.count)
        for k in 0..<sampler.count where epoch.users[k] == 0 { #expect(epoch.labels[k] == 1) }
        for item in 0..<20 as Range<Int32> {
            #expect((0..<sampler.count).count { epoch.users[$0] == 0 && epoch.items[$0] == item } == 3)
        }
        #expect((0..<sampler.count).count { epoch.users[$0] == 1 && epoch.labels[$0] == 0 } == 2)
    }

    @Test func theLastUntouchedItemIsFound() {
        // Rejection alone would need a thousand draws; by rank it takes one.
        let own = (0..<1000).filter { $0 != 617 }.map(Int32.init)
        let matrix = InteractionMatrix(
            rowCount: 1, columnCount: 1000, offsets: [0, 999], columns: own, values: Array(repeating: 1, count: 999))
        for distribution in [NegativeDistribution.uniform, .popularity(exponent: 1)] {
            let epoch = points(NegativeSampler(matrix, negatives: 1, distribution: distribution, seed: 1), 0..<1998)
            #expect(zip(epoch.items, epoch.labels).allSatisfy { $1 == 1 || $0 == 617 })
        }
    }

    @Test func pairsHoldEachPositiveAsOftenAsItHasNegatives() {
        let matrix = awkward()
        let sampler = NegativeSampler(matrix, negatives: 2, seed: 3)
        var users = [Int32](repeating: -1, count: sampler.pairCount)
        var liked = users
        var unseen = users
        do {
            var userSpan = users.mutableSpan
            var likedSpan = liked.mutableSpan
            var unseenSpan = unseen.mutableSpan
            sampler.fillPairs(0..<sampler.pairCount, epoch: 1, users: &userSpan, liked: &likedSpan, unseen: &unseenSpan)
        }
        var seen: [Pair: Int] = [:]
        for k in users.indices { seen[Pair(user: users[k], item: liked[k]), default: 0] += 1 }
        #expect(seen.count == matrix.entryCount && seen.values.allSatisfy { $0 == 2 })
        #expect(seen.keys.allSatisfy { matrix.contains($0.user, $0.item) })
        #expect(users.indices.allSatisfy { !matrix.contains(users[$0], unseen[$0]) })
    }

    @Test func groupsPutThePositiveFirst() {
        let matrix = awkward()
        let sampler = NegativeSampler(matrix, negatives: 6, seed: 3)
        let (users, items) = groups(sampler, 0..<sampler.groupCount, epoch: 1)
        #expect(Set(users.indices.map { Pair(user: users[$0], item: items[7 * $0]) }).count == matrix.entryCount)
        for k in users.indices {
            for slot in 0..<7 where matrix.contains(users[k], items[7 * k + slot]) != (slot == 0) {
                Issue.record("group \(k), slot \(slot)")
            }
        }
        #expect(groups(sampler, 333..<383, epoch: 1).items == Array(items[7 * 333..<7 * 383]))
    }

    /// Users who have anything come equally often, whether they have 5 positives or 899, and their positives too.
    @Test func turnsOfUsersAreAsOftenForEach() {
        let matrix = awkward()
        let sampler = NegativeSampler(matrix, negatives: 1, samplingUnit: .users, seed: 4)
        let count = sampler.groupCount
        var byUser = [Int](repeating: 0, count: matrix.rowCount)
        var ofFirst: [Int32: Int] = [:]
        for epoch in 0..<4 {
            let (users, items) = groups(sampler, 0..<count, epoch: epoch)
            for k in 0..<count {
                byUser[Int(users[k])] += 1
                #expect(matrix[users[k]].contains(items[2 * k]) && !matrix[users[k]].contains(items[2 * k + 1]))
                if users[k] == 1 { ofFirst[items[2 * k], default: 0] += 1 }
            }
        }
        let active = (0..<matrix.rowCount).filter { !matrix[Int32($0)].isEmpty }
        let expected = Double(4 * count) / Double(active.count)
        #expect(byUser.reduce(0, +) == 4 * count && active.count == 50)
        #expect(chiSquare(active.map { byUser[$0] }, active.map { _ in expected }) < chiSquareLimit(49))
        let own = matrix[1].map { ofFirst[$0] ?? 0 }
        let share = Double(own.reduce(0, +)) / Double(own.count)
        #expect(chiSquare(own, own.map { _ in share }) < chiSquareLimit(own.count - 1))
        // Points and pairs take their turns in the same way, and any range alone gives what the whole gives.
        let whole = points(sampler, 0..<200)
        let part = points(sampler, 120..<140)
        #expect(Array(whole.users[120..<140]) == part.users && Array(whole.items[120..<140]) == part.items)
        for k in whole.users.indices {
            #expect(matrix[whole.users[k]].contains(whole.items[k]) == (whole.labels[k] == 1))
        }
    }

    @Test func nothingToSampleIsNothing() {
        let empty = InteractionMatrix(rowCount: 3, columnCount: 2, offsets: [0, 0, 0, 0], columns: [], values: [])
        let sampler = NegativeSampler(empty, seed: 1)
        #expect(sampler.count == 0 && points(sampler, 0..<0).users.isEmpty)
    }
}
