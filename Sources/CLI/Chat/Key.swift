/// A key of the terminal, or text from it.
enum Key: Sendable, Equatable {
    /// Typed characters.
    case text(String)
    /// Pasted text, with its line breaks.
    case paste(String)
    case enter
    /// Alt-Enter: a line break within the message.
    case newline
    case up, down, left, right, wordLeft, wordRight, home, end
    case backspace, delete, deleteWord, deleteWordForward, deleteToStart, deleteToEnd
    /// Inserts what the last deletion of a word or line removed.
    case yank
    case redraw
    /// Ctrl-D.
    case endOfInput
}
