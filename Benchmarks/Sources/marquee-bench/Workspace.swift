import Foundation
import MarqueeData
import MarqueeRuntime

/// The folder of inputs that both sides of a benchmark read. Each is made once and kept.
struct Workspace: Sendable {
    let folder: URL
    /// Share of the simulated worlds' users and interactions; 1 for figures that are reported.
    let scale: Double
    /// How long a soak is.
    let minutes: Double

    /// This program, to start samples of ours.
    var executable: URL {
        Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    }

    /// Where a world's files lie, once ``prepare(_:)`` has written them.
    func place(of world: World) -> URL {
        folder.appendingPathComponent(scale == 1 ? world.name : "\(world.name)-\(scale)")
    }

    /// Writes users and items of a world's log, and its matrix as offsets and columns.
    func prepare(_ world: World) throws {
        let place = place(of: world)
        try once(place, "shape.npy") {
            let log = try world.log(scale: scale)
            try NumpyFile.write(log.users, to: place.appendingPathComponent("users.npy"))
            try NumpyFile.write(log.items, to: place.appendingPathComponent("items.npy"))
            let matrix = InteractionMatrix(log)
            try NumpyFile.write(matrix.offsets.map { Int64($0) }, to: place.appendingPathComponent("offsets.npy"))
            try NumpyFile.write(matrix.columns, to: place.appendingPathComponent("columns.npy"))
            try NumpyFile.write(
                [Int64(matrix.rowCount), Int64(matrix.columnCount)], to: place.appendingPathComponent("shape.npy"))
        }
    }

    /// The matrix that ``prepare(_:)`` wrote.
    func matrix(of world: World) throws -> InteractionMatrix {
        let place = place(of: world)
        let shape: [Int64] = try NumpyFile.read(place.appendingPathComponent("shape.npy"))
        let offsets: [Int64] = try NumpyFile.read(place.appendingPathComponent("offsets.npy"))
        let columns: [Int32] = try NumpyFile.read(place.appendingPathComponent("columns.npy"))
        return InteractionMatrix(
            rowCount: Int(shape[0]), columnCount: Int(shape[1]), offsets: offsets.map { Int($0) }, columns: columns,
            values: [Float](repeating: 1, count: columns.count))
    }

    /// Runs `make` unless `last`, the file that it writes last, is there.
    func once(_ place: URL, _ last: String, _ make: () throws -> Void) throws {
        guard !FileManager.default.fileExists(atPath: place.appendingPathComponent(last).path) else { return }
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try make()
    }
}
