/// Writes JSON strings by hand: encoding each piece of output with JSONEncoder would be too slow.
enum JSONText {
    private static let hex = Array("0123456789abcdef".utf8)

    /// Appends a quoted string.
    static func append(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 { escape(byte, to: &out) }
        out.append(UInt8(ascii: "\""))
    }

    /// Appends one byte of UTF-8 as it is written inside quotes: 1, 2 or 6 bytes.
    @inline(__always)
    static func escape(_ byte: UInt8, to out: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): out += [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "\\"): out += [byte, byte]
        case 0x0a: out += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
        case 0x0d: out += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
        case 0x09: out += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
        case 0..<0x20:
            out += Array("\\u00".utf8)
            out.append(hex[Int(byte >> 4)])
            out.append(hex[Int(byte & 15)])
        default: out.append(byte)
        }
    }

    /// How many bytes ``escape(_:to:)`` appends.
    @inline(__always)
    static func width(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x0a, 0x0d, 0x09: 2
        case 0..<0x20: 6
        default: 1
        }
    }
}
