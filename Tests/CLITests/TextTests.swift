import Testing

@testable import CLI

@Suite("Text widths, control characters, times and tables")
struct TextTests {
    @Test(
        "Width of text on a terminal",
        arguments: [
            ("abc", 3), ("", 0), ("Grüße", 5), ("日本", 4), ("👋", 2), ("e\u{301}", 1), ("★ ●▸·", 5), ("\u{1b}", 0),
        ])
    func width(_ text: String, _ columns: Int) { #expect(TextWidth.of(text) == columns) }

    @Test(
        "Text is cut to a width",
        arguments: [
            ("short", 10, "short"), ("exactly10!", 10, "exactly10!"), ("longer than that", 10, "longer th…"),
            ("日本語", 4, "日…"), ("x", 0, ""),
        ])
    func fit(_ text: String, _ columns: Int, _ fitted: String) { #expect(TextWidth.fit(text, columns) == fitted) }

    static let dirty: [(String, String)] = [
        ("plain\n\ttext", "plain\n\ttext"), ("a\u{1b}[31mred\u{1b}[0m b", "ared b"), ("\u{1b}]0;title\u{7}x", "x"),
        ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"), ("bell\u{7}\u{8}\rreturn\r\n", "bell\nreturn\n"),
        ("\u{9b}2Jc1", "c1"), ("\u{1b}(Bset", "set"), ("\u{1b}cfull", "full"), ("\u{1b}P1;2|data\u{1b}\\end", "end"),
        ("👋 ü\u{1b}[1;2;3H.", "👋 ü."),
        ("\u{1b}Ptmux;\u{1b}\u{1b}]0;t\u{1b}\u{1b}\\x\u{1b}\\end", "end"),
    ]

    /// Sequences that never end.
    static let endless: [(String, String)] = [
        ("a\u{1b}]0;title\nnext\n", "a␛]0;title\nnext\n"), ("a\u{1b}]8;;http://x the rest", "a␛]8;;http://x the rest"),
        ("a\u{1b}P1;2|data\nb", "a␛P1;2|data\nb"), ("a\u{1b}Xsos text", "a␛Xsos text"),
        ("\u{1b}_apc\u{1b}[1mb", "␛_apcb"),
        ("\u{1b}^pm\u{18}b", "␛^pmb"), ("\u{9d}0;title", "␛]0;title"), ("a\u{1b}[12;\nb", "a␛[12;\nb"),
        ("a\u{1b}", "a␛"),
        ("a\u{1b}\nb", "a␛\nb"), ("\u{1b}[1日", "␛[1日"),
    ]

    @Test("Terminal control is removed", arguments: dirty + endless)
    func removesControl(_ text: String, _ clean: String) { #expect(ControlFilter.clean(text) == clean) }

    @Test("A sequence without an end hides nothing, however long it is", arguments: ["]", "P", "X", "^", "_"])
    func endlessSequence(_ opener: String) {
        let text = String(repeating: "visible ", count: 10_000)
        let shown = ControlFilter.clean("\u{1b}\(opener)\(text)")
        #expect(shown == "␛\(opener)\(text)")
    }

    static let hidden: [(String, String)] = [
        ("echo hi \u{1b}]0; rm -rf ~ ;\u{7}", #"echo hi \u{1b}]0; rm -rf ~ ;\u{7}"#),
        ("a\n\tb ü 日本 👋", "a\n\tb ü 日本 👋"),
        ("a\u{202e}b\u{2066}c\u{200b}d", #"a\u{202e}b\u{2066}c\u{200b}d"#),
        ("a\u{2028}b\u{2029}c", #"a\u{2028}b\u{2029}c"#),
        ("a\r\nb\u{9b}2J\u{85}", #"a\u{d}"# + "\n" + #"b\u{9b}2J\u{85}"#), ("\u{1b}P1;2|data", #"\u{1b}P1;2|data"#),
        ("a\u{3164}\u{fe0f}\u{e0041}\u{ad}", #"a\u{3164}\u{fe0f}\u{e0041}\u{ad}"#), ("\u{0}\u{7f}", #"\u{0}\u{7f}"#),
    ]

    @Test("Invisible characters are escaped", arguments: hidden)
    func escapesInvisible(_ text: String, _ written: String) {
        #expect(TerminalEscaping.text(text) == written)
        let line = written.replacing("\n", with: #"\u{a}"#).replacing("\t", with: #"\u{9}"#)
        #expect(TerminalEscaping.line(text) == line)
    }

    @Test("Elapsed times", arguments: [(0, "0.0 s"), (3.27, "3.2 s"), (42.9, "42 s"), (65, "1:05"), (7389, "2:03:09")])
    func clock(_ seconds: Double, _ text: String) { #expect(Elapsed.clock(seconds) == text) }

    @Test(
        "Ages",
        arguments: [(-5, "now"), (12, "12 s ago"), (300, "5 min ago"), (7300, "2 h ago"), (200_000, "2 days ago")])
    func ago(_ seconds: Double, _ text: String) { #expect(Elapsed.ago(seconds) == text) }

    @Test(
        "Times until an expiry",
        arguments: [(-1, "expired"), (30, "in 1 min"), (7199, "in 2 h"), (604_799, "in 7 days")])
    func until(_ seconds: Double, _ text: String) { #expect(Elapsed.until(seconds) == text) }

    @Test("Columns of a table are aligned")
    func table() {
        let table = Table(
            header: ["A", "NAME", "TEXT"], rows: [["1", "日本", "a\nb\u{1b}[31m"], ["22", "x", "long enough"]])
        #expect(table.text(width: nil, style: .plain) == "A   NAME  TEXT\n1   日本  a b\n22  x     long enough\n")
        #expect(table.text(width: 12, style: .plain) == "A   NAME  T…\n1   日本  a…\n22  x     l…\n")
    }

    @Test("Colours are used only on a live terminal")
    func colours() {
        #expect(Terminal(isTerminal: true, environment: ["TERM": "xterm"]).style.colours)
        #expect(!Terminal(isTerminal: false, environment: ["TERM": "xterm"]).isLive)
        #expect(!Terminal(isTerminal: true, environment: ["TERM": "dumb"]).isLive)
        #expect(!Terminal(isTerminal: true, environment: [:]).isLive)
        let uncoloured = Terminal(isTerminal: true, environment: ["TERM": "xterm", "NO_COLOR": "1"])
        #expect(uncoloured.isLive && !uncoloured.style.colours)
    }
}
