import TestSupport
import Testing

@testable import CLI

@Suite("The screen: text with a status line below it")
struct ScreenTests {
    private let start = ContinuousClock.now

    @Test("The status line stays below the text")
    func statusBelowText() {
        var (screen, terminal) = (Screen(width: 20), TerminalEmulator(width: 20, height: 10))
        terminal.write(screen.tick("status 1", width: 20, at: start))
        #expect(terminal.text == "status 1")
        terminal.write(screen.write("Hello", at: start + .milliseconds(150)))
        #expect(terminal.text == "Hello\nstatus 1")
        terminal.write(screen.write(" there", at: start + .milliseconds(151)))
        #expect(terminal.text == "Hello there\nstatus 1")
        terminal.write(screen.tick("status 2", width: 20, at: start + .milliseconds(300)))
        #expect(terminal.text == "Hello there\nstatus 2")
        terminal.write(screen.write("\nnext\n", at: start + .milliseconds(450)))
        #expect(terminal.text == "Hello there\nnext\nstatus 2")
        terminal.write(screen.end())
        #expect(terminal.text == "Hello there\nnext\n")
    }

    @Test("Text that stays within its line is written at once")
    func writesLineAtOnce() {
        var screen = Screen(width: 80)
        _ = screen.write("a", at: start)
        _ = screen.tick("status", width: 80, at: start)
        #expect(screen.write("b", at: start + .milliseconds(1)) == "b")
        #expect(screen.write("c", at: start + .milliseconds(2)) == "c")
    }

    @Test("The status line is redrawn at most ten times a second")
    func limitsRedraws() {
        var screen = Screen(width: 80)
        var draws = 0
        for milliseconds in 0..<1000 {
            let now = start + .milliseconds(milliseconds)
            let bytes =
                screen.write("line \(milliseconds)\n", at: now)
                + screen.tick("status \(milliseconds)", width: 80, at: now)
            draws += bytes.ranges(of: "status").count
        }
        #expect(draws == 10)
    }

    @Test("A large amount of text does not wait for a frame")
    func limitsPendingText() {
        var screen = Screen(width: 80)
        _ = screen.tick("status", width: 80, at: start)
        #expect(screen.write("line\n", at: start + .milliseconds(1)) == "")
        let long = String(repeating: "x\n", count: Screen.maxPending)
        #expect(screen.write(long, at: start + .milliseconds(2)).hasPrefix("\u{1b}[Jline\nx\n"))
    }

    @Test("After the end, the screen shows the text and nothing else", arguments: SeededNumbers.seeds(200))
    func endShowsTextOnly(_ seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let width = Int.random(in: 10...30, using: &random)
        let height = Int.random(in: 3...12, using: &random)
        var (screen, terminal) = (Screen(width: width), TerminalEmulator(width: width, height: height))
        var plain = TerminalEmulator(width: width, height: height)
        var (now, last) = (start, nil as Character?)
        for _ in 0..<60 {
            now += .milliseconds(Int.random(in: 0...120, using: &random))
            if Bool.random(using: &random) {
                terminal.write(
                    screen.tick("status \(now - start)".prefix(width - 2).description, width: width, at: now))
            } else {
                let length = Int.random(in: 0...width, using: &random)
                let piece = String((0..<length).map { _ in "abc \n".randomElement(using: &random) ?? "a" })
                terminal.write(screen.write(piece, at: now))
                plain.write(piece)
                last = piece.last ?? last
            }
        }
        terminal.write(screen.end())
        if let last, last != "\n" { plain.write("\n") }
        #expect(terminal.text == plain.text)
    }

    @Test("A tail that changes replaces what is shown of it")
    func replacesTail() {
        var (screen, terminal) = (Screen(width: 20), TerminalEmulator(width: 20, height: 10))
        terminal.write(screen.write("", tail: "10 %", at: start))
        terminal.write(screen.tick("status", width: 20, at: start))
        #expect(terminal.text == "10 %\nstatus")
        // A changed tail waits for the next frame.
        #expect(screen.write("", tail: "20 %", at: start + .milliseconds(50)) == "")
        terminal.write(screen.tick("status", width: 20, at: start + .milliseconds(150)))
        #expect(terminal.text == "20 %\nstatus")
        terminal.write(screen.write("done\n", tail: "next", at: start + .milliseconds(300)))
        #expect(terminal.text == "done\nnext\nstatus")
        terminal.write(screen.write("", tail: "next one", at: start + .milliseconds(301)))
        #expect(terminal.text == "done\nnext one\nstatus")
        terminal.write(screen.write("next one\n", tail: "", at: start + .milliseconds(302)))
        terminal.write(screen.end())
        #expect(terminal.text == "done\nnext one\n")
    }

    @Test("The status line has none of the text's colour, and the text keeps it")
    func keepsColour() {
        var screen = Screen(width: 40)
        #expect(screen.write("", tail: "\u{1b}[31mred", at: start) == "\u{1b}[31mred")
        let drawn = screen.tick("status", width: 40, at: start)
        #expect(drawn == "\u{1b}[0m\r\nstatus\u{1b}[1A\r\u{1b}[3C\u{1b}[31m")
        #expect(screen.write("", tail: "\u{1b}[31mred too", at: start) == " too")
    }

    @Test("Lines that left the screen are written again when they change, and nothing above is damaged")
    func longTail() {
        var (screen, terminal) = (Screen(width: 20, height: 4), TerminalEmulator(width: 20, height: 4))
        terminal.write(screen.write("above\n", tail: "1\n2\n3\n4\n5\n", at: start))
        terminal.write(screen.write("", tail: "one\n2\n3\n4\n5\n", at: start))
        terminal.write(screen.end())
        #expect(terminal.text.hasPrefix("above\n1\n2\n3\n4\n5\n"))
        #expect(terminal.text.hasSuffix("one\n2\n3\n4\n5\n"))
    }

    @Test("After the end, overwritten text is as a terminal shows it", arguments: SeededNumbers.seeds(200))
    func endShowsOverwrittenText(_ seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let width = Int.random(in: 20...40, using: &random)
        var (screen, terminal) = (Screen(width: width, height: 200), TerminalEmulator(width: width, height: 200))
        var (lines, whole) = (TerminalLines(colours: true, kept: 4), TerminalLines(colours: false, kept: 4))
        var (now, text) = (start, "")
        for _ in 0..<60 {
            now += .milliseconds(Int.random(in: 0...120, using: &random))
            if Bool.random(using: &random) {
                terminal.write(screen.tick("status \(now - start)".prefix(15).description, width: width, at: now))
            } else {
                let parts = [
                    "abc", "d ", "\n", "\r", "\u{1b}[1A", "\u{1b}[K", "\u{8}x", "\u{1b}[31m", "\u{1b}[m", "日本",
                ]
                let piece = (0..<4).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
                let final = lines.write(piece)
                terminal.write(screen.write(final, tail: lines.tail, at: now))
                text += whole.write(piece)
            }
        }
        terminal.write(screen.write(lines.finish(), at: now))
        terminal.write(screen.end())
        var plain = TerminalEmulator(width: width, height: 200)
        plain.write(text + whole.finish())
        #expect(terminal.text == plain.text)
    }
}
