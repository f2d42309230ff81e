import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite("Text as a terminal would show it")
struct TerminalLinesTests {
    /// Shows text that arrives in pieces.
    private func show(_ pieces: [some StringProtocol], colours: Bool = false) -> String {
        var lines = TerminalLines(colours: colours)
        return pieces.map { lines.write(String($0)) }.joined() + lines.finish()
    }

    static let overwritten: [(String, String)] = [
        ("plain\n\ttext", "plain\n\ttext\n"), ("a\r\nb\r\n", "a\nb\n"), ("10 %\r20 %\r100 %\n", "100 %\n"),
        ("long line\rshort", "shortline\n"), ("long line\r\u{1b}[Kshort\n", "short\n"), ("abc\u{8}\u{8}X", "aXc\n"),
        ("|\u{8}/\u{8}-\u{8}\\", "\\\n"), ("a\u{1b}[2K\rb", "b\n"), ("ab\u{1b}[1Gc\u{1b}[5Gd", "cb  d\n"),
        ("one\ntwo\n\u{1b}[2Aup\u{1b}[B\rdown\n", "upe\ndown\n"),
        ("a 1 %\nb 1 %\n\u{1b}[2A\u{1b}[Ka 9 %\n\u{1b}[Kb 9 %\n", "a 9 %\nb 9 %\n"),
        ("a\nb\nc\u{1b}[2F\u{1b}[J1\n", "1\n"), ("\u{1b}7x\u{1b}8y", "y\n"), ("日本\rx", "x 本\n"),
        ("a\tb\r\tc", "a\tc\n"), ("a\tb\rabcd", "abcd    b\n"),
        ("e\u{301}\rx", "x\n"), ("shown\n\u{1b}[H\u{1b}[2Jnew", "shown\nnew\n"),
        ("a\u{1b}[1000000Cb", "a" + String(repeating: " ", count: 4094) + "b\n"),
        ("\u{1b}]0;never\nnext", "␛]0;never\nnext\n"), ("\u{1b}Xnever", "␛Xnever\n"),
        ("a\u{1b}[?25lb\u{1b}[?25h", "ab\n"),
    ]

    @Test("What is overwritten is gone, and nothing else", arguments: overwritten)
    func overwrites(_ text: String, _ shown: String) {
        #expect(show([text]) == shown)
        #expect(show(text.unicodeScalars.map { String($0) }) == shown)
    }

    @Test("Older lines are final")
    func finalLines() {
        var lines = TerminalLines(colours: false, kept: 3)
        #expect(lines.write("1\n2\n3\n") == "1\n")
        #expect(lines.tail == "2\n3\n")
        #expect(lines.write("\u{1b}[99AX") == "")
        #expect(lines.finish() == "X\n3\n")
    }

    @Test("A line that is too long is final up to there")
    func longLine() {
        let text = String(repeating: "x", count: 20_000)
        #expect(show([text]) == text + "\n")
        #expect(show([text + "\n", "y\n"]) == text + "\ny\n")
    }

    @Test("Colours are kept without hidden text, and each line ends without one")
    func colours() {
        #expect(
            show(["\u{1b}[31mred\nstill\u{1b}[0m no"], colours: true)
                == "\u{1b}[31mred\u{1b}[0m\n\u{1b}[31mstill\u{1b}[0m no\n")
        #expect(
            show(["\u{1b}[1;38;5;208mx\u{1b}[8my\u{1b}[22;39mz"], colours: true) == "\u{1b}[1;38;5;208mxy\u{1b}[0mz\n")
        #expect(show(["\u{1b}[48;2;1;2;3mx"], colours: true) == "\u{1b}[48;2;1;2;3mx\u{1b}[0m\n")
        #expect(show(["\u{1b}[31mred"]) == "red\n")
    }

    private static let parts = [
        "word ", "x", "\n", "\n", "\r", "\r\n", "\t", "\u{8}", "\u{7}", "é", "e\u{301}", "日本", "👋", "\u{1b}[A",
        "\u{1b}[2B", "\u{1b}[3C",
        "\u{1b}[2D", "\u{1b}[K", "\u{1b}[1K", "\u{1b}[2K", "\u{1b}[J", "\u{1b}[2J", "\u{1b}[5G", "\u{1b}[3;2H",
        "\u{1b}[31m", "\u{1b}[0m",
        "\u{1b}]0;title\u{7}", "\u{1b}]8;;u\u{1b}\\", "\u{1b}]0;open", "\u{1b}Popen", "\u{1b}Xopen", "\u{1b}",
        "\u{1b}[", "\u{9b}", "\u{1b}7", "\u{1b}8",
        "1\n2\n3\n4\n5\n6\n7\n8\n", "\u{fffd}",
    ]

    @Test("The text is the same however the pieces are cut, at every moment", arguments: SeededNumbers.seeds(200))
    func anyPieces(_ seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let text = (0..<Int.random(in: 1...200, using: &random)).map { _ in
            Self.parts.randomElement(using: &random) ?? ""
        }.joined()
        let kept = Int.random(in: 1...10, using: &random)
        var (whole, cut) = (TerminalLines(colours: true, kept: kept), TerminalLines(colours: true, kept: kept))
        let expected = whole.write(text)
        var final = ""
        for piece in random.cut(text.unicodeScalars, longest: 8) {
            final += cut.write(String(String.UnicodeScalarView(piece)))
        }
        #expect(final.utf8.elementsEqual(expected.utf8))
        #expect(cut.tail.utf8.elementsEqual(whole.tail.utf8))
        #expect(cut.finish().utf8.elementsEqual(whole.finish().utf8))
    }

    @Test("Text without terminal control is unchanged", arguments: SeededNumbers.seeds(50))
    func plainText(_ seed: UInt64) {
        var random = SeededNumbers(seed: seed)
        let parts = [
            "word ", "\n", "\n", "é", "e\u{301}", "日本", "👩‍👩‍👧", "\t", "line\n", String(repeating: "x\n", count: 60),
        ]
        let text = (0..<300).map { _ in parts.randomElement(using: &random) ?? "" }.joined() + "\n"
        let pieces = random.cut(text.unicodeScalars, longest: 400).map { String(String.UnicodeScalarView($0)) }
        #expect(show(pieces).utf8.elementsEqual(text.utf8))
    }

    @Test(
        "It is what a real terminal shows",
        .enabled(if: Tmux.isInstalled, "tmux is not installed; deploy/setup --tests does that"),
        arguments: SeededNumbers.seeds(5))
    func realTerminal(_ seed: UInt64) async throws {
        var random = SeededNumbers(seed: seed)
        let parts = [
            "word ", "x", "\n", "\r", "\r\n", "\t", "\u{8}", "é", "日本", "\u{1b}[A", "\u{1b}[2A", "\u{1b}[3C",
            "\u{1b}[2D", "\u{1b}[K",
            "\u{1b}[1K", "\u{1b}[2K", "\u{1b}[J", "\u{1b}[5G", "\u{1b}[31m", "\u{1b}[0m", "\u{1b}]0;title\u{7}",
        ]
        let text = "start" + (0..<40).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
        let folder = try TemporaryDirectory()
        try folder.write(text, to: "text")
        let tmux = try await Tmux(in: folder, environment: ["HOME": folder.path], columns: 250, rows: 50)
        try await tmux.type("clear; cat \(folder.file("text")); touch \(folder.file("done")); sleep 600")
        try await eventually("the text", within: .seconds(20)) {
            FileManager.default.fileExists(atPath: folder.file("done"))
        }
        let expected = Self.trimmed(show([text]))
        try await tmux.screen("the same text as \(expected.debugDescription) for \(text.debugDescription)") {
            Self.trimmed($0) == expected
        }
    }

    /// The lines with spaces in place of tabs, as tmux has them, without spaces at their ends, and without empty lines at the
    /// end.
    private static func trimmed(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let spaced = line.split(separator: "\t", omittingEmptySubsequences: false).reduce(nil as String?) {
                out, part in
                guard let out else { return String(part) }
                return out + String(repeating: " ", count: 8 - TextWidth.of(out) % 8) + part
            }
            return String((spaced ?? "").reversed().drop { $0 == " " }.reversed())
        }
        while lines.last == "" { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}
