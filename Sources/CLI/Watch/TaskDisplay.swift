import Messages

/// Owns standard output while a task is shown there: the transcript, and on a terminal the status line below it.
actor TaskDisplay {
    private let terminal: Terminal
    private var started = ContinuousClock.now
    private var transcript: Transcript
    private var screen: Screen?
    private(set) var status = StatusLine()
    private var hasEnded = false
    /// The end of the text that may still change, as the screen has it.
    private var shownTail = ""
    /// The text of the permission request that is the last thing printed.
    private var lastRequest: [String]?
    /// The question in the status line, and when it appeared.
    private var shown: (question: ApprovalQuestion.Presentation, at: ContinuousClock.Instant)?

    /// The message that is being typed below the status line, as in a chat; nil = none.
    private var editor: LineEditor?
    private var input: EditorView?
    /// The keys of a chat, which an open question does not get while a message is typed.
    private var keys: ChatKeys?
    /// The size that ``input`` is laid out for.
    private var inputSize = (columns: 0, rows: 0)
    /// Whether the cursor is in the message; its place at the end of the text is then saved in the terminal.
    private var isInInput = false
    /// The status line while no task is shown; nil = a task is.
    private var idle: String?
    private var isIdle: Bool

    /// - Parameter hasInput: Whether messages are typed here, so that it outlives a task.
    init(_ terminal: Terminal, hasInput: Bool = false) {
        isIdle = hasInput
        self.terminal = terminal
        transcript = Transcript(style: terminal.style, isTerminal: terminal.isLive)
        screen = terminal.size.map { Screen(width: $0.columns, height: $0.rows) }
    }

    /// Changes the status line; the next frame shows it.
    func update(_ change: @Sendable (inout StatusLine) -> Void) { change(&status) }

    /// Whether another program has the terminal: nothing is written until ``resume()``.
    private(set) var isSuspended = false
    private var writers: [CheckedContinuation<Void, Never>] = []
    /// Called with true before another program gets the terminal, with false after it has ended.
    private var onSuspension: (@Sendable (Bool) -> Void)?

    /// Sets what releases and takes back the keyboard of a chat.
    func setOnSuspension(_ body: @escaping @Sendable (Bool) -> Void) { onSuspension = body }

    /// Gives the terminal to another program. Events and remarks wait meanwhile, and with them the stream.
    func suspend() {
        guard !isSuspended, !hasEnded else { return }
        emit(screen?.end() ?? "")
        isSuspended = true
        onSuspension?(true)
    }

    /// Takes the terminal back.
    func resume() {
        guard isSuspended else { return }
        isSuspended = false
        lastRequest = nil
        onSuspension?(false)
        for writer in writers { writer.resume() }
        writers = []
    }

    private func untilResumed() async {
        while isSuspended { await withCheckedContinuation { writers.append($0) } }
    }

    /// Shows an event.
    func show(_ event: EventBody) async {
        await untilResumed()
        status.take(event)
        if screen == nil { Output.write(transcript.part(event)) } else { write(transcript.show(event)) }
        if event.eventKind == .permissionRequest { lastRequest = event.approval.map(Self.text) }
    }

    private static func text(_ approval: ApprovalView) -> [String] { ApprovalText.request(approval, style: .plain) }

    /// Prints a permission request again before its question is asked, unless the last thing printed has the same text: the
    /// person reads the question below its request.
    func repeatRequest(_ approval: ApprovalView, always: Bool) {
        guard screen != nil, always || lastRequest != Self.text(approval) else { return }
        // The status line may still name the keys of the previous question.
        emit(screen?.hide() ?? "")
        write(transcript.permission(approval))
        lastRequest = Self.text(approval)
    }

    /// Returns how long a question had been on the screen; zero when it is not there.
    func timeVisible(_ question: ApprovalQuestion.Presentation, until time: ContinuousClock.Instant) -> Duration {
        guard let shown, shown.question == question else { return .zero }
        return time - shown.at
    }

    /// Prints a line of this program, apart from the task's output.
    func remark(_ line: String) async {
        await untilResumed()
        guard screen != nil else { return Output.notice(line) }
        write(transcript.remark(line))
    }

    /// Redraws the status line ten times a second until cancelled; returns at once where there is none.
    func animate() async {
        while screen != nil, !hasEnded, !Task.isCancelled {
            drawFrame()
            try? await Task.sleep(for: Screen.frame)
        }
    }

    /// Removes the status line and ends the last line of text. Idempotent.
    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        write(transcript.end())
        emit(screen?.end() ?? "")
        screen = nil
    }

    /// Whether there is a status line.
    var isLive: Bool { screen != nil }

    private var elapsed: Double { (ContinuousClock.now - started) / .seconds(1) }

    /// Draws the status line and the message below it.
    /// - Parameter isUrgent: Whether a key was pressed, which shows at once.
    private func drawFrame(isUrgent: Bool = false) {
        guard !isSuspended, let (width, height) = terminal.size else { return }
        let question = status.question?.presentation
        let isTyping = keys?.isTyping() ?? false
        status.isQuestionNew =
            question.map { isTyping || timeVisible($0, until: .now) < ApprovalQuestion.deadTime } ?? false
        layOutInput(width, height)
        let line = statusText(width) + (input?.below ?? "")
        let bytes = screen?.tick(line, width: width, height: height, isUrgent: isUrgent, at: .now) ?? ""
        if isUrgent, bytes.isEmpty { Output.write(leaveInput() + enterInput()) } else { emit(bytes) }
        if let question, shown?.question != question, screen?.shows(line) == true { shown = (question, .now) }
    }

    private func statusText(_ width: Int) -> String {
        guard isIdle, status.question == nil else {
            return status.text(elapsed: elapsed, now: .now(), width: width, style: terminal.style)
        }
        return terminal.style.dim("▸ \(TextWidth.fit(idle ?? "", max(0, width - 3)))")
    }

    private func write(_ text: String) {
        let tail = transcript.tail
        guard !text.isEmpty || tail != shownTail else { return }
        (lastRequest, shownTail) = (nil, tail)
        emit(screen?.write(text, tail: tail, at: .now) ?? text)
    }
}

/// The message that is being typed below the status line.
extension TaskDisplay {
    /// Shows a message that is being typed; nil = none.
    func compose(_ editor: LineEditor?) {
        (self.editor, inputSize) = (editor, (0, 0))
        if editor == nil { input = nil }
        if !hasEnded { drawFrame(isUrgent: true) }
    }

    /// Sets what gives an open question its keys.
    func setKeys(_ keys: ChatKeys) { self.keys = keys }

    /// Sets the status line between tasks.
    func setIdle(_ line: String) { idle = line }

    /// Prints a message of the person.
    func echo(_ text: String) {
        guard screen != nil else { return }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        while lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        write(transcript.remark("› \(lines.joined(separator: "\n  "))"))
    }

    /// Begins to show a task.
    func begin(_ task: TaskView) {
        (isIdle, started, status) = (false, .now, StatusLine())
        status.take(task)
    }

    /// Ends a task's text; another one may follow.
    func finish() {
        guard !hasEnded else { return }
        write(transcript.end())
        emit(screen?.end() ?? "")
        transcript = Transcript(style: terminal.style, isTerminal: terminal.isLive)
        (isIdle, status, shownTail, lastRequest, shown) = (true, StatusLine(), "", nil, nil)
    }

    private func layOutInput(_ width: Int, _ height: Int) {
        guard let editor, inputSize != (width, height) else { return }
        inputSize = (width, height)
        input = EditorView(editor, width: width, rows: max(1, min(10, height / 2 - 1)))
    }

    /// Writes bytes that expect the cursor at the end of the text.
    private func emit(_ bytes: String) {
        if !bytes.isEmpty { Output.write(leaveInput() + bytes + enterInput()) }
    }

    /// Moves the cursor back to the end of the text.
    private func leaveInput() -> String {
        defer { isInInput = false }
        return isInInput ? "\u{1b}8" : ""
    }

    /// Saves the cursor's place and moves it into the message.
    private func enterInput() -> String {
        guard let input, let rows = screen?.rowsToStatus else { return "" }
        isInInput = true
        return "\u{1b}7\u{1b}[\(rows + 1 + input.row)B\r" + (input.column > 0 ? "\u{1b}[\(input.column)C" : "")
    }
}
