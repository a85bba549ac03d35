import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime

extension Benchmark {
    /// Alternating least squares, in time an iteration and in what the iterations come to.
    static let ials = Benchmark(
        name: "ials",
        summary:
            "ials: an iteration over users and items on the simulated ML-20M; loss after \(iterations) iterations, "
            + "implicit's objective an entry",
        contests: [
            // implicit's Cholesky at 256 factors takes minutes an iteration, and is left out.
            contest(factors: 64, .conjugateGradient), contest(factors: 64, .cholesky),
            contest(factors: 256, .conjugateGradient),
        ])

    private static let iterations = 5
    private static let objective = ImplicitObjective()

    private static func contest(factors: Int, _ solver: IALS.Solver) -> Contest {
        let name = "\(factors) factors, \(solver == .cholesky ? "Cholesky" : "conjugate gradient")"
        return Contest(
            name: name, prepare: { try $0.prepare(.ml20M) },
            ours: { try fit($0, factors: factors, solver) },
            peers: [
                Peer(name: "implicit", script: "ials.py") {
                    [
                        $0.place(of: .ml20M).path, "--factors", "\(factors)", "--solver",
                        solver == .cholesky ? "cholesky" : "cg", "--iterations", "\(iterations)", "--threads",
                        "\(WorkerPool.shared.workerCount)", "--confidence", "\(objective.confidence)",
                        "--regularization", "\(objective.regularization)",
                    ]
                }
            ],
            rows: [
                Row(name, "seconds", unit: "s/iteration", better: .less, against: ["implicit"]),
                Row("\(name), loss", "loss", unit: "an entry", better: .less, against: ["implicit"]),
            ])
    }

    private static func fit(_ workspace: Workspace, factors: Int, _ solver: IALS.Solver) throws -> Figures {
        let matrix = try workspace.matrix(of: .ml20M)
        var config = IALS.Config()
        config.factors = factors
        config.epochs = iterations
        config.solver = solver
        config.exponent = 0
        config.unobservedWeight = Float(objective.unobservedWeight)
        config.regularization = Float(objective.penalty)
        let descent = IALSDescent(config, matrix, seed: 1)
        let clock = ContinuousClock()
        let seconds = (0..<iterations).map { _ in clock.measure { descent.iterate() } / .seconds(1) }
        let factors = descent.factors
        return [
            "seconds": seconds.median,
            "loss": objective.value(
                users: factors.userFactors, items: factors.itemFactors, factors: factors.rank, matrix: matrix),
        ]
    }
}
