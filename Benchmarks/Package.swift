// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that whoever depends on Marquee does not see what measures it.
let package = Package(
    name: "marquee-benchmarks",
    dependencies: [
        .package(name: "marquee", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .systemLibrary(name: "COpenBLASBench", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .executableTarget(
            name: "marquee-bench",
            dependencies: [
                "COpenBLASBench",
                .product(name: "MarqueeRuntime", package: "marquee"),
                .product(name: "MarqueeTensor", package: "marquee"),
                .product(name: "MarqueeData", package: "marquee"),
                .product(name: "MarqueeEvaluation", package: "marquee"),
                .product(name: "MarqueeModels", package: "marquee"),
                .product(name: "MarqueeLive", package: "marquee"),
                .product(name: "MarqueeServer", package: "marquee"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
