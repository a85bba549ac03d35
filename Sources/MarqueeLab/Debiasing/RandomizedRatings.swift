public import Foundation

/// Ratings that people chose to give, beside ratings of items that were drawn for them: data on which the effect of
/// choosing can be taken out in training, and seen in a test (Schnabel and others 2016, "Coat").
///
/// A folder with `train.ascii` and `test.ascii`, a line a user and a number an item, 0 where there is none, and
/// `user_item_features/user_features.ascii` and `item_features.ascii`, lines of 0 and 1.
public struct RandomizedRatings: Sendable {
    /// [users][items], 0 without a rating.
    public let chosen, drawn: [[Double]]
    /// The active features of every user and item.
    public let userFeatures, itemFeatures: [[Int32]]
    public let userFeatureCount, itemFeatureCount: Int

    public var userCount: Int { chosen.count }
    public var itemCount: Int { chosen.first?.count ?? 0 }

    /// - Throws: ``RandomizedRatingsError`` with file and line.
    public init(contentsOf folder: URL) throws {
        chosen = try Self.matrix(folder, "train.ascii")
        drawn = try Self.matrix(folder, "test.ascii")
        let users = try Self.matrix(folder, "user_item_features/user_features.ascii")
        let items = try Self.matrix(folder, "user_item_features/item_features.ascii")
        func active(_ rows: [[Double]]) -> [[Int32]] {
            rows.map { row in row.indices.filter { row[$0] != 0 }.map { Int32($0) } }
        }
        (userFeatures, itemFeatures) = (active(users), active(items))
        (userFeatureCount, itemFeatureCount) = (users[0].count, items[0].count)
        for (name, found, expected) in [
            ("test.ascii", drawn.count, chosen.count), ("test.ascii", drawn[0].count, chosen[0].count),
            ("user_features.ascii", users.count, chosen.count), ("item_features.ascii", items.count, chosen[0].count),
        ] where found != expected {
            throw RandomizedRatingsError(
                place: name, reason: "\(found) rows or columns where train.ascii has \(expected)")
        }
    }

    private static func matrix(_ folder: URL, _ name: String) throws -> [[Double]] {
        let url = folder.appendingPathComponent(name)
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw RandomizedRatingsError(
                place: url.path, reason: "cannot be read; name a folder with train.ascii, test.ascii and features")
        }
        var rows: [[Double]] = []
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            let row = try line.split(separator: " ").map { field in
                guard let value = Double(field), value.isFinite else {
                    throw RandomizedRatingsError(place: "\(name):\(index + 1)", reason: "'\(field)' is not a number")
                }
                return value
            }
            if let first = rows.first, first.count != row.count {
                throw RandomizedRatingsError(
                    place: "\(name):\(index + 1)", reason: "expected \(first.count) numbers, found \(row.count)")
            }
            rows.append(row)
        }
        guard rows.first?.isEmpty == false else { throw RandomizedRatingsError(place: name, reason: "no numbers") }
        return rows
    }
}

public struct RandomizedRatingsError: Error, Equatable, CustomStringConvertible {
    public let place: String
    public let reason: String
    public var description: String { "\(place): \(reason)" }
}
