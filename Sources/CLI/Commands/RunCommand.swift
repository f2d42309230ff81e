import ArgumentParser
import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `wegent run`: hands in a task and shows it up to its end.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a task and watch it live.",
        discussion: """
            Examples:
              wegent run 'Why does the build fail?'
              wegent run --device build-box --cwd /src/app 'fix the tests'
              wegent run --agent shell 'uname -a; df -h'
              git diff | wegent run -
              wegent run --json 'hello' | jq -r .kind
              wegent run --device laptop --if-offline wait --priority high 'tidy up'
              wegent run --timeout 2h --idle-timeout 10m --on-disconnect requeue 'run the benchmarks'

            Without --device and --cloud the task goes to your default device (the star in `wegent devices`).
            What is not chosen comes from `wegent defaults`. When the agent asks for permission you are asked here: y \
            allows once, a in this conversation, n denies. Without a terminal, answer with `wegent approve` or `deny`.
            Ctrl-C cancels the task; a second Ctrl-C leaves at once.
            Exit code: 0 completed, 1 failed, 130 cancelled, 64 wrong use.
            """)

    @Option(help: "Where to run: the name or id of a device.")
    var device: String?

    @Flag(help: "Run in the cloud.")
    var cloud = false

    @Option(help: "The agent: claude-code (default) or shell.")
    var agent: String?

    @Option(help: "The directory on the device; it must lie in one that the device allows.")
    var cwd: String?

    @Option(help: "Go on with this conversation (an id).")
    var conversation: String?

    @Flag(help: "Print each event as one line of JSON.")
    var json = false

    @OptionGroup(title: "Choices") var choices: ChoiceOptions

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "What to do; - reads it from standard input.")
    var prompt: String

    func validate() throws {
        if cloud, device != nil { throw ValidationError("--device and --cloud exclude each other.") }
        if let conversation, ConversationID(conversation) == nil {
            throw ValidationError("'\(conversation)' is not the id of a conversation.")
        }
    }

    func run() async throws {
        let backend = try connection.backend()
        let interrupts = Interrupts()
        let new = NewTask(
            prompt: prompt == "-" ? try Self.input() : prompt, target: try await target(backend), agent: agent,
            cwd: cwd, conversation: conversation.flatMap(ConversationID.init),
            idempotencyKey: Identifier<NewTask>.generate().description, choices: choices.choices)
        let task = try await backend.submit(new)
        try await WatchedTask.show(task, backend, json: json, interrupts: interrupts)
    }

    private func target(_ backend: Backend) async throws -> String {
        if cloud { return Target.cloud.description }
        guard let device else { return Target.defaultDevice.description }
        return try DeviceChoice.find(device, in: try await backend.devices()).id
    }

    /// All of standard input, up to one byte more than a prompt may have: the gateway then says what the limit is.
    private static func input() throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= Limits.prompt {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure("standard input is not text in UTF-8; a prompt must be")
        }
        return text
    }
}
