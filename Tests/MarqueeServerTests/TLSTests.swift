import Foundation
import ProcessTesting
import Testing

/// A server that speaks TLS, asked by curl.
@Suite(.serialized) struct TLSTests {
    static let isPossible = ["/usr/bin/openssl", "/usr/bin/curl"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Runs a program to its end.
    private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Children.pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try Children.start(process)
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test(.enabled(if: isPossible, "openssl or curl is not installed")) func certificateAndKeyTurnItOn() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-tls-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (certificate, key) = (
            folder.appendingPathComponent("certificate.pem").path, folder.appendingPathComponent("key.pem").path
        )
        let made = try run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj",
                "/CN=marquee", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ])
        try #require(made.status == 0)

        let server = try RunningServer(folder: folder, settings: ["tls.certificate": certificate, "tls.key": key])
        let address = "https://127.0.0.1:\(server.port)"
        let live = try run(
            "/usr/bin/curl", ["-sS", "--noproxy", "*", "--cacert", certificate, "\(address)/api/health/live"])
        #expect(live.status == 0 && live.output == #"{"status":"live"}"#)
        let event = #"{"id":"e","user":"u","item":"i","type":"click"}"#
        let sent = try run(
            "/usr/bin/curl",
            ["-sS", "--noproxy", "*", "--cacert", certificate, "--data", event, "\(address)/api/events"])
        #expect(sent.status == 0 && sent.output.contains("\"accepted\":1"))
        // Whoever does not know the certificate does not trust it, and who speaks no TLS gets no answer.
        #expect(try run("/usr/bin/curl", ["-sS", "--noproxy", "*", "\(address)/api/health/live"]).status == 60)
        #expect(!server.isAlive)
        #expect(
            try run("/usr/bin/curl", ["-sS", "--noproxy", "*", "--cacert", certificate, "\(address)/api/health/live"])
                .status == 0)
        server.signal(SIGTERM)
        #expect(server.wait() == 0)
    }

    @Test func garbageForACertificateIsOneClearError() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-tls-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("garbage.pem")
        try Data("garbage".utf8).write(to: file)
        #expect {
            try RunningServer(folder: folder, settings: ["tls.certificate": file.path, "tls.key": file.path])
        } throws: { error in
            guard let error = error as? RunningServer.DidNotStart else { return false }
            return error.errors.contains("tls.certificate: no PEM certificate and key in '\(file.path)'")
        }
    }
}
