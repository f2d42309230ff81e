#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Cuts a stream of bytes into lines at `\n`, whatever the sizes of the reads. A line over the limit is dropped and counted.
struct LineSplitter {
    private let limit: Int
    private var rest: [UInt8] = []
    /// The rest of a line that is too long is being dropped.
    private var isSkipping = false
    /// Lines that were dropped because they were too long.
    private(set) var skipped = 0

    init(limit: Int = ExecutorLimits.line) { self.limit = limit }

    /// Adds bytes.
    /// - Returns: the lines that they complete, without their ends; empty ones are omitted.
    mutating func feed(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        while let end = Self.newline(in: bytes, from: start) {
            add(bytes[start..<end])
            if !rest.isEmpty { lines.append(rest) }
            rest = []
            isSkipping = false
            start = end + 1
        }
        add(bytes[start...])
        return lines
    }

    /// Returns the bytes after the last line's end; the stream has ended.
    mutating func finish() -> [UInt8]? {
        defer { rest = [] }
        return rest.isEmpty ? nil : rest
    }

    private mutating func add(_ piece: ArraySlice<UInt8>) {
        guard !isSkipping else { return }
        guard rest.count + piece.count <= limit else {
            rest = []
            isSkipping = true
            skipped += 1
            return
        }
        rest += piece
    }

    private static func newline(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard start < buffer.count, let base = buffer.baseAddress,
                let found = memchr(base + start, 0x0a, buffer.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
