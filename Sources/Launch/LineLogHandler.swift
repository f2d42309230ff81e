import Logging
import Messages

/// Writes each entry as one line to standard error, unbuffered, so that nothing is lost at exit.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let json: Bool
    private let sink: @Sendable (String) -> Void

    init(
        label: String, options: LogOptions, sink: @escaping @Sendable (String) -> Void = StandardStream.error.write
    ) {
        self.label = label
        logLevel = options.level
        json = options.json
        self.sink = sink
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadataProvider?.get() ?? [:]
        all.merge(metadata) { $1 }
        all.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error { all["error"] = .string("\(error)") }
        let line = LogLine(
            time: .now(), level: event.level, label: label, message: event.message.description, metadata: all)
        sink(json ? line.json : line.console)
    }
}
