internal import HummingbirdCore
internal import MarqueeRuntime

#if TLS
    internal import HummingbirdTLS
    internal import NIOSSL
#endif

/// The certificate and key, PEM files, by which a server shows who it is.
///
/// Served by swift-nio-ssl where the package's trait `TLS` is on, as it is unless a build says otherwise.
public struct TLSIdentity: Sendable, Equatable {
    public var certificate: String
    public var key: String

    /// The same protocol over TLS.
    /// - Throws: `ConfigurationError` where the files are no certificate and key, or this program was built without TLS.
    func securing(_ http: HTTPServerBuilder) throws -> HTTPServerBuilder {
        #if TLS
            do {
                let chain = try NIOSSLCertificate.fromPEMFile(certificate).map {
                    NIOSSLCertificateSource.certificate($0)
                }
                return try .tls(
                    http,
                    tlsConfiguration: .makeServerConfiguration(
                        certificateChain: chain, privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
            } catch {
                throw ConfigurationError(
                    at: ["tls", "certificate"],
                    "tls.certificate: no PEM certificate and key in '\(certificate)' and '\(key)': \(error)")
            }
        #else
            throw ConfigurationError(
                at: ["tls", "certificate"],
                "tls.certificate: this program was built without TLS; build it with 'swift build -c release --product marquee'"
            )
        #endif
    }
}
