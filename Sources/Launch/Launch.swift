import Logging
import ServiceLifecycle

/// What every binary does around its service.
public enum Launch {
    /// Ignores SIGPIPE, raises the soft limit of open files to the hard one and installs the log handler.
    /// Call it first thing; safe to call twice.
    public static func prepare(_ options: LogOptions) { fatalError("contract") }

    /// Runs services until SIGINT or SIGTERM: then stops them, last one first, within 5 s; a second signal ends the
    /// process at once.
    public static func run(_ services: [any Service], logger: Logger) async throws { fatalError("contract") }

    /// Prints `name: error: …` to standard error and exits with 1 (64 for wrong use).
    public static func fail(_ error: any Error, name: String) -> Never { fatalError("contract") }
}

/// How a process logs, always to standard error.
public struct LogOptions: Sendable {
    /// `trace` to `critical`.
    public var level: Logger.Level
    /// JSON, a line an entry; else a form for people.
    public var json: Bool
    public init(level: Logger.Level = .info, json: Bool = false) {
        self.level = level
        self.json = json
    }
}
