#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Receives what a ``JSONWalk`` meets. Ranges are offsets into the bytes; those of strings exclude the quotes.
protocol JSONVisitor {
    /// The key of an object's next field.
    mutating func key(_ range: Range<Int>, depth: Int)
    /// A string that is a value.
    mutating func text(_ range: Range<Int>, depth: Int)
    /// An object or list begins at `offset`; `depth` counts it.
    mutating func open(at offset: Int, depth: Int)
    /// The object or list that began at this depth ends before `offset`.
    mutating func close(at offset: Int, depth: Int)
}

/// Checks in one pass, without building a value and without allocating, that bytes are exactly one JSON object in valid
/// UTF-8 (RFC 8259, RFC 3629). Stricter than the grammar in three points, so that every reader behind it can read what
/// passes: nesting is bounded, half of a surrogate pair is refused, and a number is below 10^308.
struct JSONWalk<Visitor: JSONVisitor> {
    private let bytes: UnsafeRawBufferPointer
    private let limit: Int
    private var at = 0
    private var depth = 0
    /// A bit for each open level, the innermost in bit 0 of the first word: 1 = an object.
    private var kinds = SIMD8<UInt64>(repeating: 0)
    var visitor: Visitor

    /// - Parameter limit: The deepest nesting, 1 to 512.
    init(_ bytes: UnsafeRawBufferPointer, limit: Int, visitor: Visitor) {
        self.bytes = bytes
        self.limit = min(limit, 512)
        self.visitor = visitor
    }

    /// Where the next value belongs.
    private enum Place {
        /// Directly after `{` or `[`, which may close at once.
        case first
        /// After a comma.
        case next
        /// After a value.
        case after
    }

    mutating func run() throws(JSONFlaw) {
        skipSpace()
        guard peek == UInt8(ascii: "{") else { throw flaw(.noObject) }
        try open(isObject: true)
        var place = Place.first
        while depth > 0 {
            skipSpace()
            guard let byte = peek else { throw flaw(.cut) }
            let isObject = kinds[(depth - 1) >> 6] >> UInt64((depth - 1) & 63) & 1 == 1
            if place != .next, byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                at += 1
                depth -= 1
                visitor.close(at: at, depth: depth + 1)
                place = .after
            } else if place == .after {
                guard byte == UInt8(ascii: ",") else { throw flaw(.syntax) }
                at += 1
                place = .next
            } else {
                place = try element(isObject) ? .first : .after
            }
        }
        skipSpace()
        guard at == bytes.count else { throw flaw(.trailing) }
    }

    // MARK: Values

    /// Consumes a list's value, or a key and its value; returns whether that has opened an object or a list.
    private mutating func element(_ isObject: Bool) throws(JSONFlaw) -> Bool {
        if isObject {
            guard peek == UInt8(ascii: "\"") else { throw flaw(.syntax) }
            visitor.key(try string(), depth: depth)
            skipSpace()
            guard peek == UInt8(ascii: ":") else { throw flaw(.syntax) }
            at += 1
            skipSpace()
        }
        switch peek {
        case UInt8(ascii: "\""): visitor.text(try string(), depth: depth)
        case UInt8(ascii: "{"):
            try open(isObject: true)
            return true
        case UInt8(ascii: "["):
            try open(isObject: false)
            return true
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        case nil: throw flaw(.cut)
        default: try number()
        }
        return false
    }

    private mutating func open(isObject: Bool) throws(JSONFlaw) {
        guard depth < limit else { throw flaw(.depth) }
        let bit = UInt64(1) << UInt64(depth & 63)
        if isObject { kinds[depth >> 6] |= bit } else { kinds[depth >> 6] &= ~bit }
        depth += 1
        visitor.open(at: at, depth: depth)
        at += 1
    }

    private mutating func literal(_ word: StaticString) throws(JSONFlaw) {
        let count = word.utf8CodeUnitCount
        guard bytes.count - at >= count, let base = bytes.baseAddress, memcmp(base + at, word.utf8Start, count) == 0
        else { throw flaw(.syntax) }
        at += count
    }

    private mutating func number() throws(JSONFlaw) {
        if peek == UInt8(ascii: "-") { at += 1 }
        let isZero = peek == UInt8(ascii: "0")
        let whole = isZero ? 1 : digits()
        if isZero { at += 1 }
        guard whole > 0 else { throw flaw(.syntax) }
        if peek == UInt8(ascii: ".") {
            at += 1
            guard digits() > 0 else { throw flaw(.syntax) }
        }
        var exponent = 0
        if let byte = peek, byte | 0x20 == UInt8(ascii: "e") {
            at += 1
            let isNegative = peek == UInt8(ascii: "-")
            if isNegative || peek == UInt8(ascii: "+") { at += 1 }
            let start = at
            guard digits() > 0 else { throw flaw(.syntax) }
            for index in start..<at where exponent < 10_000 { exponent = exponent * 10 + Int(bytes[index] & 15) }
            if isNegative { exponent = -exponent }
        }
        // The number is below 10^(whole + exponent).
        guard whole + exponent <= 308 else { throw flaw(.number) }
    }

    /// Consumes digits; returns how many.
    private mutating func digits() -> Int {
        let start = at
        while let byte = peek, byte &- 0x30 < 10 { at += 1 }
        return at - start
    }

    // MARK: Strings

    /// Consumes a string; returns the range between its quotes.
    private mutating func string() throws(JSONFlaw) -> Range<Int> {
        at += 1
        let start = at
        while true {
            skipPlain()
            guard at < bytes.count else { throw flaw(.cut) }
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return start..<at - 1
            case UInt8(ascii: "\\"): try escape()
            case 0..<0x20: throw flaw(.control)
            case 0x80...: try character(byte)
            default: at += 1
            }
        }
    }

    /// Moves behind ASCII without quotes, backslashes and control characters, eight bytes at a time.
    @inline(__always)
    private mutating func skipPlain() {
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        while bytes.count - at >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let slash = word ^ (ones &* 0x5c)
            // The lowest bit that is set is exact: borrows only go upwards.
            let control = (word &- ones &* 0x20) & ~word
            let found =
                (control | (quote &- ones) & ~quote | (slash &- ones) & ~slash | word) & highs
            guard found == 0 else {
                at += found.trailingZeroBitCount >> 3
                return
            }
            at += 8
        }
    }

    private mutating func escape() throws(JSONFlaw) {
        at += 1
        guard let byte = peek else { throw flaw(.cut) }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at += 1
        case UInt8(ascii: "u"):
            at += 1
            let unit = try unit()
            if unit & 0xfc00 == 0xd800 {
                guard bytes.count - at >= 6 else { throw flaw(.surrogate) }
                guard bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else {
                    throw flaw(.surrogate)
                }
                at += 2
                guard try self.unit() & 0xfc00 == 0xdc00 else { throw flaw(.surrogate) }
            } else if unit & 0xfc00 == 0xdc00 {
                throw flaw(.surrogate)
            }
        default: throw flaw(.syntax)
        }
    }

    /// Consumes four hexadecimal digits.
    private mutating func unit() throws(JSONFlaw) -> UInt32 {
        guard bytes.count - at >= 4 else { throw flaw(.cut) }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[at]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46, 0x61...0x66: digit = (byte | 0x20) - 0x61 + 10
            default: throw flaw(.syntax)
            }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    /// Consumes characters of more than one byte.
    private mutating func character(_ first: UInt8) throws(JSONFlaw) {
        var lead = first
        repeat {
            let (count, range): (Int, ClosedRange<UInt8>)
            switch lead {
            case 0xc2...0xdf: (count, range) = (2, 0x80...0xbf)
            case 0xe0: (count, range) = (3, 0xa0...0xbf)
            case 0xed: (count, range) = (3, 0x80...0x9f)
            case 0xe1...0xef: (count, range) = (3, 0x80...0xbf)
            case 0xf0: (count, range) = (4, 0x90...0xbf)
            case 0xf1...0xf3: (count, range) = (4, 0x80...0xbf)
            case 0xf4: (count, range) = (4, 0x80...0x8f)
            default: throw flaw(.utf8)
            }
            guard bytes.count - at >= count, range.contains(bytes[at + 1]) else { throw flaw(.utf8) }
            for index in 2..<max(2, count) where bytes[at + index] & 0xc0 != 0x80 { throw flaw(.utf8) }
            at += count
            lead = peek ?? 0
        } while lead >= 0x80
    }

    // MARK: Bytes

    private var peek: UInt8? {
        @inline(__always) get { at < bytes.count ? bytes[at] : nil }
    }

    @inline(__always)
    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0a || bytes[at] == 0x0d || bytes[at] == 0x09 {
            at += 1
        }
    }

    private func flaw(_ reason: JSONFlaw.Reason) -> JSONFlaw { JSONFlaw(reason: reason, offset: at) }
}
