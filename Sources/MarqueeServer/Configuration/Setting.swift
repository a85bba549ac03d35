/// One line of the server's configuration: `server.port` in the YAML file, `MARQUEE_SERVER_PORT` in the
/// environment, `--set server.port=…` on the command line.
public struct Setting: Sendable {
    public let key: String
    /// As the environment would spell it; lists are separated by commas.
    public let standard: String
    public let meaning: String

    init(_ key: String, _ standard: String, _ meaning: String) {
        self.key = key
        self.standard = standard
        self.meaning = meaning
    }

    /// `SERVER_MAX_BODY`; the prefix is ``environmentPrefix``.
    var environmentName: String {
        String(key.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }

    static let environmentPrefix = "MARQUEE_"
    /// Variables with the prefix that are not the server's.
    static let otherVariables = ["DATA", "THREADS"]

    /// Everything that can be set. A key that is not here is an error wherever it is written.
    public static let all: [Setting] = [
        Setting("server.host", "127.0.0.1", "the address to listen at"),
        Setting("server.port", "8080", "the port to listen at; 0 takes a free one"),
        Setting("server.max-body", "8388608", "the largest request body, in bytes"),
        Setting("server.max-header", "16384", "the most bytes that a request's header fields may have together"),
        Setting("server.idle-timeout", "30", "seconds until a connection that says nothing is closed"),
        Setting("server.drain", "10", "seconds that requests in flight have to finish after SIGTERM"),
        Setting("server.log-level", "info", "trace, debug, info, notice, warning, error or critical"),
        Setting("tls.certificate", "", "PEM file of the certificate chain; with tls.key it turns TLS on"),
        Setting("tls.key", "", "PEM file of the private key"),
        Setting("keys.read", "", "API keys that may ask for recommendations and read the catalogue"),
        Setting("keys.write", "", "API keys that may also send events and feedback"),
        Setting("keys.admin", "", "API keys that may also change the catalogue and the model"),
        Setting("limits.rate", "0", "requests a second that one API key, or one address without keys, may make; 0 is no limit"),
        Setting("limits.burst", "0", "requests that may come at once; 0 is one second's worth"),
        Setting("data.folder", "live", "the folder of events, decisions and catalogue"),
    ]
}
