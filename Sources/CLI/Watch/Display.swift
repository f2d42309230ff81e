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
    }

    /// A remark of this program; beside the text, not part of it.
    func remark(_ line: String) {
        guard screen != nil else { return Output.notice(line) }
        write(transcript.startLine() + terminal.paint.yellow(line) + "\n")
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
        let line = status.text(elapsed: elapsed, now: .now(), width: width, paint: terminal.paint)
        if let bytes = screen?.tick(line, width: width, at: .now), !bytes.isEmpty { Output.write(bytes) }
    }

    private func write(_ text: String) {
        guard !text.isEmpty else { return }
        let bytes = screen?.write(text, at: .now) ?? text
        if !bytes.isEmpty { Output.write(bytes) }
    }
}
