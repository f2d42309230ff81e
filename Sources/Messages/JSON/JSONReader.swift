/// Reads JSON bytes as a ``JSONValue`` in one pass. `JSONDecoder` would try type after type and throw an error for each
/// wrong one: with tens of thousands of numbers it blocks a thread for most of a second.
struct JSONReader {
    /// The deepest nesting of lists and objects, as in Foundation's decoder.
    static let depth = 512

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    /// Returns the value of a whole text.
    /// - Throws: ``Fault`` `malformed`, which quotes nothing of the text.
    static func read(_ bytes: some Collection<UInt8>) throws -> JSONValue {
        let read = { (buffer: UnsafeBufferPointer<UInt8>) in
            var reader = JSONReader(bytes: buffer)
            let value = try reader.value(depth)
            reader.skip()
            guard reader.at == buffer.count else { throw broken }
            return value
        }
        if let value = try bytes.withContiguousStorageIfAvailable(read) { return value }
        return try Array(bytes).withUnsafeBufferPointer(read)
    }

    private static let broken = Fault(.malformed, "it is not JSON")

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skip() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { at += 1 }
    }

    /// Consumes a byte if it is the next one; returns whether it was.
    private mutating func take(_ byte: Character) -> Bool {
        guard next == byte.asciiValue else { return false }
        at += 1
        return true
    }

    private mutating func value(_ depth: Int) throws -> JSONValue {
        skip()
        switch next {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object(depth))
        case UInt8(ascii: "["): return .array(try array(depth))
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
        let end = at + word.utf8CodeUnitCount
        guard end <= bytes.count,
            bytes[at..<end].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        else { throw Self.broken }
        at = end
        return value
    }

    private mutating func array(_ depth: Int) throws -> [JSONValue] {
        guard depth > 0 else {
            throw Fault(.malformed, "its lists and objects are nested more than \(Self.depth) deep")
        }
        at += 1
        var values: [JSONValue] = []
        skip()
        if take("]") { return values }
        while true {
            values.append(try value(depth - 1))
            skip()
            if take("]") { return values }
            guard take(",") else { throw Self.broken }
        }
    }

    private mutating func object(_ depth: Int) throws -> [String: JSONValue] {
        guard depth > 0 else {
            throw Fault(.malformed, "its lists and objects are nested more than \(Self.depth) deep")
        }
        at += 1
        var fields: [String: JSONValue] = [:]
        skip()
        if take("}") { return fields }
        while true {
            skip()
            guard next == UInt8(ascii: "\"") else { throw Self.broken }
            let key = try string()
            skip()
            guard take(":") else { throw Self.broken }
            fields[key] = try value(depth - 1)
            skip()
            if take("}") { return fields }
            guard take(",") else { throw Self.broken }
        }
    }

    // MARK: Texts

    private mutating func string() throws -> String {
        at += 1
        let start = at
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { at += 1 }
        if next == UInt8(ascii: "\"") {
            at += 1
            return try Self.text(bytes[start..<at - 1])
        }
        var unescaped = Array(bytes[start..<at])
        while let byte = next, byte >= 0x20 {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return try Self.text(unescaped)
            case UInt8(ascii: "\\"): try escape(into: &unescaped)
            default: unescaped.append(byte)
            }
        }
        throw Self.broken
    }

    private static func text(_ bytes: some Collection<UInt8>) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw broken }
        return text
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        guard let byte = next else { throw Self.broken }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try unit()
            if (0xd800..<0xdc00).contains(code), take("\\"), take("u") {
                let low = try unit()
                guard (0xdc00..<0xe000).contains(low) else { throw Self.broken }
                code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw Self.broken }
            text.append(contentsOf: UTF8.encode(scalar)!)
        default: throw Self.broken
        }
    }

    /// Consumes four hexadecimal digits.
    private mutating func unit() throws -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw Self.broken }
            code = code << 4 + UInt32(digit)
            at += 1
        }
        return code
    }

    // MARK: Numbers

    private mutating func number() throws -> JSONValue {
        let start = at
        _ = take("-")
        let isZero = take("0")
        guard isZero || digits() else { throw Self.broken }
        var isWhole = true
        if take(".") {
            isWhole = false
            guard digits() else { throw Self.broken }
        }
        if take("e") || take("E") {
            isWhole = false
            _ = take("-") || take("+")
            guard digits() else { throw Self.broken }
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if isWhole, let value = Int64(text) { return .whole(value) }
        // A number beyond a double's range is refused: no other value may stand for it.
        guard let value = Double(text), value.isFinite else { throw Self.broken }
        return Int64(exactly: value).map(JSONValue.whole) ?? .number(value)
    }

    /// Consumes digits; returns whether there was one.
    private mutating func digits() -> Bool {
        let start = at
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { at += 1 }
        return at > start
    }
}
