/// Separates typed keys from escape sequences, as a value: an arrow key (`ESC [ A`) must not count as `A`, nor a report of
/// the terminal that ends in `y` as `y`. Sequences (ECMA-48, and a keypad's single shifts) may be split anywhere.
struct KeyParser: Sendable, Equatable {
    private enum State: Sendable, Equatable {
        case text
        /// After ESC, which is the Escape key if nothing follows.
        case escape
        /// After `ESC [` or `ESC O`, until a final byte.
        case sequence(isFirst: Bool)
        /// After `ESC [ [`: a function key of the Linux console, one more letter follows.
        case console
        /// A string for a program (`ESC ]` and the like), until BEL or `ESC \`.
        case string
        case stringEscape
    }

    private var state = State.text

    /// Whether the bytes so far end within a sequence.
    var isInsideSequence: Bool { state != .text }

    /// Returns the typed keys among the bytes of one read.
    mutating func parse(_ bytes: [UInt8]) -> [UInt8] { bytes.filter { isKey($0) } }

    /// Ends an unfinished sequence, after a pause longer than a terminal makes within one.
    /// - Returns: Whether it was the Escape key.
    mutating func endSequence() -> Bool {
        defer { state = .text }
        return state == .escape
    }

    private mutating func isKey(_ byte: UInt8) -> Bool {
        switch state {
        case .text:
            guard byte == 0x1b else { return true }
            state = .escape
        case .escape:
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "O"): state = .sequence(isFirst: true)
            case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "X"):
                state = .string
            // ESC again, or an intermediate byte, after which one more follows.
            case 0x1b, 0x20...0x2f: break
            // A key with Alt.
            default: state = .text
            }
        case .sequence(let isFirst):
            switch byte {
            case 0x1b: state = .escape
            case UInt8(ascii: "[") where isFirst: state = .console
            case 0x40...0x7e: state = .text
            default: state = .sequence(isFirst: false)
            }
        case .console: state = .text
        case .string:
            if byte == 0x07 { state = .text }
            if byte == 0x1b { state = .stringEscape }
        case .stringEscape: state = byte == UInt8(ascii: "\\") ? .text : .string
        }
        return false
    }
}
