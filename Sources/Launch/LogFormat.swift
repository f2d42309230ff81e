import ArgumentParser

/// The format of a log line.
public enum LogFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// Text: time, level, label, message, `key=value` sorted by key.
    case console
    /// One JSON object per line: `time`, `level`, `logger`, `message`, `metadata`.
    case json
}
