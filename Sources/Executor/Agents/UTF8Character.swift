/// The UTF-8 sequence at an index (Unicode 16, table 3-7).
enum UTF8Character: Equatable {
    /// A character of so many bytes.
    case whole(Int)
    /// The start of one; the bytes end before it does.
    case cut
    /// So many bytes that are not UTF-8: the start of a character that does not go on, or one byte. U+FFFD stands for them.
    case invalid(Int)

    static func at(_ index: Int, in bytes: [UInt8]) -> UTF8Character {
        let lead = bytes[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0..<0x80: return .whole(1)
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: length = 4
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: return .invalid(1)
        }
        for offset in 1..<length {
            guard index + offset < bytes.count else { return .cut }
            let range = offset == 1 ? second : 0x80...0xbf
            guard range.contains(bytes[index + offset]) else { return .invalid(offset) }
        }
        return .whole(length)
    }
}
