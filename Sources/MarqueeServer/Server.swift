public import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
public import Logging
internal import NIOCore
internal import NIOSSL
internal import ServiceLifecycle
internal import UnixSignals

/// The HTTP server: routes over the live loop.
///
///     let server = try Server(ServerConfiguration(file: url))
///     try await server.run()          // until SIGTERM; then it drains
public struct Server: Sendable {
    public let configuration: ServerConfiguration
    public let readiness = Readiness()
    let metrics = Metrics()
    let logger: Logger

    public init(_ configuration: ServerConfiguration, logger: Logger? = nil) {
        self.configuration = configuration
        var logger = logger ?? Logger(label: "marquee")
        logger.logLevel = configuration.logLevel
        self.logger = logger
    }

    /// The application, for tests without a socket and for ``run(listening:)``.
    /// - Parameter listening: told of the port once the server listens.
    public func application(
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> some ApplicationProtocol {
        let readiness = readiness
        return Application(
            router: router(), server: try channel(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: "marquee", backlog: 1_024),
            onServerRunning: { channel in
                readiness.state = .ready
                listening(channel.localAddress?.port ?? 0)
            },
            logger: logger)
    }

    /// Serves until SIGTERM or SIGINT; then takes no new requests, and gives those in flight
    /// `server.drain` seconds.
    public func run(listening: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
        let readiness = readiness
        var group = ServiceGroupConfiguration(
            services: [.init(service: try application(listening: listening))],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(configuration.drain)
        try await withGracefulShutdownHandler {
            try await ServiceGroup(configuration: group).run()
        } onGracefulShutdown: {
            readiness.state = .draining
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.add(middleware: RequestMetrics(metrics))
        HealthRoutes(readiness: readiness, metrics: metrics).add(to: router)
        return router
    }

    private func channel() throws -> HTTPServerBuilder {
        var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
        decoder.maxHeaderFieldSize = configuration.maxHeader
        decoder.maxHeaderListSize = configuration.maxHeader
        decoder.maxHeaderFieldCount = 100
        let http = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                idleTimeout: .seconds(Int64(configuration.idleTimeout)), httpDecoderConfiguration: decoder))
        guard let tls = configuration.tls else { return http }
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(tls.certificate).map { NIOSSLCertificateSource.certificate($0) }
            return try .tls(
                http,
                tlsConfiguration: .makeServerConfiguration(
                    certificateChain: chain, privateKey: .privateKey(NIOSSLPrivateKey(file: tls.key, format: .pem))))
        } catch {
            throw ConfigurationError.unusable(
                key: "tls.certificate", reason: "no PEM certificate and key in '\(tls.certificate)' and '\(tls.key)': \(error)")
        }
    }
}
