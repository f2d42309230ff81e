// swift-tools-version: 6.2
import PackageDescription

// WEGENT_CORE=1 cuts the package down to the parts that need neither NIO-SSL nor JWTKit, whose two
// copies of BoringSSL are most of a first build. `make test-core` uses it, with a scratch path of its own.
let coreOnly = Context.environment["WEGENT_CORE"] == "1"

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
]

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

/// A library target of this package.
func module(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

/// The thin executable of a service: `Sources/NAME/Main`, which parses, builds and runs.
func main(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: "\(name)Main", dependencies: [.target(name: name), "Launch", log, arguments] + dependencies,
        path: "Sources/\(name)/Main", swiftSettings: strict)
}

/// The tests of one module.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies,
        exclude: exclude, swiftSettings: strict)
}

var products: [Product] = [
    .executable(name: "wegent-registry", targets: ["RegistryMain"]),
    .executable(name: "wegent-dispatcher", targets: ["DispatcherMain"]),
    .executable(name: "wegent-bench-c", targets: ["BenchC"]),
]

var dependencies: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
]

var targets: [Target] = [
    .systemLibrary(name: "CZeroMQ", path: "Sources/System/CZeroMQ"),
    .systemLibrary(name: "CCurl", path: "Sources/System/CCurl"),
    .target(
        name: "CSpawn", path: "Sources/System/CSpawn",
        cSettings: [.treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra")]),
    module("Messages", []),
    module("Mesh", ["CZeroMQ", "Messages", log, metrics, deque]),
    module("Storage", [grdb, log, metrics]),
    module("Curl", ["CCurl", deque]),
    module("Launch", ["Messages", log, metrics, lifecycle, arguments]),
    module("Registry", ["Messages", "Mesh", "Storage", "Launch", grdb, log, metrics, lifecycle], exclude: ["Main"]),
    main("Registry"),
    module(
        "Dispatcher", ["Messages", "Mesh", "Storage", "Launch", grdb, log, metrics, lifecycle, deque, heap],
        exclude: ["Main"]
    ),
    main("Dispatcher"),
    .target(
        name: "TestSupport", dependencies: [log], path: "Tests/Support/Support", swiftSettings: strict),
    .target(
        name: "TestClient", dependencies: ["Curl", "TestSupport"], path: "Tests/Support/Client", swiftSettings: strict),
    .target(
        name: "StoreConformance", dependencies: ["Dispatcher", "Messages"], path: "Tests/StoreConformance",
        swiftSettings: strict),
    .executableTarget(
        name: "BenchC", dependencies: ["CZeroMQ"], path: "Tests/Tools/BenchC", linkerSettings: [.linkedLibrary("zmq")]),
    tests("Messages", exclude: ["Golden"]),
    tests("Mesh", ["CZeroMQ"]),
    tests("Storage", [grdb]),
    tests("Curl"),
    tests("Launch", ["Messages", log, lifecycle, arguments]),
    tests("Registry", ["Messages", "Mesh", "Storage", grdb, log]),
    tests("Dispatcher", ["Messages", "Mesh", "Storage", "StoreConformance", grdb]),
]

if !coreOnly {
    let nio: [Target.Dependency] = [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
    ]
    dependencies += [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.5.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ]
    products += [
        .executable(name: "wegent", targets: ["CLIMain"]),
        .executable(name: "wegent-gateway", targets: ["GatewayMain"]),
        .executable(name: "wegent-executor", targets: ["ExecutorMain"]),
        .executable(name: "wegent-fault", targets: ["FaultsMain"]),
        .executable(name: "wegent-bench", targets: ["Bench"]),
    ]
    targets += [
        module(
            "Gateway",
            [
                "Messages", "Mesh", "Storage", "Launch", grdb, log, metrics, lifecycle, crypto,
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ] + nio, exclude: ["Main"]),
        main("Gateway"),
        module(
            "Executor", ["Messages", "Launch", "CSpawn", log, metrics, lifecycle, deque, crypto, arguments] + nio,
            exclude: ["Main"]),
        main("Executor"),
        module(
            "CLI",
            [
                "Messages", "Mesh", "Gateway", "Registry", "Dispatcher", "Executor", "Curl", "Launch", "Storage", log,
                arguments, lifecycle,
            ],
            exclude: ["Main"]),
        main("CLI"),
        .target(
            name: "ScriptedModel", dependencies: [.product(name: "Hummingbird", package: "hummingbird"), log],
            path: "Tests/Support/ScriptedModel", swiftSettings: strict),
        .target(
            name: "TestCluster", dependencies: ["TestSupport", "TestClient", "ScriptedModel"],
            path: "Tests/Support/Cluster", swiftSettings: strict),
        .target(
            name: "Faults", dependencies: ["TestSupport", "TestClient", "TestCluster", "ScriptedModel", "Curl"],
            path: "Tests/Tools/Faults", swiftSettings: strict),
        .executableTarget(
            name: "FaultsMain", dependencies: ["Faults", "TestSupport", arguments], path: "Tests/Tools/FaultsMain",
            swiftSettings: strict),
        .executableTarget(
            name: "Bench",
            dependencies: [
                "Messages", "Mesh", "Curl", "Executor", "TestSupport", "TestClient", "TestCluster", log, arguments,
            ] + nio,
            path: "Tests/Tools/Bench", swiftSettings: strict),
        tests(
            "Gateway", ["Messages", "Mesh", "Storage", "Registry", "Dispatcher", "TestClient", "Curl", log] + nio),
        tests("Executor", ["Messages", "Launch", "ScriptedModel"] + nio, exclude: ["Recorded"]),
        tests("CLI", ["Messages", "ScriptedModel", arguments]),
        .testTarget(
            name: "DocsTests", dependencies: ["TestSupport", "TestClient", "TestCluster", "ScriptedModel"],
            swiftSettings: strict),
        .testTarget(
            name: "FaultTests", dependencies: ["Faults", "TestClient", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Gateway", "TestSupport", "TestClient", "TestCluster", "Faults", "ScriptedModel", "Messages", "Mesh",
                "Storage", "Curl",
            ] + nio, swiftSettings: strict),
    ]
}

let package = Package(
    name: "wegent-mesh",
    platforms: [.macOS(.v15)],
    products: products,
    dependencies: dependencies,
    targets: targets
)
