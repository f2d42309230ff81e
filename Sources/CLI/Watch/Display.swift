import Messages

/// Owns standard output while a task is shown on it: text, and on a terminal the status line below it.
actor Display {
    private let terminal: Terminal
    private let started = ContinuousClock.now
    private var transcript: Transcript
    private var screen: Screen?
    /// What the status line tells.
    private(set) var status = StatusLine()
    private var ended = false
    /// The request that nothing was written behind.
    private var lastAsked: ApprovalID?
    /// The question on the screen, and since when.
    private var drawn: (question: ApprovalPrompt.Opening, at: ContinuousClock.Instant)?

    init(_ terminal: Terminal) {
        self.terminal = terminal
        transcript = Transcript(paint: terminal.paint, isTerminal: terminal.isLive)
        screen = terminal.width.map(Screen.init(width:))
    }

    /// Changes what the status line tells, from the next frame on.
    func update(_ change: @Sendable (inout StatusLine) -> Void) { change(&status) }

    /// Shows an event.
    func show(_ event: TaskEvent) {
        status.take(event)
        write(transcript.show(event))
        if event.kind == EventKind.permissionRequest.description {
            lastAsked = event.data["id"]?.string.flatMap(ApprovalID.init)
        }
    }

    /// Shows a request whose question opens now, unless it is the last thing that was shown: the question is about what
    /// stands above it.
    func showAgain(_ approval: ApprovalView, anyway: Bool) {
        guard screen != nil, anyway || lastAsked != approval.id else { return }
        // The line that is there names the keys of the question before.
        if let bytes = screen?.hide(), !bytes.isEmpty { Output.write(bytes) }
        write(transcript.permission(approval))
        lastAsked = approval.id
    }

    /// For how long a question had been on the screen.
    func seen(_ question: ApprovalPrompt.Opening, until time: ContinuousClock.Instant) -> Duration {
        guard let drawn, drawn.question == question else { return .zero }
        return time - drawn.at
    }

    /// A remark of this program; beside the text, not part of it.
    func remark(_ line: String) {
        guard screen != nil else { return Output.notice(line) }
        write(transcript.startLine() + terminal.paint.yellow(PlainSight.text(line)) + "\n")
    }

    /// Redraws the status line ten times a second until cancelled; returns at once where there is none.
    func animate() async {
        while screen != nil, !ended, !Task.isCancelled {
            frame()
            try? await Task.sleep(for: Screen.frame)
        }
    }

    /// Takes the status line away and ends the last line. Idempotent.
    func end() {
        guard !ended else { return }
        ended = true
        write(transcript.end())
        if let bytes = screen?.end(), !bytes.isEmpty { Output.write(bytes) }
        screen = nil
    }

    /// Whether there is a status line.
    var isLive: Bool { screen != nil }

    /// Seconds since the display was made.
    var elapsed: Double { (ContinuousClock.now - started) / .seconds(1) }

    private func frame() {
        guard let width = terminal.width else { return }
        let question = status.question?.opening
        status.isDeaf = question.map { seen($0, until: .now) < ApprovalPrompt.deaf } ?? false
        let line = status.text(elapsed: elapsed, now: .now(), width: width, paint: terminal.paint)
        if let bytes = screen?.tick(line, width: width, at: .now), !bytes.isEmpty { Output.write(bytes) }
        if let question, drawn?.question != question, screen?.shows(line) == true { drawn = (question, .now) }
    }

    private func write(_ text: String) {
        guard !text.isEmpty else { return }
        lastAsked = nil
        let bytes = screen?.write(text, at: .now) ?? text
        if !bytes.isEmpty { Output.write(bytes) }
    }
}
