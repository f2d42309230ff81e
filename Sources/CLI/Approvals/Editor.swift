import Dispatch
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The person's editor: `$VISUAL`, else `$EDITOR`, else `vi`, on a private temporary file.
enum Editor {
    /// Edits a tool's input.
    /// - Throws: ``CommandError`` where the editor failed, or the text is no input; then the file is kept, and is named.
    static func edit(_ draft: InputDraft) async throws -> JSONValue {
        let path = try write(draft.text, suffix: draft.suffix)
        let status = await run(path)
        guard status == 0 else {
            unlink(path)
            let hint = status == 127 ? "; set VISUAL or EDITOR to an editor" : ""
            throw CommandError("the editor ended with status \(status), so nothing was sent\(hint)")
        }
        do {
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw CommandError("the text is not UTF-8, so nothing was sent")
            }
            let input = try draft.input(text)
            unlink(path)
            return input
        } catch let error as CommandError {
            guard draft.suffix == ".json", !error.description.contains("not changed") else {
                unlink(path)
                throw error
            }
            throw CommandError("\(error); your text is in \(path), send it with `wegent approve --input @\(path)`")
        }
    }

    private static func write(_ text: String, suffix: String) throws -> String {
        let folder = ProcessInfo.processInfo.environment["TMPDIR"].nonEmpty ?? "/tmp"
        var name = Array("\(folder)/wegent-XXXXXX\(suffix)".utf8CString)
        let file = mkstemps(&name, Int32(suffix.utf8.count))
        guard file >= 0 else { throw CommandError("a file for the editor cannot be made in \(folder)") }
        close(file)
        let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    /// Runs the editor in this process's group, which owns the terminal, and waits for its end.
    /// - Returns: Its exit status; 128 and the signal's number where a signal ended it.
    private static func run(_ path: String) async -> Int32 {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "editor").async {
                guard let process = spawn(path) else { return continuation.resume(returning: 127) }
                var status: Int32 = 0
                while waitpid(process, &status, 0) < 0, errno == EINTR {}
                let signal = status & 0x7f
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xff : 128 + signal)
            }
        }
    }

    private static func spawn(_ path: String) -> pid_t? {
        let environment = ProcessInfo.processInfo.environment
        let editor = environment["VISUAL"].nonEmpty ?? environment["EDITOR"].nonEmpty ?? "vi"
        // The variable may have arguments; the shell splits them, as it does for other programs. An editor that handles Ctrl-C
        // outlives it, so the shell that waits for the editor must, too; the editor itself gets the default handling.
        let arguments = ["/bin/sh", "-c", "trap : INT QUIT; \(editor) \"$@\"", "editor", path]
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This program ignores SIGINT, and Dispatch blocks signals in its threads.
        var (signals, none) = (sigset_t(), sigset_t())
        sigemptyset(&signals)
        sigemptyset(&none)
        for signal in [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var pointers = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in pointers + variables { free(pointer) } }
        var process: pid_t = 0
        guard posix_spawn(&process, "/bin/sh", nil, &attributes, &pointers, &variables) == 0 else { return nil }
        return process
    }
}
