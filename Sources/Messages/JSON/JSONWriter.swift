/// Writes compact JSON in one pass, without an encoder: event payloads and tool inputs are written on hot paths.
///
/// A caller writes an object as ``beginObject()``, one ``field(_:_:)-(_,String?)`` a field in the order wanted, and
/// ``endObject()``; commas come by themselves.
public struct JSONWriter: Sendable {
    /// What was written, in UTF-8.
    public private(set) var bytes: [UInt8] = []

    /// - Parameter capacity: Bytes to reserve.
    public init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    // MARK: Values

    /// Appends a value; the keys of an object are in the order of their characters.
    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: put("null")
        case .bool(let value): put(value ? "true" : "false")
        case .whole(let value): put(String(value))
        case .number(let value): write(value)
        case .string(let value): write(value)
        case .array(let values):
            beginArray()
            for value in values {
                separate()
                write(value)
            }
            endArray()
        case .object(let fields):
            beginObject()
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
                separate()
                write(key)
                bytes.append(UInt8(ascii: ":"))
                write(value)
            }
            endObject()
        }
    }

    /// Appends a string in quotes.
    public mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var index = 0
            while index < utf8.count {
                let start = index
                while index < utf8.count, Self.width(utf8[index]) == 1 {
                    let isASCII = utf8[index] < 0x80
                    index += isASCII ? max(1, Self.plainRun(in: UnsafeRawBufferPointer(utf8), from: index)) : 1
                }
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
                guard index < utf8.count else { break }
                Self.escape(utf8[index], to: &bytes)
                index += 1
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a string in quotes whose UTF-8 the caller has escaped with ``escape(_:to:)``.
    public mutating func write(escaped text: [UInt8]) {
        bytes.reserveCapacity(bytes.count + text.count + 64)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a number; one that is not finite is `null`, as JSON has no form for it.
    public mutating func write(_ number: Double) {
        guard number.isFinite else { return put("null") }
        let text = number.description
        put(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }

    /// Appends JSON as it stands: a constant beginning of an object on a hot path.
    public mutating func write(raw json: StaticString) {
        json.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    // MARK: Objects and arrays

    public mutating func beginObject() { bytes.append(UInt8(ascii: "{")) }
    public mutating func endObject() { bytes.append(UInt8(ascii: "}")) }
    public mutating func beginArray() { bytes.append(UInt8(ascii: "[")) }
    public mutating func endArray() { bytes.append(UInt8(ascii: "]")) }

    /// Appends a comma unless the object or array has only begun.
    public mutating func separate() {
        guard let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") else { return }
        bytes.append(UInt8(ascii: ","))
    }

    /// Appends a field's name; its value must follow.
    /// - Parameter name: Without characters that need an escape.
    public mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// Appends a field; nothing for nil.
    public mutating func field(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        write(value)
    }

    /// Appends a field; nothing for nil.
    public mutating func field(_ name: StaticString, _ value: (some BinaryInteger)?) {
        guard let value else { return }
        key(name)
        put(String(value))
    }

    /// Appends a field; nothing for nil.
    public mutating func field(_ name: StaticString, _ value: Double?) {
        guard let value else { return }
        key(name)
        write(value)
    }

    /// Appends a field; nothing for nil.
    public mutating func field(_ name: StaticString, _ value: JSONValue?) {
        guard let value else { return }
        key(name)
        write(value)
    }

    private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

    // MARK: Escapes

    /// Appends one byte of UTF-8 as it stands inside quotes (RFC 8259 section 7): 1, 2 or 6 bytes.
    @inlinable
    @inline(__always)
    public static func escape(_ byte: UInt8, to out: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): pair(byte, &out)
        case 0x08: pair(UInt8(ascii: "b"), &out)
        case 0x09: pair(UInt8(ascii: "t"), &out)
        case 0x0a: pair(UInt8(ascii: "n"), &out)
        case 0x0c: pair(UInt8(ascii: "f"), &out)
        case 0x0d: pair(UInt8(ascii: "r"), &out)
        case 0..<0x20:
            out.append(contentsOf: "\\u00".utf8)
            out.append(digit(byte >> 4))
            out.append(digit(byte & 15))
        default: out.append(byte)
        }
    }

    /// How many bytes ``escape(_:to:)`` appends.
    @inlinable
    @inline(__always)
    public static func width(_ byte: UInt8) -> Int {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08, 0x09, 0x0a, 0x0c, 0x0d: 2
        case 0..<0x20: 6
        default: 1
        }
    }

    /// How many bytes from `start` on are ASCII without a need for escapes: at most `most`, and maybe up to 7 fewer than
    /// there are. Eight are tested at once, since most of what agents write is such text.
    static func plainRun(in bytes: UnsafeRawBufferPointer, from start: Int, most: Int = .max) -> Int {
        let end = start + min(most, bytes.count - start)
        var index = start
        while index + 8 <= end {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            // The high bit of a byte stays set where the byte is at least 0x20, no quote, no backslash, and ASCII.
            let printable = word &+ 0x6060_6060_6060_6060
            let noQuote = (word ^ 0x2222_2222_2222_2222) &+ 0x7f7f_7f7f_7f7f_7f7f
            let noBackslash = (word ^ 0x5c5c_5c5c_5c5c_5c5c) &+ 0x7f7f_7f7f_7f7f_7f7f
            guard ~word & printable & noQuote & noBackslash & 0x8080_8080_8080_8080 == 0x8080_8080_8080_8080 else {
                break
            }
            index += 8
        }
        return index - start
    }

    /// The same in an array.
    public static func plainRun(in bytes: [UInt8], from start: Int, most: Int) -> Int {
        bytes.withUnsafeBytes { plainRun(in: $0, from: start, most: most) }
    }

    @inlinable
    static func pair(_ letter: UInt8, _ out: inout [UInt8]) {
        out.append(UInt8(ascii: "\\"))
        out.append(letter)
    }

    @inlinable
    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
