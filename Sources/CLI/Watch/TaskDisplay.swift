import Messages

/// Owns standard output while a task is shown there: the transcript, and on a terminal the status line below it.
actor TaskDisplay {
    private let terminal: Terminal
    private let started = ContinuousClock.now
    private var transcript: Transcript
    private var screen: Screen?
    private(set) var status = StatusLine()
    private var hasEnded = false
    /// The end of the text that may still change, as the screen has it.
    private var shownTail = ""
    /// The permission request that is the last thing printed.
    private var lastRequest: ApprovalID?
    /// The question in the status line, and when it appeared.
    private var shown: (question: ApprovalQuestion.Presentation, at: ContinuousClock.Instant)?

    init(_ terminal: Terminal) {
        self.terminal = terminal
        transcript = Transcript(style: terminal.style, isTerminal: terminal.isLive)
        screen = terminal.size.map { Screen(width: $0.columns, height: $0.rows) }
    }

    /// Changes the status line; the next frame shows it.
    func update(_ change: @Sendable (inout StatusLine) -> Void) { change(&status) }

    /// Whether another program has the terminal: nothing is written until ``resume()``.
    private(set) var isSuspended = false
    private var writers: [CheckedContinuation<Void, Never>] = []

    /// Gives the terminal to another program. Events and remarks wait meanwhile, and with them the stream.
    func suspend() {
        guard !isSuspended, !hasEnded else { return }
        if let bytes = screen?.end(), !bytes.isEmpty { Output.write(bytes) }
        isSuspended = true
    }

    /// Takes the terminal back.
    func resume() {
        isSuspended = false
        lastRequest = nil
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
        if screen == nil { Output.write(transcript.bytes(event)) } else { write(transcript.show(event)) }
        if event.eventKind == .permissionRequest { lastRequest = event.approval?.id }
    }

    /// Prints a permission request again before its question is asked, unless it is the last thing printed: the person
    /// reads the question below its request.
    func repeatRequest(_ approval: ApprovalView, always: Bool) {
        guard screen != nil, always || lastRequest != approval.id else { return }
        // The status line may still name the keys of the previous question.
        if let bytes = screen?.hide(), !bytes.isEmpty { Output.write(bytes) }
        write(transcript.permission(approval))
        lastRequest = approval.id
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
        if let bytes = screen?.end(), !bytes.isEmpty { Output.write(bytes) }
        screen = nil
    }

    /// Whether there is a status line.
    var isLive: Bool { screen != nil }

    private var elapsed: Double { (ContinuousClock.now - started) / .seconds(1) }

    private func drawFrame() {
        guard !isSuspended, let (width, height) = terminal.size else { return }
        let question = status.question?.presentation
        status.isQuestionNew = question.map { timeVisible($0, until: .now) < ApprovalQuestion.deadTime } ?? false
        let line = status.text(elapsed: elapsed, now: .now(), width: width, style: terminal.style)
        if let bytes = screen?.tick(line, width: width, height: height, at: .now), !bytes.isEmpty {
            Output.write(bytes)
        }
        if let question, shown?.question != question, screen?.shows(line) == true { shown = (question, .now) }
    }

    private func write(_ text: String) {
        let tail = transcript.tail
        guard !text.isEmpty || tail != shownTail else { return }
        (lastRequest, shownTail) = (nil, tail)
        let bytes = screen?.write(text, tail: tail, at: .now) ?? text
        if !bytes.isEmpty { Output.write(bytes) }
    }
}
