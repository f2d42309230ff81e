/// Turns the bytes of a terminal into keys, as a value. The bytes may be split anywhere.
struct KeyDecoder: Sendable {
    /// Longest sequence that is waited for; a longer one is no key.
    private static let maxSequence = 64
    private static let pasteEnd = Array("\u{1b}[201~".utf8)

    private var rest: [UInt8] = []
    private var pasted: [UInt8]?

    /// Returns the keys in the bytes of one read.
    /// - Parameter afterPause: Whether they came later than the rest of a sequence would: what was begun is dropped then.
    mutating func decode(_ bytes: [UInt8], afterPause: Bool = false) -> [Key] {
        if afterPause, pasted == nil, rest.first == 0x1b { rest = [] }
        rest += bytes
        var keys: [Key] = []
        while !rest.isEmpty {
            guard let (count, key) = pasted == nil ? next() : paste() else { break }
            rest.removeFirst(count)
            if let key { keys.append(key) }
        }
        return Self.joined(keys)
    }

    /// Joins the characters of one read to one text.
    private static func joined(_ keys: [Key]) -> [Key] {
        keys.reduce(into: []) { out, key in
            if case .text(let new) = key, case .text(let old) = out.last {
                out[out.count - 1] = .text(old + new)
            } else {
                out.append(key)
            }
        }
    }

    // MARK: Pasted text

    /// Takes pasted bytes up to the end of the paste; keeps back what may be the beginning of that end.
    private mutating func paste() -> (count: Int, key: Key?)? {
        let end = Self.pasteEnd
        if let start = rest.indices.first(where: { rest[$0...].starts(with: end) }) {
            let bytes = (pasted ?? []) + rest[..<start]
            pasted = nil
            return (start + end.count, .paste(Self.text(bytes)))
        }
        let kept = (0..<end.count).last { rest.suffix($0).elementsEqual(end.prefix($0)) } ?? 0
        guard rest.count > kept else { return nil }
        pasted?.append(contentsOf: rest.dropLast(kept))
        return (rest.count - kept, nil)
    }

    /// Pasted bytes as text: line breaks are line feeds; other control characters except tabs are dropped.
    private static func text(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { !isControl($0) || "\n\t".unicodeScalars.contains($0) }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }

    // MARK: Keys

    /// Returns the length of the first key and the key, nil for one without a meaning; nil when more bytes are needed.
    private mutating func next() -> (count: Int, key: Key?)? {
        let byte = rest[0]
        if byte == 0x1b { return sequence() }
        if byte < 0x20 || byte == 0x7f { return (1, Self.controls[byte]) }
        let length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
        guard rest.count >= length else { return nil }
        guard let text = String(validating: rest[..<length], as: UTF8.self) else { return (1, nil) }
        return (length, text.unicodeScalars.contains(where: Self.isControl) ? nil : .text(text))
    }

    private mutating func sequence() -> (count: Int, key: Key?)? {
        guard rest.count > 1 else { return nil }
        switch rest[1] {
        case UInt8(ascii: "["): return control()
        case UInt8(ascii: "O"): return rest.count > 2 ? (3, Self.letters[rest[2]]) : nil
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "X"):
            return string()
        case 0x1b: return (1, nil)
        case 0x0d, 0x0a: return (2, .newline)
        case UInt8(ascii: "b"): return (2, .wordLeft)
        case UInt8(ascii: "f"): return (2, .wordRight)
        case UInt8(ascii: "d"): return (2, .deleteWordForward)
        case 0x7f, 0x08: return (2, .deleteWord)
        default: return (2, nil)
        }
    }

    /// `ESC [`, parameters and a final byte.
    private mutating func control() -> (count: Int, key: Key?)? {
        guard let end = rest.indices.dropFirst(2).first(where: { (0x40...0x7e).contains(rest[$0]) }) else {
            return rest.count > Self.maxSequence ? (rest.count, nil) : nil
        }
        // A function key of the Linux console: `ESC [ [` and a letter.
        if end == 2, rest[2] == UInt8(ascii: "[") { return rest.count > 3 ? (4, nil) : nil }
        let parameters = String(decoding: rest[2..<end], as: UTF8.self).split(separator: ";").map { Int($0) ?? 0 }
        if rest[end] == UInt8(ascii: "~") {
            if parameters.first == 200 { pasted = [] }
            return (end + 1, parameters.first.flatMap { Self.numbers[$0] })
        }
        let key = Self.letters[rest[end]]
        // With Ctrl (5) or Alt (3).
        guard parameters.count == 2, [3, 5].contains(parameters[1]) else { return (end + 1, key) }
        return (end + 1, key == .left ? .wordLeft : key == .right ? .wordRight : key)
    }

    /// A string for a program, until BEL or `ESC \`.
    private func string() -> (count: Int, key: Key?)? {
        for index in rest.indices.dropFirst(2) {
            if rest[index] == 0x07 { return (index + 1, nil) }
            if rest[index] == 0x1b, index + 1 < rest.count { return (index + (rest[index + 1] == 0x5c ? 2 : 0), nil) }
        }
        return rest.count > 4096 ? (rest.count, nil) : nil
    }

    private static let controls: [UInt8: Key] = [
        0x01: .home, 0x02: .left, 0x04: .endOfInput, 0x05: .end, 0x06: .right, 0x08: .backspace, 0x0a: .enter,
        0x0b: .deleteToEnd, 0x0c: .redraw, 0x0d: .enter, 0x0e: .down, 0x10: .up, 0x15: .deleteToStart,
        0x17: .deleteWord,
        0x19: .yank, 0x7f: .backspace,
    ]
    private static let letters: [UInt8: Key] = [
        UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right, UInt8(ascii: "D"): .left,
        UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end, UInt8(ascii: "M"): .enter,
    ]
    private static let numbers: [Int: Key] = [1: .home, 3: .delete, 4: .end, 7: .home, 8: .end]
}
