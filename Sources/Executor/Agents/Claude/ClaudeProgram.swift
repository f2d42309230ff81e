import Messages
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// This machine's `claude` program: its path and version.
struct ClaudeProgram: Sendable {
    /// A path, or a name that is looked up in PATH.
    let wanted: String
    let environment: [String: String]

    /// What to do when it is missing.
    static let advice =
        "install Claude Code (npm install -g @anthropic-ai/claude-code, or https://claude.ai/install.sh) and sign in by "
        + "running claude once, or name it with --claude PATH or WEGENT_CLAUDE"

    /// Returns the program's absolute path.
    /// - Throws: ``Fault`` with code `agent_missing` that names what to install.
    func locate() throws -> String {
        let files = FileManager.default
        if wanted.contains("/") {
            let path = wanted.hasPrefix("/") ? wanted : files.currentDirectoryPath + "/" + wanted
            guard files.isExecutableFile(atPath: path) else {
                throw Fault(.agentMissing, "there is no Claude Code at \(wanted) on this device; \(Self.advice)")
            }
            return path
        }
        let home = environment["HOME"] ?? ""
        // A service's PATH is short; these are the installers' directories.
        let usual = home.isEmpty ? [] : ["\(home)/.local/bin", "\(home)/.claude/local"]
        let directories = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map(String.init)
        for directory in directories + usual + ["/usr/local/bin"] where directory.hasPrefix("/") {
            let path = "\(directory)/\(wanted)"
            if files.isExecutableFile(atPath: path) { return path }
        }
        throw Fault(.agentMissing, "Claude Code (\(wanted)) was not found on this device; \(Self.advice)")
    }

    /// Returns the output of `claude --version`, such as "2.1.330".
    /// - Throws: ``Fault``: `agent_missing`, or `agent_broken` when it does not answer correctly within `deadline`
    ///   seconds.
    func version(in children: LiveChildren, deadline: Double = 15) async throws -> String {
        let path = try locate()
        // It belongs to no attempt, but has a mark of its own, so that it is found like every other child.
        let none = AttemptID(task: .generate(), attempt: 0)
        let command = Command(
            executable: path, arguments: ["--version"],
            environment: ChildEnvironment.make(from: environment, attempt: none, boot: children.boot), directory: "/")
        let child: Child
        do { child = try await Child.start(command, input: false, in: children) } catch {
            throw Fault(.agentBroken, "\(path) could not be started; \(Self.advice)")
        }
        let timer = Task {
            try await Task.sleep(for: .seconds(deadline))
            await child.end(grace: 0)
            child.closeStreams()
        }
        async let errors = child.errors.collect(limit: 4096)
        let output = await child.output.collect(limit: 4096)
        let status = await child.wait()
        let errorText = await errors
        timer.cancel()
        await child.end(grace: 0)
        let version = output.split(whereSeparator: \.isWhitespace).first.map(String.init)
        guard status == .exited(0), let version, !version.isEmpty else {
            let last = errorText.split(whereSeparator: \.isNewline).last.map { ": \($0.prefix(300))" } ?? ""
            throw Fault(.agentBroken, "\(path) does not work: --version \(status.summary)\(last); \(Self.advice)")
        }
        return version
    }
}

extension Child.Stream {
    /// Returns the first `limit` bytes as text; the rest is read and dropped, so that the child is not blocked.
    func collect(limit: Int) async -> String {
        var bytes: [UInt8] = []
        try? await executeThenClose { inbound, _ in
            for try await buffer in inbound where bytes.count < limit {
                bytes += Array(buffer: buffer).prefix(limit - bytes.count)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
