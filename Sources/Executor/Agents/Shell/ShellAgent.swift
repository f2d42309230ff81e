import ArgumentParser
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The `shell` agent: the prompt is a command line for `/bin/sh`. For people without a model key.
///
/// Its outputs are one stream in the order of writing: one pipe, or the task's pseudo-terminal. A task with `split_output` has
/// two pipes instead; only then it is known what was written to standard error. A terminal is one stream by its nature.
/// Its input is empty, also with a terminal.
struct ShellAgent: AgentDriver {
    /// The longest command line that is passed as an argument; Linux allows at most 128 KiB for one.
    private static let longestArgument = 96 << 10

    let allowed: Bool
    let environment: [String: String]
    let children: LiveChildren
    /// The directory for the script of a long command line, while it runs.
    let temporary: String
    /// Seconds; see ``ExecutorTimes/linger``.
    let linger: Double

    static var options: (any ParsableArguments.Type)? { ShellOptions.self }

    func describe() async -> Messages.Agent {
        Messages.Agent(
            name: name, version: nil, ready: allowed,
            detail: allowed ? nil : "not allowed on this device; start the executor with --allow-shell",
            permissionModes: PermissionMode.all.filter { $0 != .plan }, canSteer: false, hasTerminal: true)
    }

    func check(_ mode: PermissionMode?, on device: String) throws {
        guard mode == .plan else { return }
        throw Fault(
            .permissionModeNotAllowed,
            "the shell agent on \(device) does not run in permission mode plan: a command may change something"
        )
    }

    func memory(of conversation: ConversationID) -> AgentMemory? { nil }

    func start(_ turn: Turn, sink: any TurnSink) async throws -> any AgentRun {
        guard allowed else {
            throw Fault(
                .agentNotAllowed,
                "this device does not run shell commands; its owner allows it by starting wegent-executor with --allow-shell"
            )
        }
        guard !turn.prompt.utf8.contains(0) else {
            throw Fault(.invalidRequest, "a command line cannot contain a NUL character")
        }
        // A command line that begins with a dash is no option.
        var arguments = ["-c", "--", turn.prompt]
        var script: String?
        if turn.prompt.utf8.count > Self.longestArgument {
            let path = "\(temporary)/\(turn.attempt.task).\(turn.attempt.attempt).sh"
            do { try Data(turn.prompt.utf8).write(to: URL(filePath: path)) } catch {
                let why = FileDescriptors.exhaustion(error)
                throw why.map { Fault(.spawnFailed, "/bin/sh could not be started: \($0)") }
                    ?? Fault(.storageFailed, "\(path) cannot be written: \(error)")
            }
            script = path
            arguments = [path]
        }
        let command = Command(
            executable: "/bin/sh", arguments: arguments,
            environment: ChildEnvironment.make(from: environment, attempt: turn.attempt, boot: children.boot),
            directory: turn.directory)
        do {
            return ShellRun(
                child: try await Child.start(
                    command, input: false, output: turn.splitOutput ? .split : .merged, terminal: turn.terminal,
                    in: children),
                sink: sink, linger: linger, script: script)
        } catch {
            if let script { try? FileManager.default.removeItem(atPath: script) }
            throw error
        }
    }

    func shutDown() async {}
}

extension ShellAgent {
    init(_ surroundings: AgentSurroundings) {
        let configuration = surroundings.configuration
        self.init(
            allowed: configuration.allowShell, environment: configuration.environment(for: Self.self),
            children: surroundings.children,
            temporary: surroundings.home.temporary, linger: configuration.times.linger)
    }
}
