#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds single texts in a JSON object without building its values: a service must know the id of a tool call, not its
/// input of a megabyte.
public struct JSONScan {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    /// Returns the texts of fields of the outermost object, in the order of `names`; nil for a field that is absent or is
    /// no text. Of bytes that are not JSON it returns what stands before the error.
    public static func texts(_ names: [StaticString], in bytes: [UInt8]) -> [String?] {
        bytes.withUnsafeBufferPointer { buffer in
            var scan = JSONScan(bytes: buffer)
            return scan.texts(names)
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func texts(_ names: [StaticString]) -> [String?] {
        var found = [String?](repeating: nil, count: names.count)
        var missing = names.count
        guard take("{") else { return found }
        while missing > 0, let key = string() {
            guard take(":"), skipSpace() else { return found }
            if let index = names.firstIndex(where: { matches(key, $0) }), bytes[at] == UInt8(ascii: "\"") {
                guard let value = string() else { return found }
                if found[index] == nil { missing -= 1 }
                found[index] = text(value)
            } else {
                skipValue()
            }
            guard take(",") else { return found }
        }
        return found
    }

    // MARK: Parts

    /// Moves to the next byte that is no space; false = there is none.
    private mutating func skipSpace() -> Bool {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0a || bytes[at] == 0x0d || bytes[at] == 0x09 {
            at += 1
        }
        return at < bytes.count
    }

    private mutating func take(_ byte: Character) -> Bool {
        guard skipSpace(), bytes[at] == byte.asciiValue else { return false }
        at += 1
        return true
    }

    /// Moves behind a string; returns what stands between its quotes, nil when there is none.
    private mutating func string() -> Range<Int>? {
        guard take("\""), let base = bytes.baseAddress else { return nil }
        let start = at
        while at < bytes.count, let found = memchr(base + at, 0x22, bytes.count - at) {
            let quote = base.distance(to: UnsafePointer(found.assumingMemoryBound(to: UInt8.self)))
            at = quote + 1
            var before = quote
            while before > start, bytes[before - 1] == UInt8(ascii: "\\") { before -= 1 }
            // After an even number of backslashes the quote is not escaped.
            if (quote - before) % 2 == 0 { return start..<quote }
        }
        return nil
    }

    /// Moves behind a value.
    private mutating func skipValue() {
        var depth = 0
        while skipSpace() {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                guard string() != nil else {
                    at = bytes.count
                    return
                }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { return }
                depth -= 1
            case UInt8(ascii: ",") where depth == 0: return
            default: break
            }
            at += 1
        }
    }

    private func matches(_ key: Range<Int>, _ name: StaticString) -> Bool {
        key.count == name.utf8CodeUnitCount
            && bytes[key].elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: key.count))
    }

    private func text(_ range: Range<Int>) -> String? {
        guard bytes[range].contains(UInt8(ascii: "\\")) else {
            return String(validating: bytes[range], as: UTF8.self)
        }
        return (try? JSONReader.read(Array(bytes[range.lowerBound - 1...range.upperBound])))?.string
    }
}
