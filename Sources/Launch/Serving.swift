import Logging
import ServiceLifecycle

/// A server as a service of a process: says that it is ready once it serves. By then the process already
/// listens to signals, so whoever reads the line may stop it cleanly.
public struct Serving: Service {
    private let logger: Logger
    private let start: @Sendable () async throws -> [String: String]
    private let stop: @Sendable () async -> Void

    /// - Parameters:
    ///   - start: Returns when requests are served, with what ``Launch/ready(_:logger:)`` is to say.
    ///   - stop: Ends it, within ``Launch/stopBound``.
    public init(
        logger: Logger, start: @escaping @Sendable () async throws -> [String: String],
        stop: @escaping @Sendable () async -> Void
    ) {
        self.logger = logger
        self.start = start
        self.stop = stop
    }

    public func run() async throws {
        Launch.ready(try await start(), logger: logger)
        // A cancelled wait is an end like any other.
        try? await gracefulShutdown()
        await stop()
    }
}
