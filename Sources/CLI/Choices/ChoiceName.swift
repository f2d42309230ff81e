import ArgumentParser
import Messages

/// The names of choices in `wegent defaults`: as they travel (`queue_ttl_s`) or like the options (`queue-ttl`).
enum ChoiceName {
    /// The options' name of a field.
    static func short(_ field: String) -> String {
        (field.hasSuffix("_s") ? String(field.dropLast(2)) : field).replacing("_", with: "-")
    }

    /// The field that is meant.
    /// - Throws: `ValidationError` with the names there are.
    static func field(_ name: String) throws -> String {
        guard let field = Choices.names.first(where: { $0 == name || short($0) == name }) else {
            let names = Choices.names.map(short).joined(separator: ", ")
            throw ValidationError("'\(name)' is no choice; there are \(names).")
        }
        return field
    }

    /// A value as it travels: a time in seconds, anything else as it is.
    /// - Throws: `ValidationError` when a time is none.
    static func value(_ text: String, of field: String) throws -> JSONValue {
        guard field.hasSuffix("_s") else { return .string(text) }
        guard let span = Span(argument: text) else {
            throw ValidationError("'\(text)' is no time for \(short(field)); one looks like 90s, 10m, 2h or 1d.")
        }
        return .number(span.seconds)
    }

    /// A value for people; nil when there is none.
    static func text(_ choices: Choices, _ field: String) -> String? {
        let times = [
            "queue_ttl_s": choices.queueTTLS, "grace_s": choices.graceS, "timeout_s": choices.timeoutS,
            "idle_timeout_s": choices.idleTimeoutS,
        ]
        if let time = times[field] {
            guard let seconds = time else { return nil }
            return seconds == 0 && field.contains("timeout") ? "none" : Span(seconds: seconds).text
        }
        switch field {
        case "priority": return choices.priority?.rawValue
        case "if_offline": return choices.ifOffline?.rawValue
        case "on_disconnect": return choices.onDisconnect?.rawValue
        default: return choices.permissionMode?.rawValue
        }
    }
}
