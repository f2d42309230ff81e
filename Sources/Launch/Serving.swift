import Logging
import ServiceLifecycle

/// A server as a service of a process: reports that it is ready once it serves. By then the process already handles
/// signals, so a script that reads the ready line can stop it cleanly.
public struct Serving: Service {
    private let logger: Logger
    private let start: @Sendable () async throws -> [String: String]
    private let stop: @Sendable () async -> Void

    /// - Parameters:
    ///   - start: Starts the server; returns the fields for ``Launch/ready(_:logger:)`` once it serves.
    ///   - stop: Stops the server, within ``Launch/stopBound``.
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
        // Cancellation stops the server as well.
        try? await gracefulShutdown()
        await stop()
    }
}
