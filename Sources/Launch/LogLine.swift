import Logging
import Messages

/// One entry of a log as the line that is written, ended by a newline.
struct LogLine {
    var time: Timestamp
    var level: Logger.Level
    var label: String
    var message: String
    var metadata: Logger.Metadata

    /// For people; control characters are escaped, so that an entry is a line whatever its metadata hold.
    var console: String {
        let word = level.rawValue.uppercased()
        let padded = word + String(repeating: " ", count: max(0, 8 - word.count))
        let pairs = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.bare($0.value.description))" }
        return "\(time) \(padded) \(label): \(Self.escaped(message, quotes: false))\(pairs.joined())\n"
    }

    /// For machines.
    var json: String {
        var fields = [
            "\"time\":\"\(time)\"", "\"level\":\"\(level.rawValue)\"", "\"logger\":\(Self.quoted(label))",
            "\"message\":\(Self.quoted(message))",
        ]
        if !metadata.isEmpty { fields.append("\"metadata\":" + Self.json(.dictionary(metadata))) }
        return "{" + fields.joined(separator: ",") + "}\n"
    }

    /// A value as JSON, objects sorted by key.
    static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .stringConvertible(let thing): quoted(thing.description)
        case .array(let values): "[" + values.map(json).joined(separator: ",") + "]"
        case .dictionary(let pairs):
            "{" + pairs.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(json($0.value))" }.joined(separator: ",")
                + "}"
        }
    }

    /// A value as it stands, in quotes where it would not read as one word.
    private static func bare(_ text: String) -> String {
        let plain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3d && $0 != 0x7f }
        return plain ? text : quoted(text)
    }

    private static func quoted(_ text: String) -> String { "\"" + escaped(text, quotes: true) + "\"" }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var out = ""
        out.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"" where quotes, "\\" where quotes: out += "\\\(scalar)"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{00}"..<"\u{20}", "\u{7f}"..<"\u{a0}":
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
