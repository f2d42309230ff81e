import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Lines of standard input where it is no terminal. Each is read when it is asked for, so that a line stays in the pipe
/// while the message before it is worked on.
final class ChatLines: Sendable {
    private let wanted = DispatchSemaphore(value: 0)

    /// Starts to read.
    /// - Parameter onLine: Called with each line that was asked for; nil = the end of the input.
    func start(_ onLine: @escaping @Sendable (Result<String, CommandError>?) -> Void) {
        DispatchQueue(label: "lines").async { [wanted] in
            var bytes: [UInt8] = []
            while true {
                wanted.wait()
                guard let line = Self.line(&bytes) else { return onLine(nil) }
                let text = String(validating: line, as: UTF8.self)
                onLine(
                    text.map { .success($0) } ?? .failure(CommandError("a line of standard input is not UTF-8 text")))
            }
        }
    }

    /// Asks for the next line.
    func next() { wanted.signal() }

    /// Returns the next line without its end; nil at the end of the input.
    /// - Parameter bytes: What was read beyond the line before.
    private static func line(_ bytes: inout [UInt8]) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            // A line that is longer than any prompt is a message that the gateway refuses.
            if let end = bytes.firstIndex(of: 0x0a) ?? (bytes.count > LineEditor.maxBytes ? bytes.count : nil) {
                defer { bytes = Array(bytes.dropFirst(end + 1)) }
                return Array(bytes[..<end])
            }
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                defer { bytes = [] }
                return bytes.isEmpty ? nil : bytes
            }
            bytes += buffer[..<count]
        }
    }
}
