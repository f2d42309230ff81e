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

/// What every binary does around its service.
public enum Launch {
    /// How long services may take to stop before the process ends without them.
    public static let stopBound: Duration = .seconds(5)

    private static let logging = Mutex(false)

    /// Ignores SIGPIPE, raises the soft limit of open files to the hard one and installs the log handler.
    /// Call it first thing; safe to call twice (the first call's options stay in force).
    public static func prepare(_ options: LogOptions) {
        signal(SIGPIPE, SIG_IGN)
        raiseFileLimit()
        let first = logging.withLock { done in
            defer { done = true }
            return !done
        }
        if first { LoggingSystem.bootstrap { LineLogHandler(label: $0, options: options) } }
    }

    /// Runs services until SIGINT or SIGTERM: then drains and stops them, last one first, within `bound`; a second
    /// signal ends the process at once (exit code 130 or 143). A service that ends or fails stops the others too.
    /// - Parameters:
    ///   - bound: How long they may take; for a service with a deadline of its own, that and a little more.
    ///   - lastRites: What cannot be left undone when the process ends without its services, such as children that
    ///     would outlive it. Called on the queue of the signals, once, and must not wait.
    /// - Throws: what the first failing service threw.
    public static func run(
        _ services: [any Service], within bound: Duration = stopBound, logger: Logger,
        lastRites: @escaping @Sendable () -> Void = {}
    ) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "\(type(of: $0))")
            }, logger: quiet(logger))
        configuration.maximumGracefulShutdownDuration = bound
        let group = ServiceGroup(configuration: configuration)
        let signals = await StopSignals(bound: bound, logger: logger, lastRites: lastRites) {
            Task { await group.triggerGracefulShutdown() }
        }
        defer { signals.cancel() }
        try await group.run()
    }

    /// Says that a service serves: a notice `ready` in the log, and the same fields as a line of JSON on standard
    /// output for scripts, such as `{"endpoint":"tcp://127.0.0.1:7401"}`.
    public static func ready(_ fields: [String: String], logger: Logger) {
        logger.notice("ready", metadata: fields.mapValues { .string($0) })
        StandardStream.output.write(LogLine.json(.dictionary(fields.mapValues { .string($0) })) + "\n")
    }

    /// Prints `name: error: …` to standard error and exits with 1 (64 for wrong use).
    public static func fail(_ error: any Error, name: String) -> Never {
        if let code = error as? ExitCode { exit(code.rawValue) }
        StandardStream.error.write("\(name): error: \(sentence(error))\n")
        exit(error is ValidationError ? EX_USAGE : EXIT_FAILURE)
    }

    static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as ValidationError: error.message
        case let fault as Fault: fault.message
        default: "\(error)"
        }
    }

    /// The group's own steps are of use only to somebody who looks for a fault in them.
    private static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = logger.logLevel <= .debug ? logger.logLevel : .error
        return quiet
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
