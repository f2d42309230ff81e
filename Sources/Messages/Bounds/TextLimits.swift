/// The longest text of each field of the messages, in bytes of UTF-8, by the field's name: the one place where a text
/// gets its bound. ``Wire/decode(_:from:)`` applies it to everything that arrives, before the message is decoded.
public enum TextLimits {
    /// What happens to a longer text.
    public enum Rule: Sendable, Equatable {
        /// The text keeps its beginning, and a mark names its length: a sentence for people, which nothing decides by.
        case cut(Int)
        /// The message is refused with the field's name: a cut id, path or prompt would be another one.
        case refuse(Int)
        /// An object or list whose texts have no names of their own; its JSON has at most this many bytes.
        case whole(Int)

        /// The most bytes.
        public var bytes: Int {
            switch self {
            case .cut(let bytes), .refuse(let bytes), .whole(let bytes): bytes
            }
        }
    }

    /// A sentence for people: an error with the last lines of a program's output.
    public static let sentence = 8 << 10
    /// 200 characters of 4 bytes.
    public static let name = 800
    /// 500 characters of 4 bytes.
    public static let line = 2000
    /// The longest path that Linux opens.
    public static let path = 4096
    /// A field that is not listed: an id, a time, a name of an open set, or a field of a later version, which is ignored.
    public static let other = Rule.cut(256)

    /// The rule of each listed field, by its name in JSON.
    public static let fields: [String: Rule] = [
        // Prompts and messages of people, and what an agent answered.
        "prompt": .refuse(Limits.prompt), "text": .refuse(Limits.prompt), "answer": .refuse(Limits.history),
        // Paths.
        "cwd": .refuse(path), "workspace": .cut(path), "allowed_dirs": .refuse(path), "endpoint": .refuse(path),
        // Names that people choose, or that decide something.
        "name": .refuse(name), "named": .refuse(name), "label": .refuse(path), "target": .refuse(Limits.target),
        "agent": .refuse(name),
        "idempotency_key": .refuse(name), "request_id": .refuse(name), "option": .refuse(name),
        "query": .refuse(name), "before": .refuse(line), "next": .refuse(line), "digest": .refuse(256),
        "id": .refuse(256), "device_id": .refuse(256), "removed_labels": .refuse(256), "clear": .refuse(256),
        "device_name": .cut(name), "tool": .cut(name), "by": .cut(name), "resolved_by": .cut(name),
        "version": .cut(name), "hostname": .cut(name),
        // Lines and sentences for people.
        "title": .cut(line), "rule": .cut(line), "what": .cut(line), "reason": .cut(line), "detail": .cut(line),
        "message": .cut(sentence),
        // Values with a format of their own; the service that stores them checks it.
        "input": .whole(BodyLimits.of(ApprovalRequest.type)),
        "updated_input": .whole(BodyLimits.of(ApprovalRequest.type)),
        "questions": .whole(BodyLimits.of(ApprovalRequest.type)), "options": .whole(64 << 10),
        "answers": .whole(6 * Limits.approvalAnswers + (8 << 10)), "labels": .whole(128 << 10),
    ]

    /// Returns the rule of a field.
    public static func of(_ field: String) -> Rule { fields[field] ?? other }

    /// The shortest text that a rule may concern.
    static let shortest = 256

    /// Returns `text` with at most `limit` bytes: its beginning, up to the end of a character, and a mark with its length.
    public static func cut(_ text: String, to limit: Int) -> String {
        let count = text.utf8.count
        guard count > limit else { return text }
        let mark = "… [cut: \(count) bytes]"
        var end = text.utf8.index(text.startIndex, offsetBy: max(0, limit - mark.utf8.count))
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + mark
    }
}
