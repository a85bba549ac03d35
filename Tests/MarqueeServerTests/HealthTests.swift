import Hummingbird
import HummingbirdTesting
import MarqueeServer
import Testing

@Suite struct HealthTests {
    @Test func liveAlwaysReadyOnceListening() async throws {
        let server = Server(try ServerConfiguration(flags: ["server.log-level": "error"]))
        try await server.application().test(.router) { client in
            try await client.execute(uri: "/api/health/live", method: .get) { #expect($0.status == .ok) }
            server.readiness.state = .starting
            try await client.execute(uri: "/api/health/ready", method: .get) {
                #expect($0.status == .serviceUnavailable)
                #expect(String(buffer: $0.body) == #"{"status":"starting"}"#)
            }
            server.readiness.state = .ready
            try await client.execute(uri: "/api/health/ready", method: .get) { #expect($0.status == .ok) }
        }
    }

    @Test func metricsTimeRoutesInPrometheusText() async throws {
        let server = Server(try ServerConfiguration(flags: ["server.log-level": "error"]))
        try await server.application().test(.router) { client in
            try await client.execute(uri: "/api/health/live", method: .get) { _ in }
            try await client.execute(uri: "/metrics", method: .get) { response in
                let text = String(buffer: response.body)
                #expect(text.contains("# TYPE marquee_request_seconds histogram"))
                #expect(text.contains("marquee_request_seconds_count{route=\"/api/health/live\",status=\"2xx\"} 1"))
            }
        }
    }
}
