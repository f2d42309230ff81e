import Logging
import Messages

/// A log entry, rendered as one line that ends with a newline.
struct LogLine {
    var time: Timestamp
    var level: Logger.Level
    var label: String
    var message: String
    var metadata: Logger.Metadata

    /// The text format. Control characters are escaped, so that an entry is always one line.
    var console: String {
        let name = level.rawValue.uppercased()
        let padded = name + String(repeating: " ", count: max(0, 8 - name.count))
        let pairs = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.bare($0.value.description))" }
        return "\(time) \(padded) \(label): \(Self.escaped(message, quotes: false))\(pairs.joined())\n"
    }

    /// The JSON format.
    var json: String {
        var fields = [
            "\"time\":\"\(time)\"", "\"level\":\"\(level.rawValue)\"", "\"logger\":\(Self.quoted(label))",
            "\"message\":\(Self.quoted(message))",
        ]
        if !metadata.isEmpty { fields.append("\"metadata\":" + Self.json(.dictionary(metadata))) }
        return "{" + fields.joined(separator: ",") + "}\n"
    }

    /// Returns a value as JSON, with objects sorted by key.
    static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .stringConvertible(let value): quoted(value.description)
        case .array(let values): "[" + values.map(json).joined(separator: ",") + "]"
        case .dictionary(let pairs):
            "{" + pairs.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(json($0.value))" }.joined(separator: ",")
                + "}"
        }
    }

    /// Returns a value unquoted where possible; with spaces, quotes, `=` or control characters, or empty, it is quoted.
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
