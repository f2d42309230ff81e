import Messages

/// Cuts a stream of bytes into pieces that fit an event: on character boundaries, at most 64 KiB after escaping and encoding,
/// nothing lost. However the bytes are read, the pieces' texts joined are the stream with U+FFFD for what is not UTF-8, and
/// their bytes joined are the stream.
///
/// Only an incomplete character at the end of a read is held back for the next one.
struct TextSplitter {
    /// A piece with replaced bytes ends after a line once so many bytes were text, which go without their second form.
    private static let longestTextAfterReplaced = 512

    private let limit: Int
    private var held: [UInt8] = []

    /// - Parameter limit: the most bytes of a piece after escaping and encoding, at least 16.
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
            let plain = JSONWriter.plainRun(in: bytes, from: index, most: limit - escaped.count)
            if plain > 0 {
                escaped += bytes[index..<index + plain]
                index += plain
                continue
            }
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
                // The lines before this one are text, and so is the beginning of a long one.
                if let feed = bytes[start..<index].lastIndex(of: 0x0a) {
                    return (.text(String(decoding: bytes[start...feed], as: UTF8.self)), feed + 1)
                }
                if index - start > Self.longestTextAfterReplaced { return (.escapedText(escaped), index) }
                return replaced(bytes, from: start, final: final)
            }
        }
        return (.escapedText(escaped), index)
    }

    private func replaced(_ bytes: [UInt8], from start: Int, final: Bool) -> (ContentBlock, Int) {
        var (index, text, lastReplaced) = (start, 0, start)
        scan: while index < bytes.count {
            let (length, width): (Int, Int)
            switch UTF8Character.at(index, in: bytes) {
            case .whole(let count): (length, width) = (count, count == 1 ? JSONWriter.width(bytes[index]) : count)
            case .cut where !final: break scan
            case .cut: (length, width) = (bytes.count - index, Self.replacement)
            case .invalid(let count): (length, width) = (count, Self.replacement)
            }
            guard text + width + (index + length - start + 2) / 3 * 4 <= limit else { break }
            text += width
            index += length
            if width == Self.replacement { lastReplaced = index }
            if bytes[index - 1] == 0x0a, index - lastReplaced >= Self.longestTextAfterReplaced { break }
        }
        let piece = Array(bytes[start..<index])
        return (.replacedText(String(decoding: piece, as: UTF8.self), bytes: piece), index)
    }

    /// The bytes of U+FFFD.
    private static let replacement = 3
}
