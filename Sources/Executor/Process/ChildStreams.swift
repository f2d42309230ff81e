import CSpawn
import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The descriptors of a child's standard streams: its ends and ours. None reaches another child.
struct ChildStreams: Sendable {
    /// The child's input, output and error stream; -1 = `/dev/null`. With a terminal, or one pipe for both outputs, some
    /// are the same.
    private(set) var childs: [Int32] = [-1, -1, -1]
    /// Read from: standard output, both outputs, or the terminal.
    private(set) var output: Int32 = -1
    /// Read from: standard error; -1 = it is the same as the output.
    private(set) var errors: Int32 = -1
    /// Written to; -1 = none.
    private(set) var input: Int32 = -1
    private(set) var isTerminal = false

    /// - Throws: ``Fault`` with code `spawn_failed`; then nothing is open.
    init(input: Bool, output: Child.Outputs, terminal: TerminalSize?) throws {
        do {
            if let terminal { try openTerminal(terminal) } else { try openPipes(input, output) }
            try checkReserve()
        } catch {
            closeChilds()
            closeOurs()
            throw error
        }
    }

    private mutating func openTerminal(_ size: TerminalSize) throws {
        isTerminal = true
        var replica: Int32 = -1
        let error = wegent_terminal_open(&output, &replica)
        guard error == 0 else { throw SpawnFailure(step: .terminal, error: error) }
        childs = [-1, replica, replica]
        _ = wegent_terminal_resize(replica, Int32(size.columns), Int32(size.rows))
    }

    private mutating func openPipes(_ hasInput: Bool, _ kind: Child.Outputs) throws {
        (output, childs[1]) = try Self.pipe()
        switch kind {
        case .split: (errors, childs[2]) = try Self.pipe()
        case .merged: childs[2] = childs[1]
        }
        if hasInput { (childs[0], input) = try Self.pipe() }
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        let ends = try PipeEnds()
        return (ends.read, ends.write)
    }

    private func checkReserve() throws {
        let highest = (childs + [output, errors, input]).max() ?? 0
        if FileDescriptors.isReserved(highest, for: .child) { throw SpawnFailure(step: .streams, error: EMFILE) }
    }

    /// Closes the child's ends in this process.
    mutating func closeChilds() {
        for end in Set(childs) where end >= 0 { close(end) }
        childs = [-1, -1, -1]
    }

    /// Leaves the closing of the error stream to another owner.
    mutating func releaseErrors() { errors = -1 }

    /// Closes our ends.
    mutating func closeOurs() {
        for end in [output, errors, input] where end >= 0 { close(end) }
        (output, errors, input) = (-1, -1, -1)
    }
}
