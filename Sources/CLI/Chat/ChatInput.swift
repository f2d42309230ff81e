/// The meaning of a line of a chat.
enum ChatInput: Sendable, Equatable {
    case message(String)
    /// `/device NAME`; nil = show the devices.
    case device(String?)
    /// `/agent NAME`; nil = show the agents.
    case agent(String?)
    case steer(String)
    case stop, new, help, quit
    /// A word after a slash that is no command.
    case unknown(String)
    case nothing

    /// Reads a line. `//x` is the message `/x`, as is a path such as `/etc/hosts`.
    init(_ text: String) {
        let trimmed = text.drop { $0.isWhitespace }
        guard !trimmed.isEmpty else {
            self = .nothing
            return
        }
        guard trimmed.startIndex == text.startIndex, trimmed.first == "/" else {
            self = .message(text)
            return
        }
        if trimmed.hasPrefix("//") {
            self = .message(String(trimmed.dropFirst()))
            return
        }
        let word = trimmed.dropFirst().prefix { !$0.isWhitespace }
        let rest = trimmed.dropFirst(1 + word.count).drop { $0.isWhitespace }
        var argument = rest
        while argument.last?.isWhitespace == true { argument.removeLast() }
        self = Self.command(String(word), argument.isEmpty ? nil : String(argument)) ?? Self.other(String(word), text)
    }

    var isCommand: Bool {
        switch self {
        case .message, .nothing: false
        default: true
        }
    }

    private static func command(_ word: String, _ argument: String?) -> ChatInput? {
        switch word {
        case "device": .device(argument)
        case "agent": .agent(argument)
        case "steer": argument.map { .steer($0) } ?? .unknown("steer")
        case "stop": .stop
        case "new": .new
        case "help", "?": .help
        case "quit", "exit", "q": .quit
        default: nil
        }
    }

    private static func other(_ word: String, _ text: String) -> ChatInput {
        word.isEmpty || word.contains("/") ? .message(text) : .unknown(word)
    }

    /// The commands with their meaning.
    static let helpLines = [
        "/device NAME    go on on this device; without NAME: show the devices",
        "/agent NAME     go on with this agent; without NAME: show the agents",
        "/steer TEXT     give TEXT to the running turn instead of queueing it",
        "/stop           stop the running task (or Ctrl-C)",
        "/new            begin a new conversation",
        "/quit           leave (or Ctrl-D); the running task goes on",
        "//TEXT          send /TEXT to the agent, such as //compact",
        "Enter sends, Alt-Enter begins a new line; pasted lines stay together; Up shows earlier messages.",
    ]
}
