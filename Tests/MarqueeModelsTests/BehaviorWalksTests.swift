import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

@testable import MarqueeModels

/// Walks against sums written out, and hiding against a graph that never had the interaction.
@Suite struct BehaviorWalksTests {
    static let (users, items) = (9, 7)

    /// So many random behaviors; one user and one item without any.
    static func behaviors(_ count: Int, seed: UInt64) -> [Set<[Int]>] {
        var stream = RandomStream(seed: seed, "graph")
        return (0..<count).map { _ in
            Set((0..<22).map { _ in [Int(stream.next() % UInt64(users - 1)), Int(stream.next() % UInt64(items - 1))] })
        }
    }

    static func matrix(_ pairs: Set<[Int]>) -> InteractionMatrix {
        let sorted = pairs.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
        let offsets = (0...users).map { user in sorted.count { $0[0] < user } }
        return InteractionMatrix(
            rowCount: users, columnCount: items, offsets: offsets, columns: sorted.map { Int32($0[1]) },
            values: Array(repeating: 1, count: sorted.count))
    }

    static func features(_ walks: BehaviorWalks, _ user: Int, hiding hidden: BehaviorWalks.Hidden? = nil) -> [Float] {
        var features = [Float](repeating: .nan, count: items * walks.featureCount)
        var span = features.mutableSpan
        walks.write(
            walks.evidence(of: Int32(user), hiding: hidden), items: (0..<Int32(items)).map { $0 }, into: &span, at: 0)
        return features
    }

    /// From the definition: user, item by b, another user by b, item by c, all choices alike.
    static func probability(_ b: Set<[Int]>, _ c: Set<[Int]>, from user: Int, to item: Int) -> Double {
        let own = b.filter { $0[0] == user }
        return own.reduce(0) { sum, first in
            let others = b.filter { $0[1] == first[1] && $0[0] != user }
            return sum
                + others.reduce(0) { sum, second in
                    let theirs = c.filter { $0[0] == second[0] }
                    let arrives = theirs.contains([second[0], item])
                    return sum + (arrives ? 1 / Double(own.count * others.count * theirs.count) : 0)
                }
        }
    }

    @Test(arguments: 1...5, [UInt64(1), 2]) func walksAreWhatTheyAreDefinedToBe(_ count: Int, _ seed: UInt64) {
        let behaviors = Self.behaviors(count, seed: seed)
        let walks = BehaviorWalks(behaviors.map(Self.matrix), target: count - 1)
        let graphs = behaviors + (count > 1 ? [behaviors.reduce([]) { $0.union($1) }] : [])
        for user in 0..<Self.users {
            let features = Self.features(walks, user)
            for item in 0..<Self.items {
                let row = Array(features[item * walks.featureCount..<(item + 1) * walks.featureCount])
                var expected = graphs.flatMap { b in
                    graphs.map { c in log(0.1 + Double(Self.items) * Self.probability(b, c, from: user, to: item)) }
                }
                let degrees = behaviors.enumerated().map { k, b in
                    max(k < count - 1 || count == 1 ? 1 : 0, Double(b.count { $0[1] == item }))
                }
                expected += degrees.map { log1p($0) }
                expected += degrees.dropLast().map { log((degrees[count - 1] + 1) / ($0 + 5)) }
                expected += behaviors.map { b in log1p(Double(b.count { $0[0] == user })) }
                expected += behaviors.dropLast().map { $0.contains([user, item]) ? 1 : 0 }
                #expect(row.count == expected.count)
                for (a, b) in zip(row, expected) {
                    #expect(abs(Double(a) - b) < 2e-5, "\(user) \(item): \(row) \(expected)")
                }
            }
        }
    }

    /// Items come in the order of their numbers; what that says follows all else, the same without it.
    @Test(arguments: 1...3) func arrivalsAreToldBesideTheRest(_ count: Int) throws {
        let behaviors = Self.behaviors(count, seed: 3)
        // Item k has the number 60 - 10k: the first item came last.
        let numbers = (0..<Self.items).map { Int64(60 - 10 * $0) }
        let order = try ArrivalOrder(of: Vocabulary(integers: numbers), for: "test")
        let plain = BehaviorWalks(behaviors.map(Self.matrix), target: count - 1)
        let dated = BehaviorWalks(behaviors.map(Self.matrix), target: count - 1, order: order)
        for user in 0..<Self.users {
            let (before, after) = (Self.features(plain, user), Self.features(dated, user))
            for item in 0..<Self.items {
                let row = Array(after[item * dated.featureCount..<(item + 1) * dated.featureCount])
                #expect(
                    Array(row.prefix(plain.featureCount))
                        == Array(before[item * plain.featureCount..<(item + 1) * plain.featureCount]))
                let arrival = Float(6 - item) / 6
                var expected = [arrival]
                if count > 1 {
                    let auxiliary = behaviors.dropLast()
                    let touched = auxiliary.reduce(Set()) { $0.union($1) }
                    for group in auxiliary + [touched.subtracting(behaviors[count - 1])] {
                        let items = group.filter { $0[0] == user }.map { $0[1] }
                        expected.append(arrival - Float(items.map { 6 - $0 }.max() ?? 0) / 6)
                        expected.append(log1p(Float(items.count { $0 < item })))
                    }
                }
                let told = row.suffix(row.count - plain.featureCount)
                #expect(told.count == expected.count && zip(told, expected).allSatisfy { abs($0 - $1) < 1e-6 })
            }
        }
    }

    @Test func idsThatAreNoNumbersTellNoOrder() {
        let error = #expect(throws: ModelError.self) { try ArrivalOrder(of: Vocabulary(["a", "7"]), for: "mbh-walk") }
        #expect(error?.description.contains("leave 'numbered-by-arrival' out") == true)
    }

    @Test func halfOfTheChosenAreTheNewest() throws {
        let order = try ArrivalOrder(of: Vocabulary(integers: [5, 1, 9, 3, 7]), for: "test")
        let matrix = InteractionMatrix(
            rowCount: 3, columnCount: 5, offsets: [0, 4, 4, 5], columns: [0, 1, 2, 3, 4], values: [1, 1, 1, 1, 1])
        var drawn: Set<Int32> = []
        for seed in 0..<40 as Range<UInt64> {
            let stream = RandomStream(seed: seed, "positives")
            #expect(Array(order.mostlyNewest(1, of: matrix, stream: stream)[0]) == [2])
            let two = order.mostlyNewest(2, of: matrix, stream: stream)
            #expect(two[0].count == 2 && two[0].contains(2) && two[1].isEmpty && Array(two[2]) == [4])
            drawn.formUnion(two[0])
            // The two newest, and one of the others.
            let three = order.mostlyNewest(3, of: matrix, stream: stream)[0]
            #expect(three.count == 3 && three.contains(2) && three.contains(0))
            #expect(Array(order.mostlyNewest(9, of: matrix, stream: stream)[0]) == [0, 1, 2, 3])
        }
        #expect(drawn == [0, 1, 2, 3])
    }

    @Test(arguments: 1...3, [false, true]) func hidingIsAsIfItHadNotHappened(_ count: Int, _ auxiliary: Bool) throws {
        let behaviors = Self.behaviors(count, seed: 7)
        let target = count - 1
        let order = try ArrivalOrder(of: Vocabulary(integers: 0..<Int64(Self.items)), for: "test")
        let walks = BehaviorWalks(behaviors.map(Self.matrix), target: target, order: order)
        for pair in behaviors[target] {
            let without = Self.without(pair, behaviors, auxiliary)
            let rebuilt = BehaviorWalks(without.map(Self.matrix), target: target, order: order)
            let hidden = Self.features(walks, pair[0], hiding: .init(item: Int32(pair[1]), auxiliary: auxiliary))
            #expect(hidden == Self.features(rebuilt, pair[0]))
        }
    }

    private static func without(_ pair: [Int], _ behaviors: [Set<[Int]>], _ auxiliary: Bool) -> [Set<[Int]>] {
        behaviors.enumerated().map { k, pairs in
            k == behaviors.count - 1 || auxiliary ? pairs.subtracting([pair]) : pairs
        }
    }

    /// What a learner sees of a user through the patterns of the graph bears no mark of what is hidden from him.
    @Test(arguments: 1...3, [false, true]) func patternsAreThoseOfOtherUsers(_ count: Int, _ auxiliary: Bool) throws {
        let behaviors = Self.behaviors(count, seed: 7)
        func walks(_ behaviors: [Set<[Int]>]) throws -> BehaviorWalks {
            let graphs = [behaviors[count - 1]] + (count > 1 ? [behaviors.reduce([]) { $0.union($1) }] : [])
            return BehaviorWalks(
                behaviors.map(Self.matrix), target: count - 1,
                spectra: try graphs.map {
                    try CrossFittedSpectrum(of: Self.matrix($0), rank: 4, seed: 1, pool: WorkerPool(workerCount: 2))
                })
        }
        let all = try walks(behaviors)
        for pair in behaviors[count - 1] {
            let hidden = BehaviorWalks.Hidden(item: Int32(pair[1]), auxiliary: auxiliary)
            let seen = Self.features(all, pair[0], hiding: hidden)
            let rebuilt = try walks(Self.without(pair, behaviors, auxiliary))
            #expect(seen == Self.features(rebuilt, pair[0], hiding: hidden))
            // Who asks without learning is told by patterns that the user has his share in.
            #expect(seen != Self.features(all, pair[0]))
        }
    }
}
