import ArgumentParser
import Logging
import Messages
import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Starts and stops the process of each binary.
public enum Launch {
    /// How long services may take to stop before the process exits anyway.
    public static let stopBound: Duration = .seconds(5)

    private static let hasLogging = Mutex(false)

    /// Ignores SIGPIPE, raises the soft limit of open files to the hard one and installs the log handler.
    /// Call it before anything else. Safe to call twice: the options of the first call stay in force.
    public static func prepare(_ options: LogOptions) {
        signal(SIGPIPE, SIG_IGN)
        raiseFileLimit()
        let isFirst = hasLogging.withLock { hasLogging in
            defer { hasLogging = true }
            return !hasLogging
        }
        if isFirst { LoggingSystem.bootstrap { LineLogHandler(label: $0, options: options) } }
    }

    /// Runs services until SIGINT or SIGTERM, then drains and stops them in reverse order within `bound`. A second
    /// signal ends the process at once (exit code 130 or 143). A service that ends or fails stops the others too.
    /// - Parameters:
    ///   - bound: How long the services may take to stop; longer than any deadline of their own.
    ///   - onForcedExit: Called once, on the signal queue, before the process exits without stopping its services: for
    ///     children that would outlive it. Must not block.
    /// - Throws: the error of the first service that failed.
    public static func run(
        _ services: [any Service], within bound: Duration = stopBound, logger: Logger,
        onForcedExit: @escaping @Sendable () -> Void = {}
    ) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "\(type(of: $0))")
            }, logger: groupLogger(logger))
        configuration.maximumGracefulShutdownDuration = bound
        let group = ServiceGroup(configuration: configuration)
        let signals = await StopSignals(bound: bound, logger: logger, onForcedExit: onForcedExit) {
            Task { await group.triggerGracefulShutdown() }
        }
        defer { signals.cancel() }
        try await group.run()
    }

    /// Reports that a service is ready: a notice `ready` in the log, and the same fields as a line of JSON on standard
    /// output for scripts, such as `{"endpoint":"tcp://127.0.0.1:7401"}`.
    public static func ready(_ fields: [String: String], logger: Logger) {
        logger.notice("ready", metadata: fields.mapValues { .string($0) })
        StandardStream.output.write(LogLine.json(.dictionary(fields.mapValues { .string($0) })) + "\n")
    }

    /// Prints `name: error: …` to standard error and exits with 1, 64 for a usage error, 78 for a ``Misconfiguration``.
    public static func fail(_ error: any Error, name: String) -> Never {
        if let code = error as? ExitCode { exit(code.rawValue) }
        StandardStream.error.write("\(name): error: \(message(error))\n")
        exit(exitCode(error))
    }

    static func exitCode(_ error: any Error) -> Int32 {
        switch error {
        case is ValidationError: EX_USAGE
        case is Misconfiguration: Misconfiguration.exitCode
        default: EXIT_FAILURE
        }
    }

    static func message(_ error: any Error) -> String {
        switch error {
        case let error as ValidationError: error.message
        case let fault as Fault: fault.message
        default: "\(error)"
        }
    }

    /// Returns a logger for the service group's own messages, which only help to debug it.
    private static func groupLogger(_ logger: Logger) -> Logger {
        var group = logger
        group.logLevel = logger.logLevel <= .debug ? logger.logLevel : .error
        return group
    }

    private static func raiseFileLimit() {
        var limit = rlimit()
        #if canImport(Glibc)
            let files = RLIMIT_NOFILE.rawValue
            guard getrlimit(__rlimit_resource_t(files), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(__rlimit_resource_t(files), &limit)
        #else
            guard getrlimit(RLIMIT_NOFILE, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(RLIMIT_NOFILE, &limit)
        #endif
    }
}
