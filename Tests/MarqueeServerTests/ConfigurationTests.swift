import Foundation
import MarqueeRuntime
import MarqueeServer
import Testing

@Suite struct ConfigurationTests {
    @Test func laterPlacesAreStronger() throws {
        let file = try written("server:\n  port: 1\n  host: a\n  max-body: 2048\n")
        defer { try? FileManager.default.removeItem(at: file) }
        let configuration = try ServerConfiguration(
            file: file, environment: ["MARQUEE_SERVER_PORT": "2", "MARQUEE_SERVER_HOST": "b", "HOME": "/"],
            flags: ["server.port": "3"])
        #expect(configuration.port == 3)
        #expect(configuration.host == "b")
        #expect(configuration.maxBody == 2_048)
        #expect(configuration.idleTimeout == 30)
    }

    @Test func unknownKeysNameTheNearest() throws {
        let file = try written("server:\n  prot: 1\n")
        defer { try? FileManager.default.removeItem(at: file) }
        let written = #expect(throws: ConfigurationError.self) { try ServerConfiguration(file: file) }
        #expect(written?.path == ["server", "prot"])
        #expect(
            written?.description.hasPrefix("\(file.path):2: unknown key 'server.prot': did you mean 'server.port'?")
                == true)
        let variable = #expect(throws: ConfigurationError.self) {
            try ServerConfiguration(environment: ["MARQUEE_SERVER_PROT": "1"])
        }
        #expect(
            variable?.description.hasPrefix(
                "unknown environment variable 'MARQUEE_SERVER_PROT': did you mean 'MARQUEE_SERVER_PORT'?") == true)
        let flag = #expect(throws: ConfigurationError.self) { try ServerConfiguration(flags: ["port": "1"]) }
        #expect(flag?.description.hasPrefix("the command line: unknown key 'port'") == true)
    }

    @Test(arguments: ["server.port=many", "server.port=70000", "server.log-level=loud", "tls.key=x"])
    func valuesOfTheWrongKindAreErrors(flag: String) throws {
        let parts = flag.split(separator: "=").map(String.init)
        #expect(throws: ConfigurationError.self) { try ServerConfiguration(flags: [parts[0]: parts[1]]) }
    }

    @Test func aWrongValueSaysWhereItWasSet() throws {
        let file = try written("server: { port: many }\n")
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(
            throws: ConfigurationError(
                file: file.path, line: 1, at: ["server", "port"], "server.port: it must be a whole number")
        ) {
            try ServerConfiguration(file: file)
        }
    }

    @Test func keysHaveTheirStrongestScope() throws {
        let configuration = try ServerConfiguration(environment: [
            "MARQUEE_KEYS_READ": "a,b", "MARQUEE_KEYS_ADMIN": "b",
        ])
        #expect(configuration.keys == ["a": .read, "b": .admin])
    }

    @Test func anEmptyFileIsAllStandard() throws {
        let file = try written("")
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(try ServerConfiguration(file: file).port == 8_080)
    }

    private func written(_ text: String) throws -> URL {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID()).yaml")
        try Data(text.utf8).write(to: url)
        return url
    }
}
