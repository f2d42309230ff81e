import Messages

/// Cuts a stream of bytes into pieces that fit an event: on character boundaries, at most 64 KiB after escaping,
/// nothing lost. A piece with bytes that are not UTF-8 travels as base64.
///
/// Only an incomplete character at the end of a read is held back for the next one.
struct TextSplitter {
    private let limit: Int
    private var held: [UInt8] = []

    /// - Parameter limit: the most bytes of a piece after escaping or encoding.
    init(limit: Int = Limits.eventText) { self.limit = limit }

    /// Returns the pieces of a whole text.
    static func pieces(of text: String, limit: Int = Limits.eventText) -> [ContentBlock] {
        var splitter = TextSplitter(limit: limit)
        return splitter.feed(Array(text.utf8)) + splitter.finish()
    }

    /// Adds bytes that were read.
    mutating func feed(_ bytes: [UInt8]) -> [ContentBlock] {
        guard !held.isEmpty else { return cut(bytes, final: false) }
        let joined = held + bytes
        held = []
        return cut(joined, final: false)
    }

    /// Ends the stream: what was held back stays incomplete.
    mutating func finish() -> [ContentBlock] {
        let rest = held
        held = []
        return cut(rest, final: true)
    }

    private mutating func cut(_ bytes: [UInt8], final: Bool) -> [ContentBlock] {
        var pieces: [ContentBlock] = []
        var start = 0
        while start < bytes.count {
            guard let (piece, end) = next(bytes, from: start, final: final) else {
                held = Array(bytes[start...])
                break
            }
            pieces.append(piece)
            start = end
        }
        return pieces
    }

    /// Returns the next piece and where it ends; nil when there is only the start of a character.
    private func next(_ bytes: [UInt8], from start: Int, final: Bool) -> (ContentBlock, Int)? {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(min(limit, bytes.count - start + 64))
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                if escaped.count + JSONWriter.width(byte) > limit { break }
                JSONWriter.escape(byte, to: &escaped)
                index += 1
                continue
            }
            switch UTF8Character.at(index, in: bytes) {
            case .whole(let length):
                if escaped.count + length > limit { return (.escapedText(escaped), index) }
                escaped += bytes[index..<index + length]
                index += length
            case .cut where !final:
                return index == start ? nil : (.escapedText(escaped), index)
            case .cut, .invalid:
                return binary(bytes, from: start, final: final)
            }
        }
        return (.escapedText(escaped), index)
    }

    // Everything up to the limit goes with the invalid byte: a binary stream would otherwise fall into thousands of
    // pieces.
    private func binary(_ bytes: [UInt8], from start: Int, final: Bool) -> (ContentBlock, Int) {
        var end = min(bytes.count, start + limit / 4 * 3)
        // Not in the middle of a character, which would make the text after it binary as well.
        let floor = max(start + 1, end - 3)
        if end < bytes.count {
            while end > floor, bytes[end] & 0xc0 == 0x80 { end -= 1 }
        }
        return (.binary(Array(bytes[start..<end])), end)
    }
}

/// The UTF-8 sequence at an index (Unicode 16, table 3-7).
enum UTF8Character: Equatable {
    /// A character of so many bytes.
    case whole(Int)
    /// The start of one; the bytes end before it does.
    case cut
    /// Not UTF-8.
    case invalid

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
        default: return .invalid
        }
        for offset in 1..<length {
            guard index + offset < bytes.count else { return .cut }
            let range = offset == 1 ? second : 0x80...0xbf
            guard range.contains(bytes[index + offset]) else { return .invalid }
        }
        return .whole(length)
    }
}
