import Foundation
import MarqueeData

/// Data that benchmarks run on.
struct World: Sendable {
    let name: String
    let simulation: MovieWorld.Config
    /// A data set that stands in for the simulation where it is there.
    let real: URL?

    /// The simulated MovieLens 20M.
    static let ml20M = World(name: "ml-20m-simulated", simulation: .movieLens20M, real: nil)

    /// MovieLens 1M where `MARQUEE_DATA` (else `../shared/data`) has it, else a simulation of its size.
    static let ml1M: World = {
        let data = ProcessInfo.processInfo.environment["MARQUEE_DATA"] ?? "../shared/data"
        let folder = URL(fileURLWithPath: data).appendingPathComponent("ml-1m")
        let found = FileManager.default.fileExists(atPath: folder.appendingPathComponent("ratings.dat").path)
        return World(
            name: found ? "ml-1m" : "ml-1m-simulated",
            simulation: MovieWorld.Config(users: 6_040, items: 3_706, interactions: 1_000_209),
            real: found ? folder : nil)
    }()

    /// The simulation with a share of its users; items stay.
    func simulation(scale: Double) -> MovieWorld {
        var config = simulation
        config.users = max(1, Int(Double(config.users) * scale))
        config.interactions = max(1, Int(Double(config.interactions) * scale))
        return MovieWorld(config)
    }

    func log(scale: Double) throws -> InteractionLog {
        if let real { return try DatasetReader.read(real, cache: false).log }
        return simulation(scale: scale).dataset().log
    }
}
