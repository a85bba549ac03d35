import ArgumentParser
import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeLab
import MarqueeLive
import MarqueeRuntime
import MarqueeServer
import Synchronization

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Let made-up people try it.", subcommands: [SimulateLiveCommand.self])
}

struct SimulateLiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Many simulated people at a running server: clicks rise, regret falls.",
        discussion: """
            Everybody asks, is shown a slate, clicks by a taste of their own, and the server is told by events. Tastes are \
            known here, so that regret is known too, and what another policy would have earned stands beside its estimate. \
            Without --url it starts a server of its own with a made-up catalog and a policy that learns.

            With --world media they are the people of the media world, and the server ranks what is offered to them hour by \
            hour; one of your own has to know its items, so leave --url out, or put them there first.

            Example: marquee simulate live --url http://127.0.0.1:8080
            """)

    enum World: String, ExpressibleByArgument, CaseIterable { case tastes, media }

    @Option(help: "tastes, the same each day, or media: news, video and ads with sessions, friends and fading.")
    var world = World.tastes

    @Option(help: "Of the media world, its numbers as YAML: 'days: 7'.")
    var config: String?

    @Option(help: "The server; without it one is started for the purpose.")
    var url: String?

    @Option(help: "An API key of the scope write.")
    var key: String?

    @Option(help: "How many people.")
    var people = 200

    @Option(help: "How often each comes.")
    var visits = 40

    @Option(help: "How many items each is shown.")
    var slate = 5

    @Option(help: "Decides tastes and clicks.")
    var seed: UInt64 = 1

    @Option(help: "The policy of the server that is started without --url, as YAML.")
    var policy = "epsilon-greedy: { epsilon: 0.2, learning: {} }"

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if world == .tastes, config != nil { throw ValidationError("--config is of --world media") }
        guard people > 0, visits > 0, slate > 0 else {
            throw ValidationError("--people, --visits and --slate must be at least 1")
        }
    }

    func run() throws {
        let console = output.console
        try finished { try await simulate(console) }
    }

    private func simulate(_ console: Console) async throws {
        guard let url else {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-simulation-\(UUID())")
            defer { try? FileManager.default.removeItem(at: folder) }
            let configuration = try ServerConfiguration(flags: [
                "server.port": "0", "server.log-level": "critical", "data.folder": folder.path, "policy": policy,
                "recommend.sources": "trending:40,content:120,fresh:40", "recommend.choices": "200",
                "fatigue.limit": "0",
            ])
            let server = try await Server(configuration)
            let items = try world == .media ? mediaSimulation("").items : Self.catalog(seed: seed)
            for start in stride(from: 0, to: items.count, by: 1000) {
                try await server.loop.catalog.put(Array(items[start..<min(items.count, start + 1000)]))
            }
            console.note("A server of its own with \(items.count.grouped) made-up items; policy: \(policy)")
            let (ports, port) = AsyncStream<Int>.makeStream()
            let serving = Task { try await server.run(listening: { port.yield($0) }) }
            for await number in ports {
                try await drive("http://127.0.0.1:\(number)", console)
                break
            }
            serving.cancel()
            _ = try? await serving.value
            return
        }
        try await drive(url, console)
    }

    private func mediaSimulation(_ url: String) throws -> MediaSimulation {
        try MediaSimulation(url: url, key: key, config: .init(yaml: config, people: people, seed: seed))
    }

    private func driveMedia(_ url: String, _ console: Console) async throws {
        let report = try await mediaSimulation(url).run { day, period in
            console.note(
                String(
                    format: "day %d: %d requests, CTR %.4f", day + 1, period.requests, period.clickRate))
        }
        guard !console.isJSON else {
            print(String(decoding: try JSONFile.encode(report.periods), as: UTF8.self))
            return
        }
        var table = TextTable(
            caption: "clicks while the server learns, day by day; policy: \(report.policy)",
            columns: [
                ("day", .right), ("requests", .right), ("CTR", .right), ("expected", .right), ("any order", .right),
                ("best order", .right),
            ])
        for (day, period) in report.periods.enumerated() {
            func rate(_ sum: Double) -> TextTable.Cell {
                .init(String(format: "%.4f", sum / Double(max(period.requests, 1))))
            }
            table.append([
                .init("\(day + 1)"), .init("\(period.requests)"), .init(String(format: "%.4f", period.clickRate)),
                rate(period.expected), rate(period.random), rate(period.best),
            ])
        }
        console.print(table)
    }

    private func drive(_ url: String, _ console: Console) async throws {
        guard world == .tastes else { return try await driveMedia(url, console) }
        var simulation = LiveSimulation(url: url, key: key)
        simulation.people = people
        simulation.visits = visits
        simulation.slate = slate
        simulation.seed = seed
        console.note("\(people) people, \(visits) visits each, \(slate) items a visit")
        let total = simulation.visits
        let report = try await simulation.run { index, period in
            console.advance(
                "simulate", completed: (index + 1) * total / min(10, total), total: total, unit: "visits",
                figures: [("CTR", period.clickRate), ("regret", period.regret)])
        }
        try show(report, console)
    }

    private struct Answer: Encodable {
        struct Counterfactual: Encodable {
            var policy: String
            var estimate: Double?
            var lower: Double?
            var upper: Double?
            var truth: Double
            var refusal: String?
        }
        var policy: String
        var earned: Double
        var periods: [LiveSimulation.Period]
        var counterfactuals: [Counterfactual]
    }

    private func show(_ report: LiveSimulation.Report, _ console: Console) throws {
        let answer = Answer(
            policy: report.policy, earned: report.earned, periods: report.periods,
            counterfactuals: report.counterfactuals.map {
                .init(
                    policy: $0.policy, estimate: $0.estimate?.value, lower: $0.estimate?.bootstrap?.lower,
                    upper: $0.estimate?.bootstrap?.upper, truth: $0.truth, refusal: $0.refusal)
            })
        guard !console.isJSON else {
            print(String(decoding: try JSONFile.encode(answer), as: UTF8.self))
            return
        }
        var table = TextTable(
            caption: "clicks while the server learns; policy: \(report.policy)",
            columns: [
                ("decisions", .right), ("CTR", .right), ("clicks a visit", .right), ("best of the choices", .right),
                ("best possible", .right), ("regret", .right), ("answered by", .left),
            ])
        var count = 0
        for period in report.periods {
            count += period.decisions
            let links = period.links.sorted { $0.value > $1.value }.map {
                "\($0.key) \(Figures.percent(Double($0.value) / Double(max(period.decisions, 1)), digits: 0))"
            }
            table.append([
                .init("\(count)"), .init(String(format: "%.3f", period.clickRate)),
                .init(String(format: "%.2f", Double(period.clicks) / Double(max(period.decisions, 1)))),
                .init(String(format: "%.2f", period.reachable)), .init(String(format: "%.2f", period.best)),
                .init(String(format: "%.2f", period.regret)),
                .init(links.joined(separator: ", ")),
            ])
        }
        console.print(table)
        var second = TextTable(
            caption:
                "\nthe first slot's click rate: \(String(format: "%.4f", report.earned)) as served; another policy over the same choices",
            columns: [("policy", .left), ("estimated", .right), ("95 % interval", .right), ("truth", .right)])
        for row in answer.counterfactuals {
            second.append([
                .init(row.policy), .init(row.estimate.map { String(format: "%.4f", $0) } ?? "refused"),
                .init(row.lower.flatMap { lower in row.upper.map { String(format: "%.4f … %.4f", lower, $0) } } ?? "–"),
                .init(String(format: "%.4f", row.truth)),
            ])
        }
        console.print(second)
        for row in answer.counterfactuals { if let refusal = row.refusal { console.note("\(row.policy): \(refusal)") } }
    }

    private static func catalog(seed: UInt64) -> [CatalogItem] {
        (0..<500).map { place in
            let first = (place &* 7 &+ Int(seed % 12)) % 12
            return CatalogItem(
                id: "item-\(place)", title: "Item \(place)", domain: "video",
                categories: place % 3 == 0 ? ["c\(first)", "c\((first + place / 36 + 1) % 12)"] : ["c\(first)"])
        }
    }
}
