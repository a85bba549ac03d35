import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

@Suite struct MovieWorldTests {
    static let small = MovieWorld(MovieWorld.Config(users: 600, items: 800, interactions: 30_000, seed: 5))

    @Test func aHundredthOfMovieLens20MHasItsMarginals() {
        let world = MovieWorld(.movieLens20M(users: 0.01))
        let data = world.dataset()
        let description = DatasetDescription(data)
        #expect(description.counts == DatasetCounts(users: 1384, items: 27_278, interactions: 200_002))
        #expect(description.pairs == 200_002)
        // MovieLens 20M: at least 20, median 68, mean 144.4.
        #expect(description.userActivity.minimum == 20)
        #expect((62...74).contains(description.userActivity.median))
        #expect((143...146).contains(description.userActivity.mean))
        // Of 27,278 movies the first hundredth has about a third and the first tenth most.
        #expect((0.28...0.38).contains(description.longTail.top1))
        #expect((0.80...0.92).contains(description.longTail.top10))
        // The favorite is known to nearly half of the users.
        #expect((0.40...0.55).contains(Double(description.itemActivity.maximum) / 1384))
        #expect((3.43...3.63).contains(description.meanRating ?? 0))
        #expect(
            description.ratings.max { $0.interactions < $1.interactions }.map { [3, 4].contains($0.value) } == true)
        #expect(description.genres.prefix(2).map(\.name) == ["Drama", "Comedy"])
        #expect(description.oldestDate.map { $0 >= "1995-01-01" } == true)
        #expect(description.newestDate.map { $0 <= "2015-03-31" } == true)
        // Half stars came in 2003, and no movie is watched before its year.
        let log = data.log
        #expect(
            (0..<log.count).allSatisfy {
                log.timestamps[$0] >= 1_041_379_200_000 || log.values[$0] == log.values[$0].rounded()
            })
        let yearLength = 31_556_952_000.0
        let early = (0..<log.count).count {
            Double(data.catalog.items[Int(log.items[$0])].year ?? 0) > 1970 + Double(log.timestamps[$0]) / yearLength
                + 0.01
        }
        #expect(early == 0)
    }

    @Test func theWorldIsTheSameWhateverTheWorkers() {
        let data = Self.small.dataset(on: WorkerPool(workerCount: 1))
        for workers in [2, 3, 5] { #expect(Self.small.dataset(on: WorkerPool(workerCount: workers)) == data) }
        #expect(MovieWorld(Self.small.config).dataset() == data)
        var other = Self.small.config
        other.seed = 6
        #expect(MovieWorld(other).dataset().log.items != data.log.items)
    }

    @Test func anySizeKeepsItsPromises() {
        for (users, items, interactions) in [(1, 1, 1), (3, 50, 30), (40, 30, 900), (200, 100, 4000)] {
            let world = MovieWorld(MovieWorld.Config(users: users, items: items, interactions: interactions))
            let data = world.dataset()
            #expect(data.log.count == world.interactionCount && world.interactionCount <= interactions)
            #expect(data.log.pairs.count == data.log.count)
            #expect(data.log.values.allSatisfy { (0.5...5).contains($0) })
        }
    }

    @Test func filesHoldTheWorld() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("world-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try Self.small.write(to: folder, on: WorkerPool(workerCount: 2))
        let data = Self.small.dataset()
        let lines = try String(contentsOf: folder.appendingPathComponent("ratings.csv"), encoding: .utf8)
            .split(separator: "\n")
        #expect(lines[0] == "userId,movieId,rating,timestamp" && lines.count == data.log.count + 1)
        for row in 0..<data.log.count {
            let expected =
                "\(data.log.users[row] + 1),\(data.log.items[row] + 1),\(data.log.values[row]),\(data.log.timestamps[row] / 1000)"
            if lines[row + 1] != expected { Issue.record("row \(row): \(lines[row + 1]), expected \(expected)") }
        }
        let movies = try String(contentsOf: folder.appendingPathComponent("movies.csv"), encoding: .utf8)
            .split(separator: "\n")
        #expect(movies.count == 801 && movies[0] == "movieId,title,genres")
        let item = try #require(data.catalog.items.firstIndex { $0.title.contains(",") && $0.genres.count > 1 })
        let entry = data.catalog.items[item]
        #expect(movies[item + 1] == "\(item + 1),\"\(entry.title)\",\(entry.genres.joined(separator: "|"))")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["movies.csv", "ratings.csv"])
    }

    /// The mean reciprocal rank of each user's held-out item among itself and 99 they have not touched,
    /// by the true utility and by the counts of the training data.
    @Test func theTruthBeatsPopularity() throws {
        let world = Self.small
        let data = world.dataset()
        let split = try Splitter.leaveOneOut(LeaveOneOut(by: .random, validation: false)).split(data, seed: 1).split
        let negatives = FrozenNegatives.uniform(99, for: split.test, of: split, seed: 1)
        let counts = InteractionMatrix(split.train).columnCounts()
        let years = Dictionary(
            uniqueKeysWithValues: (0..<data.log.count).map {
                (
                    Pair(user: data.log.users[$0], item: data.log.items[$0]),
                    1970 + Int(Double(data.log.timestamps[$0]) / 31_556_952_000)
                )
            })
        var truth = 0.0
        var popularity = 0.0
        for (k, user) in split.test.users.enumerated() {
            let target = split.test.items[k]
            let year = try #require(years[Pair(user: user, item: target)])
            func utility(_ item: Int32) -> Float { world.utility(user: user, item: item, year: year) }
            #expect(utility(target).isFinite)
            truth += 1 / Double(1 + negatives.rows[k].count { utility($0) >= utility(target) })
            popularity += 1 / Double(1 + negatives.rows[k].count { counts[Int($0)] >= counts[Int(target)] })
        }
        truth /= Double(split.test.users.count)
        popularity /= Double(split.test.users.count)
        #expect(truth > popularity + 0.1 && popularity > 0.3)
    }

    @Test func aWorldWithoutTasteIsPopularityAlone() throws {
        var config = Self.small.config
        config.strength = 0
        let world = MovieWorld(config)
        for item in 0..<800 as Range<Int32> {
            #expect(world.utility(user: 3, item: item, year: 2015) == world.utility(user: 4, item: item, year: 2015))
        }
        // The popular are the ones with the weight: of the first hundred most are the same; by chance
        // it would be an eighth.
        let counts = InteractionMatrix(world.dataset().log).columnCounts()
        let byCount = Set((0..<800).sorted { counts[$0] > counts[$1] }.prefix(100))
        let byWeight = Set(
            (0..<800).sorted {
                world.utility(user: 0, item: Int32($0), year: 2015)
                    > world.utility(user: 0, item: Int32($1), year: 2015)
            }.prefix(100))
        #expect(byCount.intersection(byWeight).count > 60)
    }

    @Test func tastesTurnSlowly() {
        let world = Self.small
        func agreement(_ years: Int) -> Float {
            let pairs = (0..<200).map { user in
                (0..<40).map { item in
                    (
                        world.affinity(user: Int32(user), item: item, year: 2000),
                        world.affinity(user: Int32(user), item: item, year: 2000 + years)
                    )
                }
            }.joined()
            let dot = pairs.reduce(0) { $0 + $1.0 * $1.1 }
            return dot / (pairs.reduce(0) { $0 + $1.0 * $1.0 } * pairs.reduce(0) { $0 + $1.1 * $1.1 }).squareRoot()
        }
        #expect(agreement(0) > 0.999 && agreement(1) > 0.95 && agreement(8) < agreement(2))
    }
}
