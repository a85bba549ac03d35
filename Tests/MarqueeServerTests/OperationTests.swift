import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeServer

/// What those meet who run the server: settings that cannot be, signals, the end.
@Suite(.serialized) struct OperationTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-operation-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func get(_ port: UInt16, _ path: String, key: String = "none") throws -> String {
        try Wire(port).exchange(
            "GET \(path) HTTP/1.1\r\nHost: x\r\nX-API-Key: \(key)\r\nConnection: close\r\n\r\n")
    }

    @Test func aPortThatIsTakenIsOneClearError() throws {
        try withFolder { folder in
            let first = try RunningServer(folder: folder.appendingPathComponent("first"))
            #expect {
                try RunningServer(folder: folder.appendingPathComponent("second"), port: first.port)
            } throws: { error in
                let errors = (error as? RunningServer.DidNotStart)?.errors ?? ""
                return errors.contains("server.port: \(first.port) is taken by another program")
                    && errors.split(separator: "\n").count == 1
            }
            #expect(first.isAlive)
        }
    }

    @Test(arguments: [
        ("192.0.2.1", "is no address of this machine"), ("no host", "is no address, and no name of one"),
    ]) func anAddressThatIsNotHereIsOneClearError(host: String, message: String) throws {
        try withFolder { folder in
            #expect {
                try RunningServer(folder: folder, settings: ["server.host": host])
            } throws: {
                let errors = ($0 as? RunningServer.DidNotStart)?.errors ?? ""
                return errors.contains("server.host: '\(host)' \(message)")
            }
        }
    }

    @Test func aFolderThatCannotBeIsOneClearError() throws {
        try withFolder { folder in
            let file = folder.appendingPathComponent("live")
            try Data().write(to: file)
            #expect {
                try RunningServer(folder: folder)
            } throws: {
                let errors = ($0 as? RunningServer.DidNotStart)?.errors ?? ""
                return errors.contains("\(file.path): ") && errors.split(separator: "\n").count == 1
            }
        }
    }

    @Test(arguments: [
        ("policy", "{ epsilon-greedy: { epsilon: 2 } }", "epsilon must be from 0 to 1, found 2.0"),
        ("policy", "{ epsilon-greedy: { epsilon: many } }", "expected a number, found 'many'"),
        ("policy", "[1]", "a policy is a name"), ("policy", "{ softmax: { temperature: -1 } }", "must be above 0"),
        ("limits.rate", "-1", "-1.0 is not in"), ("server.idle-timeout", "0", "0 is not in 1…3600"),
        ("recommend.count", "500", "500 is not in 1…100"),
        ("recommend.sources", "model:many", "a number of candidates"),
        ("recommend.consuming", "clik", "did you mean 'click'?"), ("server.log-level", "loud", "unknown value 'loud'"),
        ("features.redis", "here", "'here' is not like 127.0.0.1:6379"), ("metrics.access", "keys", "unknown value"),
        ("metrics.access", "read", "there are no keys"), ("cors.origins", "shop.example", "is not like https://"),
        ("experiments", "[{ name: a, arms: [] }]", "at least two arms"), ("experiments", "3", "expected a list"),
        ("recommend.probabilities", "perhaps", "true or false"), ("tls.key", "x", "wants both"),
    ]) func settingsOutOfRangeSayWhereAndWhatIsRight(key: String, value: String, message: String) throws {
        try withFolder { folder in
            let file = folder.appendingPathComponent("server.yaml")
            let parts = key.split(separator: ".")
            let place = parts.count == 2 ? "\(parts[0]):\n  \(parts[1])" : "# first\n\(key)"
            try Data("\(place): \(value)\n".utf8).write(to: file)
            let settings = key == "features.redis" ? ["features.store": "redis"] : [:]
            let error = #expect(throws: ConfigurationError.self) {
                try ServerConfiguration(file: file, flags: settings)
            }
            let text = error.map { "\($0)" } ?? ""
            // Where both keys are wanted, the one that is not there is told of.
            #expect(text.contains(key == "tls.key" ? "tls.certificate: " : "\(key): "), "\(text)")
            #expect(text.contains(message), "\(text)")
            #expect(text.hasPrefix("\(file.path):2: ") || key == "tls.key", "\(text)")
        }
    }

    @Test func whoeverOpensItToOthersWithoutKeysIsWarned() throws {
        try withFolder { folder in
            let open = try RunningServer(
                folder: folder.appendingPathComponent("open"), settings: ["server.host": "0.0.0.0"])
            #expect(open.errors.contains("whoever reaches 0.0.0.0 may change everything"))
            let keyed = try RunningServer(
                folder: folder.appendingPathComponent("keyed"),
                settings: ["server.host": "0.0.0.0", "keys.admin": "a"])
            #expect(!keyed.errors.contains("may change everything"))
        }
        for (host, isOpen) in [
            ("127.0.0.1", false), ("localhost", false), ("::1", false), ("::", true), ("10.0.0.1", true),
        ] {
            #expect(try ServerConfiguration(flags: ["server.host": host]).isOpenToOthers == isOpen, "\(host)")
        }
    }

    @Test func aHangupReadsTheSettingsAgain() throws {
        try withFolder { folder in
            let file = folder.appendingPathComponent("server.yaml")
            func write(_ yaml: String) throws { try Data(yaml.utf8).write(to: file) }
            try write("keys: { read: old }\nserver: { log-level: notice }\n")
            let server = try RunningServer(folder: folder, file: file)
            #expect(try get(server.port, "/api/popular", key: "old").hasPrefix("HTTP/1.1 200"))

            func hangUp(until text: String) {
                server.signal(SIGHUP)
                while !server.errors.contains(text), server.isAlive { usleep(10_000) }
            }
            try write(
                "keys: { read: new }\nserver: { log-level: notice, max-body: 4096 }\nlimits: { rate: 0.001, burst: 2 }\n"
            )
            hangUp(until: "after a restart: server.max-body")
            #expect(server.errors.contains("changed=keys.read, limits.rate, limits.burst"))
            #expect(try get(server.port, "/api/popular", key: "old").hasPrefix("HTTP/1.1 401"))
            #expect(try get(server.port, "/api/popular", key: "new").hasPrefix("HTTP/1.1 200"))
            #expect(try get(server.port, "/api/popular", key: "new").hasPrefix("HTTP/1.1 200"))
            #expect(try get(server.port, "/api/popular", key: "new").hasPrefix("HTTP/1.1 429"))

            // What cannot be read changes nothing.
            try write("keys: { rread: other }\n")
            hangUp(until: "the settings stay as they are")
            #expect(server.errors.contains("did you mean 'keys.read'?"))
            #expect(try get(server.port, "/api/popular", key: "new").hasPrefix("HTTP/1.1 429"))
            #expect(server.isAlive)
        }
    }

    @Test func whoIsToldToStopSaysSoBeforeTheListenerCloses() throws {
        try withFolder { folder in
            let server = try RunningServer(folder: folder, settings: ["server.drain-notice": "3600"])
            while try !get(server.port, "/api/health/ready").hasPrefix("HTTP/1.1 200") { usleep(10_000) }
            server.signal(SIGTERM)
            while try get(server.port, "/api/health/ready").hasPrefix("HTTP/1.1 200") { usleep(10_000) }
            // It says that it goes, and still answers whoever did not hear of it.
            #expect(try get(server.port, "/api/health/ready").contains("draining"))
            #expect(try get(server.port, "/api/popular").hasPrefix("HTTP/1.1 200"))
            server.signal(SIGKILL)
        }
        try withFolder { folder in
            let server = try RunningServer(folder: folder, settings: ["server.drain-notice": "0"])
            server.signal(SIGTERM)
            #expect(server.wait() == 0)
        }
    }
}
