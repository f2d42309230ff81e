import ArgumentParser
import Messages

/// Names and values of choices in `wegent defaults`. A name is accepted as the option (`queue-ttl`) or as the field of the
/// HTTP interface (`queue_ttl_s`).
enum ChoiceName {
    /// Returns the option's name of a field.
    static func option(_ field: String) -> String {
        (field.hasSuffix("_s") ? String(field.dropLast(2)) : field).replacing("_", with: "-")
    }

    /// Returns the field with this name.
    /// - Throws: `ValidationError` with the valid names.
    static func field(_ name: String) throws -> String {
        guard let field = Choices.names.first(where: { $0 == name || option($0) == name }) else {
            let names = Choices.names.map(option).joined(separator: ", ")
            throw ValidationError("there is no choice named '\(name)'; the names are \(names).")
        }
        return field
    }

    /// Returns the JSON value of a field: a time in seconds, anything else as a string.
    /// - Throws: `ValidationError` for text that is no time where one is expected.
    static func value(_ text: String, of field: String) throws -> JSONValue {
        guard field.hasSuffix("_s") else { return .string(text) }
        guard let span = TimeSpan(argument: text) else {
            throw ValidationError("'\(text)' is not a time for \(option(field)); write it like 90s, 10m, 2h or 1d.")
        }
        return .number(span.seconds)
    }

    /// Returns the value of a field as text for a person; nil when it is not set.
    static func text(_ choices: Choices, _ field: String) -> String? {
        let times = [
            "queue_ttl_s": choices.queueTTLS, "grace_s": choices.graceS, "timeout_s": choices.timeoutS,
            "idle_timeout_s": choices.idleTimeoutS,
        ]
        if let time = times[field] {
            guard let seconds = time else { return nil }
            return seconds == 0 && field.contains("timeout") ? "none" : TimeSpan(seconds: seconds).text
        }
        switch field {
        case "priority": return choices.priority?.rawValue
        case "if_offline": return choices.ifOffline?.rawValue
        case "on_disconnect": return choices.onDisconnect?.rawValue
        case "background": return choices.background?.rawValue
        case "on_limit": return choices.onLimit?.rawValue
        default: return choices.permissionMode?.rawValue
        }
    }
}
