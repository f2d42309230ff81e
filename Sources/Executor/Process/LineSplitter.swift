/// Cuts a stream of bytes into lines at `\n`, however long they are and however they were read.
struct LineSplitter {
    private var rest: [UInt8] = []

    /// Adds what was read.
    /// - Returns: the lines that it completes, without their ends; empty ones are left out.
    mutating func feed(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        while let end = Self.newline(in: bytes, from: start) {
            if rest.isEmpty {
                if end > start { lines.append(Array(bytes[start..<end])) }
            } else {
                rest += bytes[start..<end]
                lines.append(rest)
                rest = []
            }
            start = end + 1
        }
        rest += bytes[start...]
        return lines
    }

    /// What stands after the last line's end; the stream is over.
    mutating func finish() -> [UInt8]? {
        defer { rest = [] }
        return rest.isEmpty ? nil : rest
    }

    private static func newline(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            UnsafeBufferPointer(rebasing: buffer[start...]).firstIndex(of: 0x0a).map { $0 + start }
        }
    }
}
