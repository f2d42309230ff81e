import ArgumentParser

/// The form of a log line.
public enum LogFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// For people: time, level, label, message, `key=value` sorted by key.
    case console
    /// One JSON object a line: `time`, `level`, `logger`, `message`, `metadata`.
    case json
}
