import Foundation
import MarqueeData

/// The paper's tables: a row for every user of ML-20M and for every movie id up to the greatest, as
/// one gets who does not number the movies anew. 27,278 of the 131,262 rows are movies; negatives
/// fall on all of them.
enum MovieTables {
    static let itemRows = 131_262

    static func place(in workspace: Workspace) -> URL {
        workspace.place(of: .ml20M).appendingPathComponent("movie-tables")
    }

    /// Writes users.npy, items.npy and tables.npy from the simulated ML-20M.
    static func prepare(_ workspace: Workspace) throws {
        try workspace.prepare(.ml20M)
        let world = workspace.place(of: .ml20M)
        let place = place(in: workspace)
        try workspace.once(place, "tables.npy") {
            let shape: [Int64] = try NumpyFile.read(world.appendingPathComponent("shape.npy"))
            let users: [Int32] = try NumpyFile.read(world.appendingPathComponent("users.npy"))
            let items: [Int32] = try NumpyFile.read(world.appendingPathComponent("items.npy"))
            let spread = items.map { Int32(Int($0) * itemRows / Int(shape[1])) }
            try NumpyFile.write(users, to: place.appendingPathComponent("users.npy"))
            try NumpyFile.write(spread, to: place.appendingPathComponent("items.npy"))
            try NumpyFile.write([shape[0], Int64(itemRows)], to: place.appendingPathComponent("tables.npy"))
        }
    }

    /// The log that ``prepare(_:)`` wrote.
    static func log(in workspace: Workspace) throws -> InteractionLog {
        let place = place(in: workspace)
        let rows: [Int64] = try NumpyFile.read(place.appendingPathComponent("tables.npy"))
        return InteractionLog(
            users: try NumpyFile.read(place.appendingPathComponent("users.npy")),
            items: try NumpyFile.read(place.appendingPathComponent("items.npy")),
            userVocabulary: Vocabulary((0..<rows[0]).map { "\($0 + 1)" }),
            itemVocabulary: Vocabulary((0..<rows[1]).map { "\($0 + 1)" }))
    }
}
