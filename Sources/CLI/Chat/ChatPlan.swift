import Messages

/// What a chat does next, as a value: takes the lines of a chat and the events of its tasks, and returns actions.
///
/// A message is a task of one conversation. It is sent at once; the server queues it behind a running one. Tasks are shown
/// one after the other, in the order of their messages.
struct ChatPlan: Sendable {
    enum Action: Sendable, Equatable {
        /// Send this text as a task.
        case send(String)
        /// Show this task until it ends.
        case follow(TaskView)
        case stop(TaskID)
        case steer(TaskID, String)
        /// Print a line.
        case say(String)
        /// Print a message of the person.
        case echo(String)
        case findDevice(String)
        case findAgent(String)
        case listDevices, listAgents
        /// Remove the text that is being typed.
        case clear
        case leave
    }

    private struct Message: Sendable {
        var text: String
        /// Whether it was announced as queued and not printed as one that is being worked on.
        var isQueued: Bool
    }

    /// Where the next message goes; a whole place is filled in by the caller.
    private(set) var place: TaskPlace
    /// nil = the next message begins a new conversation.
    private(set) var conversation: ConversationID?
    /// Messages that are not sent yet: one is in flight at a time, since the first one's reply names the conversation.
    private var unsent: [Message] = []
    /// The message in flight.
    private var sending: Message?
    private var isSending: Bool { sending != nil }
    /// Whether `/new` was said while a message was in flight.
    private var startsNew = false
    private(set) var running: TaskView?
    private(set) var queued: [TaskView] = []
    private var isStopping = false
    /// Whether the last thing that the person did was Ctrl-C, so that a second one leaves.
    private var wasInterrupted = false
    /// Whether the chat ends once every message is sent.
    private var isLeaving = false
    /// Whether every message so far was sent, and its task completed.
    private(set) var allCompleted = true

    init(place: TaskPlace, conversation: ConversationID?) {
        (self.place, self.conversation) = (place, conversation)
    }

    /// Whether nothing runs, waits or is being sent.
    var isIdle: Bool { running == nil && queued.isEmpty && unsent.isEmpty && !isSending }

    /// What is left when the chat ends.
    var left: [TaskID] { (running.map { [$0.id] } ?? []) + queued.map(\.id) }

    // MARK: The person

    /// Takes a key.
    mutating func typed() { wasInterrupted = false }

    mutating func take(_ input: ChatInput) -> [Action] {
        wasInterrupted = false
        switch input {
        case .nothing: return []
        case .message(let text): return add(text)
        case .steer(let text):
            guard let running else { return add(text) }
            return [.steer(running.id, text)]
        case .stop:
            guard let running else { return [.say("nothing runs")] }
            return stop(running)
        case .device(let name): return [name.map { .findDevice($0) } ?? .listDevices]
        case .agent(let name): return [name.map { .findAgent($0) } ?? .listAgents]
        case .new:
            (conversation, startsNew) = (nil, isSending)
            return [.say("the next message begins a new conversation")]
        case .help: return ChatInput.helpLines.map { .say($0) }
        case .quit: return leave()
        case .unknown("steer"): return [.say("write what to give to the running turn: /steer TEXT")]
        case .unknown(let word):
            return [.say("there is no command /\(word); /help lists them, and //\(word) sends it to the agent")]
        }
    }

    /// Takes Ctrl-C.
    /// - Parameter hasText: Whether a message is being typed.
    mutating func interrupt(hasText: Bool) -> [Action] {
        if wasInterrupted { return queued.map { .stop($0.id) } + [.leave] }
        if let running, !isStopping {
            wasInterrupted = true
            return stop(running) + [.say("press Ctrl-C again to leave")]
        }
        if hasText { return [.clear] }
        wasInterrupted = true
        return [.say("press Ctrl-C again to leave, or Ctrl-D")]
    }

    /// Ends the chat, once every message is sent; at once when it is called again. Tasks go on.
    mutating func leave() -> [Action] {
        let missing = (sending.map { [$0] } ?? []) + unsent
        if !missing.isEmpty, !isLeaving {
            isLeaving = true
            return []
        }
        let lost = missing.map { Action.say("perhaps not sent: \(Self.short($0.text))") }
        let rest = lost + left.map { Action.say("task \($0) goes on; follow it with `wegent logs -f \($0)`") }
        return rest + [.leave]
    }

    private mutating func stop(_ task: TaskView) -> [Action] {
        guard !isStopping else { return [.say("task \(task.id) is being stopped")] }
        isStopping = true
        return [.stop(task.id)]
    }

    private mutating func add(_ text: String) -> [Action] {
        isLeaving = false
        let isBehind = !isIdle
        unsent.append(Message(text: text, isQueued: isBehind))
        return (isBehind ? [.say("queued: \(Self.short(text))")] : [.echo(text)]) + sendNext()
    }

    private mutating func sendNext() -> [Action] {
        guard !isSending, !unsent.isEmpty else { return [] }
        let next = unsent.removeFirst()
        sending = next
        return [.send(next.text)]
    }

    private mutating func sendOrLeave() -> [Action] {
        let next = sendNext()
        return isLeaving && !isSending ? leave() : next
    }

    /// The beginning of a message in one line.
    static func short(_ text: String) -> String {
        TextWidth.fit(text.split(whereSeparator: \.isWhitespace).joined(separator: " "), 60)
    }

    // MARK: The tasks

    /// Takes the server's acceptance of the message in flight.
    mutating func accepted(_ task: TaskView) -> [Action] {
        let message = sending
        sending = nil
        if !startsNew { conversation = task.conversation }
        startsNew = false
        guard running == nil else {
            queued.append(task)
            return sendOrLeave()
        }
        running = task
        let echo = message.map { $0.isQueued ? [Action.echo($0.text)] : [] } ?? []
        return echo + [.follow(task)] + sendOrLeave()
    }

    /// Takes the refusal of the message in flight.
    mutating func refused(_ text: String, _ reason: String) -> [Action] {
        (sending, startsNew, allCompleted) = (nil, false, false)
        return [.say("not sent: \(Self.short(text)): \(reason)")] + sendOrLeave()
    }

    /// Takes the end of the running task.
    /// - Parameter end: nil = its end is not known, since the connection was lost.
    mutating func ended(_ end: TaskEnd?) -> [Action] {
        if end?.state != .completed { allCompleted = false }
        (isStopping, wasInterrupted) = (false, false)
        guard !queued.isEmpty else {
            running = nil
            return []
        }
        let next = queued.removeFirst()
        running = next
        return [.echo(next.prompt), .follow(next)]
    }

    mutating func found(_ device: DeviceBody) -> [Action] {
        let isOther = place.target != device.id
        (place.device, place.target) = (device, device.id)
        // A path means nothing on another device.
        if isOther { place.cwd = nil }
        return [.say("the next message goes to the device \(TerminalEscaping.line(device.name))")]
    }

    /// - Parameter remark: What a person should know of the agent, such as why it is not ready; nil = nothing.
    mutating func found(agent name: String, _ remark: String?) -> [Action] {
        place.agent = name
        let more = remark.map { "; it is \($0)" } ?? ""
        return [.say("the next message goes to the agent \(TerminalEscaping.line(name + more))")]
    }

    /// Takes the result of a steer.
    /// - Parameter error: nil = the running turn has the message.
    mutating func steered(_ text: String, _ error: GatewayError?) -> [Action] {
        guard let error else { return [.say("given to the running turn: \(Self.short(text))")] }
        // The turn has ended meanwhile.
        if error.code == .conflict { return add(text) }
        return [.say("not given to the running turn: \(error); send it without /steer to queue it")]
    }
}
