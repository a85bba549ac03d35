import Foundation
import Hummingbird
import HummingbirdTesting
import MarqueeData
import MarqueeLive
import MarqueeServer
import ProcessTesting
import Testing

@Suite struct ExperimentRouteTests {
    typealias Fixture = ServerFixture

    static let experiments = """
        - name: thompson
          layer: ranking
          arms:
            - { name: control, share: 0.5 }
            - { name: treatment, share: 0.5, policy: { beta-thompson: {} } }
        """

    @Test func experimentsOfTheConfigurationAreRunAndTold() async throws {
        try await Fixture.run(flags: ["experiments": Self.experiments]) { client, server in
            var treated: Set<String> = []
            for number in 0..<60 {
                let answer = try await client.send(.get, "/api/recommend/person-\(number)?n=2").json
                let arms = try #require(answer["experiments"] as? [[String: String]])
                #expect(arms.count == 1 && arms[0]["name"] == "thompson")
                let isTreated = arms[0]["arm"] == "treatment"
                #expect(answer["policy"] as? String == (isTreated ? "beta-thompson" : "epsilon-greedy"))
                guard isTreated else { continue }
                treated.insert("person-\(number)")
                let decision = try #require(answer["decision"] as? String)
                try await client.send(
                    .post, "/api/events",
                    "{\"id\":\"\(number)\",\"user\":\"person-\(number)\",\"item\":\"\(answer.ids[0])\",\"type\":\"click\",\"decision\":\"\(decision)\"}"
                )
            }
            #expect(treated.count > 10 && treated.count < 50)
            try await server.loop.applied(server.loop.events.lastSequence)
            let report = try await client.send(.get, "/api/experiments")
            #expect(report.status == 200)
            let experiment = try #require((report.json["experiments"] as? [[String: Any]])?.first)
            let arms = try #require(experiment["arms"] as? [[String: Any]])
            #expect(arms.map { $0["people"] as? Int } == [60 - treated.count, treated.count])
            #expect(arms.map { $0["reward"] as? Double } == [0, Double(treated.count)])
            #expect(arms[0]["againstControl"] == nil)
            let comparison = try #require(arms[1]["againstControl"] as? [String: Any])
            #expect(comparison["difference"] as? Double == 1)
            // Before the warm-up is over nothing is said.
            #expect(comparison["lower"] is NSNull && comparison["pValue"] as? Double == 1)
            #expect((experiment["sampleRatio"] as? [String: Any])?["mismatch"] as? Bool == false)
        }
        try await Fixture.run { client, _ in
            let (answer, report) = (
                try await client.send(.get, "/api/recommend/u").json,
                try await client.send(.get, "/api/experiments").json
            )
            #expect(answer["experiments"] == nil)
            #expect((report["experiments"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func theVerbPrintsThem() async throws {
        try await Fixture.run(flags: ["experiments": Self.experiments]) { client, server in
            for number in 0..<20 { try await client.send(.get, "/api/recommend/person-\(number)?n=2") }
            try await server.loop.decisions.flush()
            let folder = URL(fileURLWithPath: server.configuration.folder)
            let file = folder.appendingPathComponent("server.yaml")
            try Data("experiments:\n\(Self.experiments)\n".utf8).write(to: file)
            let process = Process()
            process.executableURL = RunningServer.program
            process.arguments = ["arms", folder.appendingPathComponent("decisions.sqlite").path, "--config", file.path]
            process.environment = [:]
            let output = Children.pipe()
            process.standardOutput = output
            try Children.start(process)
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            let lines = text.split(separator: "\n").filter { $0.hasPrefix("thompson ") }
            #expect(lines.count == 2)
            #expect(lines.allSatisfy { $0.contains("50.0 %") } && lines.last?.contains("too few people") == true)
            #expect(text.contains("thompson, layer ranking: sample ratio p = "))
        }
    }

    @Test func theFileMayHaveThemAsAListOfYAML() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        let indented = Self.experiments.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        try Data("policy: greedy\nexperiments:\n\(indented)\n".utf8).write(to: file)
        let configuration = try ServerConfiguration(file: file)
        #expect(configuration.experiments.all.map(\.name) == ["thompson"])
        #expect(configuration.loop.arms.map(\.name) == ["", "thompson/treatment"])
        #expect(configuration.loop.arms.map(\.kind) == ["greedy", "beta-thompson"])

        try Data("experiments: [{ name: a, arms: [{ name: x, share: 2 }, { name: y, share: 0.5 }] }]\n".utf8).write(
            to: file)
        #expect {
            try ServerConfiguration(file: file)
        } throws: { "\($0)".contains("experiments: a, arm x: share 2.0") && "\($0)".contains(file.path) }
    }

    @Test func eventsAboutUnknownItemsAreToldAndCountOnceTheItemIsThere() async throws {
        try await Fixture.run(deploys: false) { client, server in
            let sent = try await client.send(
                .post, "/api/events",
                #"[{"id":"a","user":"u","item":"later","type":"click"},{"id":"b","user":"u","item":"later","type":"hide"}]"#
            )
            #expect(sent.json["accepted"] as? Int == 2 && sent.json["unknownItems"] as? Int == 2)
            try await server.loop.applied(2)
            func metrics() async throws -> String {
                String(
                    buffer: try await client.executeRequest(uri: "/metrics", method: .get, headers: [:], body: nil).body
                )
            }
            #expect(try await metrics().contains("marquee_events_unknown_item 2.0"))
            try await client.send(.post, "/api/items", #"[{"id":"later"},{"id":"other"}]"#)
            #expect(try await metrics().contains("marquee_events_unknown_item 0.0"))
            #expect(try await client.send(.get, "/api/recommend/u").json.ids == ["other"])
            #expect(Set(try await client.send(.get, "/api/recommend/v").json.ids) == ["later", "other"])
        }
    }
}
