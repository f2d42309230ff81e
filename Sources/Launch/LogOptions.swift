import Logging

/// How a process logs, always to standard error.
public struct LogOptions: Sendable, Equatable {
    /// `trace` to `critical`.
    public var level: Logger.Level
    /// JSON, a line an entry; else a form for people.
    public var json: Bool

    public init(level: Logger.Level = .info, json: Bool = false) {
        self.level = level
        self.json = json
    }
}
