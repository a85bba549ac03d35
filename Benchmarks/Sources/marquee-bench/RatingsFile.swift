import Foundation
import MarqueeData

/// The simulated ML-20M as MovieLens writes it: a folder with ratings.csv and movies.csv.
enum RatingsFile {
    static func place(in workspace: Workspace) -> URL {
        workspace.place(of: .ml20M).appendingPathComponent("files")
    }

    static func prepare(_ workspace: Workspace) throws {
        let place = place(in: workspace)
        try workspace.once(place, "ratings.csv") {
            try World.ml20M.simulation(scale: workspace.scale).write(to: place)
        }
    }
}
