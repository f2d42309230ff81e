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
              wegent run -c 'now run the tests'
              wegent run -c --steer 'skip the slow ones'
              wegent run --agent shell --tty 'htop -n 3'
              wegent run -- '--verbose does nothing'
              git diff | wegent run -
              wegent run --json 'hello' | jq -r .kind
              wegent run --device laptop --if-offline wait --priority high 'tidy up'
              wegent run --timeout 2h --on-disconnect requeue 'run the benchmarks'

            Without --device and --cloud, the task runs on your default device (the star in `wegent devices`). \
            Choices that you leave out are taken from `wegent defaults`. \
            With -c and --conversation, the device, the agent and the directory are those of the conversation's newest \
            task.

            Quote the prompt, so that the shell passes it on unchanged.

            When the agent requests a permission, answer with a key: y allows it once, a allows it for this \
            conversation, n denies it. Without a terminal, use `wegent approve` or `wegent deny`.

            Ctrl-C cancels the task and waits for its end; a second Ctrl-C exits at once.
            Exit code: 0 completed, 1 failed or not sent, 130 cancelled, 64 wrong use.
            """)

    @OptionGroup var place: TargetOptions

    @OptionGroup var conversation: ConversationOptions

    @Flag(help: "Give the prompt to the conversation's running turn; if none runs, it is a task as usual.")
    var steer = false

    @Flag(help: "Print each event as one line of JSON.")
    var json = false

    @OptionGroup var terminal: TerminalOptions

    @OptionGroup(title: "Choices") var choices: ChoiceOptions

    @OptionGroup var connection: ConnectionOptions

    @Argument(
        help: ArgumentHelp(
            "What the agent should do; several words are one prompt; - reads it from standard input.",
            valueName: "prompt"))
    var words: [String]

    func validate() throws {
        if steer, conversation.conversation == nil, !conversation.continuesNewest {
            throw ValidationError("--steer needs the conversation: write -c for your newest one, or --conversation ID.")
        }
    }

    func run() async throws {
        let gateway = try connection.gateway()
        let interrupts = steer ? nil : Interrupts()
        let prompt = words == ["-"] ? try Self.input() : words.joined(separator: " ")
        let conversation = try await conversation.find(gateway)
        if steer, let conversation, let task = try await SteeredTask.give(prompt, to: conversation, gateway) {
            Output.notice("given to task \(task.id), whose output follows; Ctrl-C ends this command, not the task")
            return try await ForegroundTask.show(task, gateway, json: json, interrupts: nil, after: task.lastSeq)
        }
        let place = try await place.place(gateway, continuing: conversation)
        let request = TaskRequestBody(
            prompt: prompt, target: place.target ?? Target.defaultDevice.description, agent: place.agent,
            cwd: place.cwd, conversation: conversation,
            idempotencyKey: Identifier<TaskRequestBody>.generate().description,
            terminal: terminal.size, splitOutput: terminal.splitOutput ? true : nil,
            choices: choices.choices)
        let sizes = request.terminal == nil ? nil : SizeChanges()
        let task = try await gateway.submit(request)
        try await ForegroundTask.show(
            task, gateway, json: json, interrupts: interrupts ?? Interrupts(), sizes: sizes)
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
