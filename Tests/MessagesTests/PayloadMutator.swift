import Messages

/// Makes JSON objects and damages them; the same seed gives the same bytes.
struct PayloadMutator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Returns the next input: an object, in two of three cases with up to four damages.
    mutating func next() -> [UInt8] {
        var bytes = object(depth: 3).bytes
        if below(3) == 0 { return bytes }
        for _ in 0...below(4) { damage(&bytes) }
        return bytes
    }

    private static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "\\u0000", "1e309", "-0", "01",
            "1.5e-7",
            "true", "null", " ", "\n", "é", "\u{1F600}", "{}", "[]", "\"a\":1", "//",
        ].map { Array($0.utf8) } + [
            [0], [0x1f], [0x7f], [0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
        ]

    private mutating func damage(_ bytes: inout [UInt8]) {
        let at = below(bytes.count + 1)
        switch below(5) {
        case 0: bytes.insert(contentsOf: Self.pieces[below(Self.pieces.count)], at: at)
        case 1 where at < bytes.count: bytes.remove(at: at)
        case 2 where at < bytes.count: bytes[at] ^= 1 << UInt8(below(8))
        case 3: bytes.removeLast(below(min(bytes.count, 4) + 1))
        default:
            let end = min(bytes.count, at + below(12))
            bytes.insert(contentsOf: bytes[at..<end], at: below(bytes.count + 1))
        }
    }

    private mutating func object(depth: Int) -> JSONValue {
        var fields: [String: JSONValue] = [:]
        for _ in 0..<below(4) { fields[text()] = value(depth: depth - 1) }
        return .object(fields)
    }

    private mutating func value(depth: Int) -> JSONValue {
        switch below(depth > 0 ? 8 : 6) {
        case 0: .null
        case 1: .bool(below(2) == 0)
        case 2: .whole(Int64(truncatingIfNeeded: next64()) >> Int64(below(60)))
        case 3: .number(Double(below(1_000_000)) / 997)
        case 4, 5: .string(text())
        case 6: .array((0..<below(4)).map { _ in value(depth: depth - 1) })
        default: object(depth: depth)
        }
    }

    private mutating func text() -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "\"", "\\", "/", "\n", "\u{1}", "é", "€", "\u{1F600}", "\u{7f}", "z", "0",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<below(20) { text.append(scalars[below(scalars.count)]) }
        return String(text)
    }

    private mutating func below(_ count: Int) -> Int { Int(next64() % UInt64(max(1, count))) }

    /// SplitMix64 (Steele, Lea and Flood 2014).
    private mutating func next64() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
