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

    @Test("After the end, the screen shows the text and nothing else", arguments: 0..<200)
    func endShowsTextOnly(_ seed: Int) {
        var random = Numbers(state: UInt64(seed))
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
}

/// Random numbers reproducible from a seed (SplitMix64).
private struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
