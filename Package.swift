// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "marquee",
    products: [
        .library(name: "MarqueeRuntime", targets: ["MarqueeRuntime"]),
        .library(name: "MarqueeTensor", targets: ["MarqueeTensor"]),
        .library(name: "MarqueeData", targets: ["MarqueeData"]),
        .library(name: "MarqueeEvaluation", targets: ["MarqueeEvaluation"]),
        .library(name: "MarqueeModels", targets: ["MarqueeModels"]),
        .library(name: "MarqueeLab", targets: ["MarqueeLab"]),
        .library(name: "MarqueeLive", targets: ["MarqueeLive"]),
        .library(name: "MarqueeServer", targets: ["MarqueeServer"]),
        .executable(name: "marquee", targets: ["marquee"]),
    ],
    traits: [
        .trait(
            name: "TLS", description: "HTTPS served by the program itself; its library is a third of a first build."),
        .default(enabledTraits: ["TLS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Floor 0: C inner loops and system libraries.
        .target(name: "CMarqueeKernels", cSettings: [.define("_GNU_SOURCE")]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .target(
            name: "MarqueeRuntime", dependencies: ["CMarqueeKernels", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),
        // Floor 1.
        .target(
            name: "MarqueeTensor", dependencies: ["MarqueeRuntime", "CMarqueeKernels", "COpenBLAS"],
            swiftSettings: strict),
        .target(
            name: "MarqueeData", dependencies: ["MarqueeRuntime", "CMarqueeKernels", "CZip", "CZlib"],
            swiftSettings: strict),
        // Floor 2.
        .target(
            name: "MarqueeEvaluation", dependencies: ["MarqueeRuntime", "CMarqueeKernels", "MarqueeData"],
            swiftSettings: strict),
        // Floor 3.
        .target(
            name: "MarqueeModels",
            dependencies: [
                "MarqueeRuntime", "CMarqueeKernels", "COpenBLAS", "MarqueeTensor", "MarqueeData", "MarqueeEvaluation",
            ],
            swiftSettings: strict),
        // Floor 4.
        .target(
            name: "MarqueeLab",
            dependencies: [
                "MarqueeRuntime", "MarqueeModels", "MarqueeEvaluation", "MarqueeData",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: strict),
        .target(
            name: "MarqueeLive",
            dependencies: [
                "MarqueeRuntime", "MarqueeModels", "MarqueeEvaluation", "MarqueeData", "CHiredis", "CZlib",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        // Floor 5.
        .target(
            name: "MarqueeServer",
            dependencies: [
                "MarqueeLive", "MarqueeModels", "MarqueeEvaluation", "MarqueeData", "MarqueeRuntime", "CZlib",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird", condition: .when(traits: ["TLS"])),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"])),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        // Floor 6.
        .executableTarget(
            name: "marquee",
            dependencies: [
                "MarqueeServer", "MarqueeLive", "MarqueeLab", "MarqueeModels", "MarqueeEvaluation", "MarqueeData",
                "MarqueeTensor",
                "MarqueeRuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // Beside the house: scripts/fuzz.
        .executableTarget(
            name: "marquee-fuzz",
            dependencies: [
                "MarqueeData", "MarqueeRuntime", "MarqueeTensor",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        // The README's program.
        .executableTarget(
            name: "ten-lines", dependencies: ["MarqueeData", "MarqueeModels"], path: "Examples/TenLines",
            swiftSettings: strict),
        .testTarget(name: "MarqueeRuntimeTests", dependencies: ["MarqueeRuntime"], swiftSettings: strict),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .testTarget(
            name: "MarqueeTensorTests",
            dependencies: ["MarqueeTensor", "MarqueeRuntime", "CMarqueeKernels", "CAllocationCounter"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "MarqueeDataTests", dependencies: ["MarqueeData", "MarqueeRuntime", "CZip", "CZlib"],
            resources: [.copy("Fixtures")],
            swiftSettings: strict),
        .testTarget(
            name: "MarqueeEvaluationTests", dependencies: ["MarqueeEvaluation", "MarqueeData", "MarqueeRuntime"],
            resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(
            name: "MarqueeModelsTests", dependencies: ["MarqueeModels"], resources: [.copy("Fixtures")],
            swiftSettings: strict),
        .testTarget(
            name: "MarqueeLabTests",
            dependencies: [
                "MarqueeLab", "MarqueeModels", "MarqueeEvaluation", "MarqueeData", "MarqueeRuntime", "ProcessTesting",
                "marquee",
                "ten-lines",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "live-child", dependencies: ["MarqueeLive"], path: "Tests/LiveChild", swiftSettings: strict),
        .target(
            name: "ProcessTesting", dependencies: ["MarqueeLive"], path: "Tests/ProcessTesting", swiftSettings: strict),
        .testTarget(
            name: "MarqueeLiveTests",
            dependencies: [
                "MarqueeLive", "ProcessTesting", "live-child", "MarqueeModels", "MarqueeEvaluation", "MarqueeData",
                "MarqueeRuntime",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MarqueeServerTests",
            dependencies: [
                "marquee", "MarqueeServer", "MarqueeLive", "ProcessTesting", "MarqueeModels", "MarqueeEvaluation",
                "MarqueeData", "MarqueeRuntime",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Yams", package: "Yams"),
                "CZlib",
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)
