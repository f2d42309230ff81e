import TestSupport
import Testing

@testable import CLI

@Suite("The message that is typed in a chat")
struct LineEditorTests {
    private func type(_ keys: [Key], history: [String] = []) -> LineEditor {
        var editor = LineEditor(history: history)
        for key in keys { _ = editor.press(key) }
        return editor
    }

    @Test(
        "Keys edit the text",
        arguments: [
            ([.text("abc"), .left, .backspace], "ac", 1), ([.text("abc"), .home, .delete], "bc", 0),
            ([.text("one two three"), .deleteWord, .deleteWord], "one ", 4),
            ([.text("one two"), .home, .deleteWordForward], " two", 0), ([.text("abc"), .left, .deleteToEnd], "ab", 2),
            ([.text("abc"), .left, .deleteToStart], "c", 0), ([.text("ab"), .deleteToStart, .yank, .yank], "abab", 4),
            ([.text("one two"), .wordLeft, .text("x ")], "one x two", 6),
            ([.text("one two"), .home, .wordRight, .text("!")], "one! two", 4),
            ([.text("e"), .text("\u{301}"), .backspace], "", 0), ([.text("日本"), .left, .backspace], "本", 0),
            ([.text("a"), .newline, .text("b")], "a\nb", 3), ([.paste("a\nb\n")], "a\nb\n", 4),
            ([.text("ab"), .endOfInput, .left, .endOfInput], "a", 1),
        ] as [([Key], String, Int)])
    func edits(_ keys: [Key], _ text: String, _ cursor: Int) {
        let editor = type(keys)
        #expect(editor.text == text && editor.cursor == cursor, "\(editor.text) \(editor.cursor)")
    }

    @Test("Enter ends the message, Ctrl-D without text ends the input")
    func outcomes() {
        var editor = type([.text("a"), .newline, .text("b")])
        #expect(editor.press(.enter) == .message("a\nb") && editor.text.isEmpty)
        #expect(editor.press(.endOfInput) == .endOfInput)
        #expect(editor.press(.enter) == .message(""))
    }

    @Test("Up and Down move within a message of several lines, and through earlier messages beyond it")
    func history() {
        var editor = type([.text("draft"), .up], history: ["one", "two\nlines"])
        #expect(editor.text == "two\nlines")
        _ = editor.press(.up)
        #expect(editor.text == "two\nlines" && editor.cursor == 3)
        _ = editor.press(.up)
        #expect(editor.text == "one")
        _ = editor.press(.up)
        #expect(editor.text == "one")
        for _ in 0..<4 { _ = editor.press(.down) }
        #expect(editor.text == "draft")
        _ = editor.press(.enter)
        _ = editor.press(.up)
        #expect(editor.text == "draft")
    }

    @Test("A message that is far too long is not taken")
    func bounded() {
        var editor = LineEditor()
        _ = editor.press(.paste(String(repeating: "x", count: LineEditor.maxBytes)))
        _ = editor.press(.text("y"))
        #expect(editor.characters.count == LineEditor.maxBytes)
    }

    @Test(
        "Bytes of a terminal become keys, however the reads fall",
        arguments: [
            ("abc", [.text("abc")]), ("ä日", [.text("ä日")]), ("\u{1b}[A\u{1b}OB", [.up, .down]),
            ("\u{1b}[1;5C\u{1b}[1;3D", [.wordRight, .wordLeft]), ("\u{1b}[3~x", [.delete, .text("x")]),
            ("\u{1b}\r", [.newline]), ("\u{1b}b\u{1b}d", [.wordLeft, .deleteWordForward]), ("a\u{7}b", [.text("ab")]),
            ("\u{1b}[200~one\r\ntwo\u{1b}[31m\u{1b}[201~\r", [.paste("one\ntwo[31m"), .enter]),
            ("\u{1b}]11;rgb:00/00/00\u{7}y", [.text("y")]), ("\u{1b}[?1;2cz", [.text("z")]),
            ("\u{1b}[200~\u{1b}[20\u{1b}[201~", [.paste("[20")]), ("\u{1b}[[Aq", [.text("q")]),
            ("\u{1}\u{5}\u{17}\u{19}\u{4}", [.home, .end, .deleteWord, .yank, .endOfInput]),
        ] as [(String, [Key])])
    func decodes(_ input: String, _ keys: [Key]) {
        let bytes = Array(input.utf8)
        for cut in 0...bytes.count {
            var decoder = KeyDecoder()
            let found = decoder.decode(Array(bytes[..<cut])) + decoder.decode(Array(bytes[cut...]))
            #expect(Self.joined(found) == keys, "cut at \(cut)")
        }
        var single = KeyDecoder()
        #expect(Self.joined(bytes.flatMap { single.decode([$0]) }) == keys)
    }

    @Test("The Escape key does not swallow a key that follows later")
    func lonelyEscape() {
        var decoder = KeyDecoder()
        #expect(decoder.decode([0x1b]).isEmpty)
        #expect(decoder.decode(Array("b".utf8), afterPause: true) == [.text("b")])
        #expect(decoder.decode([0x1b]).isEmpty)
        #expect(decoder.decode(Array("b".utf8)) == [.wordLeft])
    }

    @Test("Bytes that are not UTF-8 are dropped, and nothing else")
    func dropsBadBytes() {
        var decoder = KeyDecoder()
        #expect(Self.joined(decoder.decode([0x61, 0xff, 0x62, 0xc3, 0x28, 0x63])) == [.text("ab(c")])
    }

    @Test("The message is laid out in lines around its cursor, with hidden marks escaped")
    func layOut() {
        let wide = EditorView(type([.text("日本語"), .left]), width: 7, rows: 5)
        #expect(wide.lines == ["› 日本", "  語"] && wide.row == 1 && wide.column == 2, "\(wide)")
        let lines = EditorView(type([.text("a"), .newline, .text("b\u{202e}")]), width: 40, rows: 5)
        #expect(lines.lines == ["› a", #"  b\u{202e}"#] && lines.row == 1 && lines.column == 11, "\(lines)")
        let many = EditorView(type([.paste((1...50).map { "\($0)" }.joined(separator: "\n"))]), width: 40, rows: 4)
        #expect(many.lines == ["  47", "  48", "  49", "  50"] && many.row == 3, "\(many)")
        let top = EditorView(type([.paste("1\n2\n3\n4\n5"), .up, .up, .up, .up]), width: 40, rows: 3)
        #expect(top.lines == ["› 1", "  2", "  3"] && top.row == 0, "\(top)")
    }

    private static func joined(_ keys: [Key]) -> [Key] {
        keys.reduce(into: []) { out, key in
            if case .text(let new) = key, case .text(let old) = out.last {
                out[out.count - 1] = .text(old + new)
            } else {
                out.append(key)
            }
        }
    }
}
