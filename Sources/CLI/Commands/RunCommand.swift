import ArgumentParser
import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `wegent run`: submits a task and follows it to its end.
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
              wegent run --timeout 2h --on-disconnect requeue 'run the benchmarks'

            Without --device and --cloud, the task runs on your default device (the star in `wegent devices`). \
            Choices that you leave out are taken from `wegent defaults`.

            When the agent requests a permission, answer with a key: y allows it once, a allows it for this \
            conversation, n denies it. Without a terminal, use `wegent approve` or `wegent deny`.

            Ctrl-C cancels the task and waits for its end; a second Ctrl-C exits at once.
            Exit code: 0 completed, 1 failed or not sent, 130 cancelled, 64 wrong use.
            """)

    @Option(help: "The device to run on: its name or id.")
    var device: DeviceReference?

    @Flag(help: "Run on a cloud executor.")
    var cloud = false

    @Option(help: "The agent: claude-code or shell. Default: claude-code")
    var agent: String?

    @Option(help: ArgumentHelp("The working directory on the device, inside one that it allows.", valueName: "dir"))
    var cwd: String?

    @Option(help: ArgumentHelp("Continue this conversation (a whole id).", valueName: "id"))
    var conversation: String?

    @Flag(help: "Print each event as one line of JSON.")
    var json = false

    @OptionGroup(title: "Choices") var choices: ChoiceOptions

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "What the agent should do; - reads it from standard input.")
    var prompt: String

    func validate() throws {
        if cloud, device != nil { throw ValidationError("--device and --cloud cannot be combined.") }
        if let conversation, ConversationID(conversation) == nil {
            throw ValidationError("'\(conversation)' is not a conversation id; `wegent conversations` lists the ids.")
        }
    }

    func run() async throws {
        let gateway = try connection.gateway()
        let interrupts = Interrupts()
        let request = TaskRequestBody(
            prompt: prompt == "-" ? try Self.input() : prompt, target: try await target(gateway), agent: agent,
            cwd: cwd, conversation: conversation.flatMap(ConversationID.init),
            idempotencyKey: Identifier<TaskRequestBody>.generate().description, choices: choices.choices)
        let task = try await gateway.submit(request)
        try await ForegroundTask.show(task, gateway, json: json, interrupts: interrupts)
    }

    private func target(_ gateway: GatewayClient) async throws -> String {
        if cloud { return Target.cloud.description }
        guard let device else { return Target.defaultDevice.description }
        return try await device.find(gateway).id
    }

    /// Reads standard input to its end, or until it exceeds the limit of a prompt, which the gateway then reports.
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
            throw CommandError("standard input is not UTF-8 text, which a prompt must be")
        }
        return text
    }
}
