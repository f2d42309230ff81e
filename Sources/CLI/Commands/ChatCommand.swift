import ArgumentParser
import Launch
import Messages

/// `wegent chat`: a conversation at the terminal.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk with an agent at the terminal.",
        discussion: """
            Examples:
              wegent chat
              wegent chat -c
              wegent chat --device build-box --cwd /src/app
              wegent chat --agent shell < commands.txt

            Enter sends a message, Alt-Enter begins a new line in it, and pasted lines stay together. A message that you \
            send while another runs is queued. Commands: /device, /agent, /steer, /stop, /new, /help, /quit.

            Ctrl-C stops the running task; a second Ctrl-C leaves. Ctrl-D leaves, and the running task goes on. \
            Permission requests are asked in the chat.

            Where standard input or output is no terminal, each line of standard input is a message, and the next one is \
            read when its task has ended.
            Exit code: 0; for lines of a pipe 1 if a message was not sent or its task did not complete; 130 after Ctrl-C.
            """)

    @OptionGroup var place: TargetOptions

    @OptionGroup var conversation: ConversationOptions

    @OptionGroup(title: "Choices") var choices: ChoiceOptions

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let gateway = try connection.gateway()
        let interrupts = Interrupts()
        let conversation = try await conversation.find(gateway)
        let plan = ChatPlan(
            place: try await place.place(gateway, continuing: conversation), conversation: conversation)
        let terminal = Terminal.current
        let history = ChatHistory(path: Folders(environment: Setting.process.environment).chatHistory)
        let keyboard = terminal.isLive ? Keyboard(marksPastes: true) : nil
        if keyboard != nil { try? history.trim() }
        let session = ChatSession(
            gateway: gateway, plan: plan, choices: choices.choices, history: history,
            display: TaskDisplay(terminal, hasInput: keyboard != nil), keyboard: keyboard)
        let code = await session.run(interrupts)
        guard code == 0 else { throw ExitCode(code) }
    }
}
