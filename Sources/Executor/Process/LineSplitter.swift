/// Cuts a stream of bytes into lines at `\n`, however they were read. A line over the limit is left out and counted.
struct LineSplitter {
    private let limit: Int
    private var rest: [UInt8] = []
    /// The rest of a line that is too long is being passed over.
    private var isSkipping = false
    /// Lines that were left out because they were too long.
    private(set) var skipped = 0

    init(limit: Int = ExecutorLimits.line) { self.limit = limit }

    /// Adds what was read.
    /// - Returns: the lines that it completes, without their ends; empty ones are left out.
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

    /// What stands after the last line's end; the stream is over.
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
        bytes.withUnsafeBufferPointer { buffer in
            UnsafeBufferPointer(rebasing: buffer[start...]).firstIndex(of: 0x0a).map { $0 + start }
        }
    }
}
