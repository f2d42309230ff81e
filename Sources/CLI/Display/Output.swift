import Launch

/// The process's standard output and standard error, unbuffered.
enum Output {
    /// Writes to standard output, as ``StandardOutput``: exits when it cannot be written.
    static func write(_ text: String) { write([UInt8](text.utf8)) }

    /// Writes bytes to standard output, as ``write(_:)-(String)``.
    static func write(_ bytes: [UInt8]) { StandardOutput.write(bytes, name: "wegent") }

    /// Writes a part of a task's text to its stream. That standard error cannot be written is ignored.
    static func write(_ part: Transcript.Part) {
        switch part {
        case .output(let bytes): write(bytes)
        case .errors(let bytes): StandardOutput.writeError(bytes)
        }
    }

    /// Writes a line for the person to standard error. Escapes control characters, since the line may contain text from an
    /// agent or a device.
    static func notice(_ line: String) { writeError("wegent: \(TerminalEscaping.text(line))\n") }

    /// Writes text to standard error, unchanged.
    static func writeError(_ text: String) { StandardOutput.writeError([UInt8](text.utf8)) }
}
