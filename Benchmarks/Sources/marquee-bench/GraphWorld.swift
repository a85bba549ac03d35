import Foundation
import MarqueeData
import MarqueeTensor

/// Interaction graphs that graph networks are measured on: the training part of real data.
enum GraphWorld: String, Sendable {
    case gowalla = "gowalla-lightgcn"
    case taobao = "taobao-mb-15449"

    /// Its folder under `MARQUEE_DATA` (else `../shared/data`).
    func log() throws -> InteractionLog {
        let data = ProcessInfo.processInfo.environment["MARQUEE_DATA"] ?? "../shared/data"
        let folder = URL(fileURLWithPath: data).appendingPathComponent(rawValue)
        guard FileManager.default.fileExists(atPath: folder.path) else { throw BenchmarkError.dataMissing(folder.path) }
        let dataset = try DatasetReader.read(folder, cache: false)
        return try Splitter.given(GivenSplit(validation: false)).split(dataset, seed: 1).split.train
    }

    func place(in workspace: Workspace) -> URL { workspace.folder.appendingPathComponent(rawValue) }
}

extension SparseOperator.Rows {
    /// The pairs of a matrix both ways, an entry 1/√(degree · degree).
    init(normalized matrix: InteractionMatrix) {
        let graph = Adjacency(matrix)
        self.init(offsets: graph.offsets, columns: graph.columns, values: graph.symmetricWeights())
    }

    /// As `NAME-offsets.npy`, `NAME-columns.npy` and `NAME-values.npy`.
    func write(_ name: String, to place: URL) throws {
        try NumpyFile.write(offsets.map { Int64($0) }, to: place.appendingPathComponent("\(name)-offsets.npy"))
        try NumpyFile.write(columns, to: place.appendingPathComponent("\(name)-columns.npy"))
        try NumpyFile.write(values, to: place.appendingPathComponent("\(name)-values.npy"))
    }

    static func read(_ name: String, from place: URL) throws -> Self {
        let offsets: [Int64] = try NumpyFile.read(place.appendingPathComponent("\(name)-offsets.npy"))
        return Self(
            offsets: offsets.map { Int($0) },
            columns: try NumpyFile.read(place.appendingPathComponent("\(name)-columns.npy")),
            values: try NumpyFile.read(place.appendingPathComponent("\(name)-values.npy")))
    }
}
