import TestSupport
import Testing

/// Serialized, since each test starts a whole mesh.
@Suite(
    "`wegent run` on a real terminal",
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Tmux.isInstalled, "tmux is not installed; deploy/setup --tests does that"))
struct TerminalTests {
    let up: UpProcess

    init() async throws { up = try await UpProcess() }

    @Test("A live status line is shown below the text and removed at the end")
    func statusLine() async throws {
        let tmux = try await Tmux(in: up.folder, environment: up.environment)
        let gate = up.folder.file("gate")
        try await tmux.type(
            "clear; \(Binaries.wegent) run --agent shell 'printf \"one \"; until [ -e \(gate) ]; do sleep 0.1; done; echo two'; echo code $?"
        )
        let live = try await tmux.screen("a status line below the text") {
            $0.contains("one\n▸ ") && $0.contains(" · 1/5 slots · running · ") && $0.contains("Ctrl-C cancels")
        }
        #expect(!live.contains("two\n"))
        // The clock is redrawn although no event arrives.
        try await tmux.screen("another time in the status line") { $0.contains("one\n▸ ") && $0 != live }
        let coloured = try await tmux.screen(colours: true)
        #expect(coloured.contains("\u{1b}[2m▸"), "\(coloured)")
        try up.folder.write("", to: "gate")
        let end = try await tmux.screen("the end") { $0.contains("code 0") }
        #expect(end.contains("one two\ncode 0\n"), "\(end)")
        #expect(!end.contains("▸"), "\(end)")
    }

    @Test("NO_COLOR turns colours off")
    func noColor() async throws {
        let tmux = try await Tmux(
            in: up.folder, environment: up.environment.merging(["NO_COLOR": "1"]) { $1 })
        try await tmux.type("clear; \(Binaries.wegent) run --agent shell 'echo one; sleep 300'")
        let live = try await tmux.screen("a status line", colours: true) { $0.contains("1/5 slots · running") }
        #expect(!live.contains("\u{1b}["), "\(live)")
        try await tmux.press("C-c")
        try await tmux.screen("the end") { $0.contains("was cancelled") }
    }

    @Test("Ctrl-C cancels the task")
    func controlCCancels() async throws {
        let tmux = try await Tmux(in: up.folder, environment: up.environment)
        try await tmux.type("clear; \(Binaries.wegent) run --agent shell 'echo started; sleep 300'; echo code $?")
        try await tmux.screen("the running task") { $0.contains("started\n") && $0.contains("1/5 slots · running") }
        try await tmux.press("C-c")
        let end = try await tmux.screen("the end") { $0.contains("code 130") }
        #expect(end.contains("was cancelled") && !end.contains("▸"), "\(end)")
        let devices = try await up.run(["devices"])
        #expect(devices.output.contains("0/5"), "\(devices.output)")
        let tasks = try await up.run(["tasks"])
        #expect(tasks.output.contains("cancelled"), "\(tasks.output)")
    }

    @Test("A task's terminal has the size of this one, also when that changes")
    func passesSizeOn() async throws {
        let tmux = try await Tmux(in: up.folder, environment: up.environment, columns: 90, rows: 20)
        try await tmux.type(
            "clear; \(Binaries.wegent) run --agent shell --tty 'trap \"stty size </dev/tty\" WINCH; stty size </dev/tty; while sleep 0.1; do :; done'"
        )
        try await tmux.screen("the first size") { $0.contains("20 90\n▸ ") }
        _ = try await tmux.command(["resize-window", "-x", "70", "-y", "15"])
        try await tmux.screen("the second size") { $0.contains("15 70\n▸ ") }
        _ = try await tmux.command(["resize-window", "-x", "100", "-y", "22"])
        try await tmux.screen("the third size") { $0.contains("22 100\n▸ ") }
        try await tmux.press("C-c")
        try await tmux.screen("the end") { $0.contains("was cancelled") }
    }

    @Test("A long output scrolls above the status line")
    func longOutputScrolls() async throws {
        let tmux = try await Tmux(in: up.folder, environment: up.environment, columns: 60, rows: 10)
        try await tmux.type("clear; \(Binaries.wegent) run --agent shell 'seq 200; sleep 300'; echo code $?")
        let live = try await tmux.screen("the last lines and the status line") {
            $0.contains("\n200\n▸ ") && $0.contains("running")
        }
        #expect(live.split(separator: "\n").count { $0.contains("▸") } == 1, "\(live)")
        #expect(live.contains("193\n194\n195\n196\n197\n198\n199\n200\n"), "\(live)")
        try await tmux.press("C-c")
        try await tmux.screen("the end") { $0.contains("code 130") }
    }

    @Test("A typed password stays invisible")
    func passwordInvisible() async throws {
        let tmux = try await Tmux(in: up.folder, environment: ["HOME": up.folder.path])
        try await tmux.type("clear; \(Binaries.wegent) login --url \(up.url) --user admin; echo code $?")
        try await tmux.screen("the question") { $0.contains("Password of admin:") }
        try await tmux.type(up.password)
        let end = try await tmux.screen("the end") { $0.contains("code 0") }
        #expect(!end.contains(up.password) && end.contains("logged in to"), "\(end)")
    }
}
