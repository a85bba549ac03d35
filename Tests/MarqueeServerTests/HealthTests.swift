import Hummingbird
import HummingbirdTesting
import MarqueeData
import MarqueeModels
import MarqueeServer
import Testing

@Suite struct HealthTests {
    @Test func readySaysWhatTheServerIs() async throws {
        try await ServerFixture.run(deploys: false) { client, server in
            #expect(try await client.send(.get, "/api/health/live").status == 200)
            for (state, status) in [(Readiness.State.starting, 503), (.ready, 200), (.draining, 503)] {
                server.readiness.state = state
                let answer = try await client.send(.get, "/api/health/ready")
                #expect(answer.status == status)
                #expect(answer.json["status"] as? String == state.rawValue)
            }
        }
    }

    @Test func metricsTimeRoutesStagesModelsAndPolicies() async throws {
        try await ServerFixture.run { client, _ in
            try await client.send(.get, "/api/recommend/\(ServerFixture.model.users[0])")
            let text = String(
                buffer: try await client.executeRequest(uri: "/metrics", method: .get, headers: [:], body: nil).body)
            #expect(text.contains("# TYPE marquee_request_seconds histogram"))
            #expect(text.contains("marquee_request_seconds_count{route=\"/api/recommend/{user-id}\",status=\"2xx\"} 1"))
            #expect(text.contains("marquee_decision_stage_seconds_count{stage=\"policy\"} 1"))
            #expect(
                text.contains(
                    "marquee_decision_seconds_count{link=\"model\",model=\"ials-test\",policy=\"epsilon-greedy\"} 1"))
            #expect(text.contains("# TYPE marquee_items gauge\nmarquee_items 100.0"))
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                #expect(line.wholeMatch(of: /[a-z_]+(\{.*\})? [0-9.e+-]+/) != nil, "\(line)")
            }
        }
    }
}
