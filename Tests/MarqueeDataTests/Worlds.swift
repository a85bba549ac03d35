import Foundation
import MarqueeData
import MarqueeRuntime

/// Small random data with everything that trips a splitter: repeats, equal times, users with no, one
/// or two interactions, items that nobody touched.
func thorny(users: Int = 60, items: Int = 40, seed: UInt64, behaviors: [String] = ["interaction"]) -> Dataset {
    var random = RandomStream(seed: seed, "thorny")
    var log = InteractionLog(
        userVocabulary: Vocabulary((0..<users).map { "u\($0)" }),
        itemVocabulary: Vocabulary((0..<items).map { "i\($0)" }),
        behaviorNames: behaviors)
    for user in 0..<users {
        for _ in 0..<(user < 6 ? user / 2 : Int.random(in: 1...30, using: &random)) {
            log.users.append(Int32(user))
            // The last items stay untouched.
            log.items.append(Int32.random(in: 0..<Int32(items - 3), using: &random))
            log.values.append(Float(Int.random(in: 1...5, using: &random)))
            log.timestamps.append(Int64.random(in: -3...12, using: &random) * 20_000)
            if behaviors.count > 1 {
                log.behaviors.append(UInt8.random(in: 0..<UInt8(behaviors.count), using: &random))
            }
        }
    }
    // Rows of all users mixed, as in a log file.
    log = log.selecting((0..<log.count).shuffled(using: &random))
    return Dataset(
        name: "thorny", log: log,
        catalog: Catalog(items: (0..<items).map { Catalog.Item(title: "title of i\($0)") }),
        userAttributes: ["age": (0..<users).map { "\($0)" }],
        socialEdges: (1..<users).map { SocialEdge(from: Int32($0 - 1), to: Int32($0)) },
        knowledge: KnowledgeGraph(itemEntities: (0..<Int32(items)).map { 100 + $0 }))
}

struct Pair: Hashable, Comparable {
    var user, item: Int32
    static func < (left: Self, right: Self) -> Bool { (left.user, left.item) < (right.user, right.item) }
}

extension InteractionLog {
    var pairs: Set<Pair> { Set(zip(users, items).map { Pair(user: $0, item: $1) }) }
}

extension Holdout {
    var pairs: Set<Pair> {
        Set(users.indices.flatMap { k in self[k].map { Pair(user: users[k], item: $0) } })
    }
}

/// Pearson's χ² of counts against what was expected of them.
func chiSquare(_ counts: [Int], _ expected: [Double]) -> Double {
    zip(counts, expected).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) / $1.1 }
}

/// The value that χ² with so many degrees of freedom passes once in a hundred thousand times (Wilson
/// and Hilferty 1931).
func chiSquareLimit(_ freedom: Int) -> Double {
    let k = Double(freedom)
    let root = 1 - 2 / (9 * k) + 4.265 * (2 / (9 * k)).squareRoot()
    return k * root * root * root
}

/// A folder of real data, nil when it is not there: `MARQUEE_DATA`, else ../shared/data.
func realData(_ path: String) -> URL? {
    let root =
        ProcessInfo.processInfo.environment["MARQUEE_DATA"].map { URL(fileURLWithPath: $0) }
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/data")
    let file = root.appendingPathComponent(path)
    return FileManager.default.fileExists(atPath: file.path) ? file : nil
}

/// Lines of four integers, whatever stands between them: user, item, rating, time.
func ratings(_ file: URL) throws -> Dataset {
    var log = InteractionLog()
    var numbers: [Int] = []
    var number: Int?
    for byte in try Array(Data(contentsOf: file)) {
        if byte >= 48, byte <= 57 {
            number = (number ?? 0) * 10 + Int(byte - 48)
            continue
        }
        if let number { numbers.append(number) }
        number = nil
        if byte == 10 {
            log.users.append(log.userVocabulary.insert(String(numbers[0])))
            log.items.append(log.itemVocabulary.insert(String(numbers[1])))
            log.values.append(Float(numbers[2]))
            log.timestamps.append(Int64(numbers[3]) * 1000)
            numbers.removeAll(keepingCapacity: true)
        }
    }
    return Dataset(name: file.lastPathComponent, log: log)
}
