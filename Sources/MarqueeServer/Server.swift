internal import Foundation
public import Hummingbird
internal import HummingbirdCore
public import Logging
public import MarqueeLive
internal import NIOCore
internal import ServiceLifecycle
internal import UnixSignals

/// The HTTP server: routes over the live loop.
///
///     let configuration = try ServerConfiguration(file: url)
///     let server = try await Server(configuration)
///     try await server.run()          // until SIGTERM; then it drains
public struct Server: Sendable {
    public let configuration: ServerConfiguration
    public let loop: LiveLoop
    /// What decisions ask of the feature store.
    public var features: (any LiveFeatures)? { loop.features }
    public let readiness = Readiness()
    let metrics = Metrics()
    let access: Access
    let level: LogLevel
    let logger: Logger

    /// Opens the loop's folder and deploys the configured model. A model that cannot be used is one error in
    /// the log, and the server runs without it.
    public init(_ configuration: ServerConfiguration, logger: Logger? = nil) async throws {
        let level = LogLevel(configuration.logLevel)
        let logger = logger ?? configuration.logger(at: level)
        let store: any FeatureStore =
            configuration.redis.map { RedisStore($0, readingLimit: configuration.decisions.storeLimit) }
            ?? EmbeddedStore(capacity: configuration.featureCapacity)
        let features = EngineFeatures(
            configuration.definitions, store: store, recent: configuration.recentFeature,
            report: { [logger] in logger.warning("features: \($0)") })
        var settings = configuration.loop
        settings.report = { [logger] in logger.warning("\($0)") }
        let loop = try await LiveLoop(
            folder: URL(fileURLWithPath: configuration.folder), configuration: settings, features: features)
        self.init(configuration, loop: loop, level: level, logger: logger)
        guard let path = configuration.model else { return }
        do {
            let version = try await loop.deploy(URL(fileURLWithPath: path))
            self.logger.info("model deployed", metadata: ["model": "\(version)"])
        } catch {
            self.logger.error("no model: \(error)")
        }
    }

    /// A server over a loop that is open already.
    public init(_ configuration: ServerConfiguration, loop: LiveLoop) {
        let level = LogLevel(configuration.logLevel)
        self.init(configuration, loop: loop, level: level, logger: configuration.logger(at: level))
    }

    private init(_ configuration: ServerConfiguration, loop: LiveLoop, level: LogLevel, logger: Logger) {
        self.configuration = configuration
        self.loop = loop
        self.level = level
        self.logger = logger
        access = Access(configuration)
    }

    /// The application, for tests without a socket and for ``run(listening:)``.
    /// - Parameter listening: told of the port once the server listens.
    public func application(
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> some ApplicationProtocol {
        Application(
            router: router(), server: try channel(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: "marquee", backlog: 1_024,
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.maxConnections, logger: logger)),
            services: [
                LoopService(loop: loop, logger: logger), CatchingUp(loop: loop, readiness: readiness),
                Retention(loop: loop, logger: logger),
                ModelWatch(loop: loop, configuration: configuration, logger: logger),
            ],
            onServerRunning: { channel in listening(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    /// Serves until SIGTERM or SIGINT. Then it says so for `server.drain-notice` seconds while it answers all the same,
    /// takes no new requests, and gives those in flight `server.drain` seconds.
    /// - Parameters:
    ///   - reload: reads the settings again at SIGHUP; nil where it means nothing, and ends the process as usual.
    ///   - listening: told of the port once the server listens.
    /// - Throws: `ConfigurationError` where it cannot listen.
    public func run(
        reload: (@Sendable () throws -> ServerConfiguration)? = nil,
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        if configuration.isOpenToOthers {
            logger.warning(
                "whoever reaches \(configuration.host) may change everything: there are no keys; set keys.read, keys.write and keys.admin"
            )
        }
        var services: [any Service] = [try application(listening: listening)]
        if let reload { services.append(Reloading(server: self, read: reload)) }
        // Stopped from the last to the first.
        services.append(Draining(readiness: readiness, notice: .seconds(configuration.drainNotice)))
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(configuration.drainNotice + configuration.drain)
        do { try await ServiceGroup(configuration: group).run() } catch {
            throw configuration.cannotListen(error) ?? error
        }
    }

    /// Runs `work` on the loop of a server that does not serve, once it knows what its log tells, and closes it.
    public func stopped<Result: Sendable>(_ work: @escaping @Sendable (LiveLoop) async throws -> Result) async throws
        -> Result
    {
        let following = Task { try await loop.follow() }
        let result: Swift.Result<Result, any Error>
        do {
            try await loop.caughtUp()
            result = .success(try await work(loop))
        } catch { result = .failure(error) }
        await loop.close()
        _ = await following.result
        return try result.get()
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        if !configuration.origins.isEmpty { router.add(middleware: CrossOrigin(origins: configuration.origins)) }
        router.add(middleware: RequestMetrics(metrics))
        addRoutes(to: Endpoints(router, access: access)).refuseOtherMethods()
        addGauges()
        return router
    }

    /// Every route that the server has.
    var endpoints: [Endpoint] {
        addRoutes(to: Endpoints(Router(context: BasicRequestContext.self), access: access)).all
    }

    private func addRoutes(to routes: Endpoints) -> Endpoints {
        HealthRoutes(readiness: readiness).add(to: routes)
        MetricsRoutes(metrics: metrics).add(to: routes.below("", for: configuration.metricsScope))
        OpenAPI.add(to: routes)
        let reader = BodyReader(maxBytes: configuration.maxBody, maxTime: .seconds(configuration.idleTimeout))
        let (read, write, admin) = (
            routes.below("api", for: .read), routes.below("api", for: .write), routes.below("api", for: .admin)
        )
        RecommendRoutes(
            loop: loop, reader: reader, count: configuration.count, maxCount: configuration.maxCount,
            times: DecisionTimes(metrics), settings: configuration.gorse
        ).add(to: read)
        EventRoutes(loop: loop, reader: reader, metrics: metrics).add(to: write)
        let catalog = CatalogRoutes(loop: loop, reader: reader)
        catalog.addReading(to: read)
        catalog.addWriting(to: admin)
        FeedbackRoutes(loop: loop).add(to: admin)
        let gorse = GorseFeedbackRoutes(loop: loop, reader: reader, settings: configuration.gorse)
        gorse.addSending(to: write)
        gorse.addReading(to: admin)
        ErasureRoutes(loop: loop).add(to: admin)
        ModelRoutes(loop: loop, reader: reader).add(to: admin)
        ExperimentRoutes(loop: loop).add(to: read)
        return routes
    }

    private func addGauges() {
        let loop = loop
        metrics.gauge("marquee_events_waiting", help: "Events that wait for the disk.") { Double(loop.events.waiting) }
        metrics.gauge("marquee_events_behind", help: "Events in the log that are not applied yet.") {
            Double(loop.events.lastSequence - loop.status.applied)
        }
        metrics.gauge(
            "marquee_events_unknown_item",
            help: "Events about items that the catalog does not know; they count once it does."
        ) {
            Double(loop.status.unknownItems)
        }
        metrics.gauge("marquee_outcomes_joined", help: "Events joined with the decision that they name.") {
            Double(loop.learner.counts.joined)
        }
        metrics.gauge(
            "marquee_outcomes_unjoined", help: "Events that name a decision which did not show them the item."
        ) {
            Double(loop.learner.counts.unjoined)
        }
        metrics.gauge("marquee_people", help: "People remembered.") { Double(loop.audience.count) }
        if let features = loop.features, features.statisticCount != nil {
            metrics.gauge("marquee_features", help: "Statistics of the embedded feature store.") {
                Double(features.statisticCount ?? 0)
            }
        }
        let help = "Lists that the deployed model remembers: best items of users, neighbors of items."
        metrics.gauge("marquee_model_lists", help: help, [("of", "users")]) {
            Double(loop.model?.listCounts.users ?? 0)
        }
        metrics.gauge("marquee_model_lists", help: help, [("of", "items")]) {
            Double(loop.model?.listCounts.items ?? 0)
        }
        metrics.gauge("marquee_items", help: "Items of the catalog.") { Double(loop.catalog.snapshot.count) }
        metrics.gauge("marquee_decision_log_failing", help: "1 while decisions cannot be written.") {
            loop.decisions.failure == nil ? 0 : 1
        }
    }

    private func channel() throws -> HTTPServerBuilder {
        var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
        decoder.maxHeaderFieldSize = configuration.maxHeader
        decoder.maxHeaderListSize = configuration.maxHeader
        decoder.maxHeaderFieldCount = 100
        let maxBody = configuration.maxBody
        let http = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ContinueHandler(maxBody: maxBody)],
                idleTimeout: .seconds(Int64(configuration.idleTimeout)), httpDecoderConfiguration: decoder))
        return try configuration.tls.map { try $0.securing(http) } ?? http
    }
}

/// Applies the event log while the server runs, and closes the logs after the last request.
private struct LoopService: Service {
    let loop: LiveLoop
    let logger: Logger

    func run() async throws {
        await withGracefulShutdownHandler {
            do { try await loop.follow() } catch is CancellationError {} catch {
                logger.error("the event log is not followed any more; the server stops: \(error)")
            }
        } onGracefulShutdown: {
            Task { await loop.close() }
        }
        await loop.close()
    }
}

/// Says that traffic may come once the loop knows what its log tells: before that it would show what was consumed.
private struct CatchingUp: Service {
    let loop: LiveLoop
    let readiness: Readiness

    func run() async throws {
        await cancelWhenGracefulShutdown {
            do { try await loop.caughtUp() } catch { return }
            readiness.begin()
        }
        try? await gracefulShutdown()
    }
}

/// Drops what the logs have kept long enough, once an hour.
private struct Retention: Service {
    let loop: LiveLoop
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let dropped = try await loop.dropOld()
                    if dropped.events + dropped.decisions > 0 {
                        logger.info(
                            "dropped by age",
                            metadata: ["events": "\(dropped.events)", "decisions": "\(dropped.decisions)"])
                    }
                } catch is CancellationError {} catch { logger.error("what is old could not be dropped: \(error)") }
                try? await Task.sleep(for: .seconds(3_600))
            }
        }
    }
}

/// Says that no more traffic should come once the server was told to stop, and gives those who send it time to see.
private struct Draining: Service {
    let readiness: Readiness
    let notice: Duration

    func run() async throws {
        try? await gracefulShutdown()
        readiness.state = .draining
        try? await Task.sleep(for: notice)
    }
}

/// Deploys the model again when its folder changes; a folder that cannot be used is one error in the log, and
/// the old model stays at work.
private struct ModelWatch: Service {
    let loop: LiveLoop
    let configuration: ServerConfiguration
    let logger: Logger

    func run() async throws {
        guard let path = configuration.model, configuration.modelWatch > 0 else {
            try? await gracefulShutdown()
            return
        }
        let file = URL(fileURLWithPath: path).appendingPathComponent("model.json")
        await cancelWhenGracefulShutdown {
            var last = Self.stamp(file)
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(configuration.modelWatch))
                let stamp = Self.stamp(file)
                guard stamp != last, stamp != nil, !Task.isCancelled else { continue }
                last = stamp
                do {
                    let version = try await loop.deploy(URL(fileURLWithPath: path))
                    logger.info("model deployed", metadata: ["model": "\(version)"])
                } catch {
                    logger.error("the model at work stays: \(error)")
                }
            }
        }
    }

    /// Changes whenever the file does.
    private static func stamp(_ file: URL) -> [Int64]? {
        guard let values = try? FileManager.default.attributesOfItem(atPath: file.path),
            let date = values[.modificationDate] as? Date, let size = values[.size] as? NSNumber
        else { return nil }
        return [Int64(date.timeIntervalSince1970 * 1e6), size.int64Value]
    }
}
