/// Removes terminal control from a complete text of an agent: escape sequences in it, for example from a file, could move the
/// cursor, set the window's title or make the terminal send input. Keeps line feeds and tabs.
///
/// Unlike ``TerminalLines`` it overwrites nothing, so that no part of a title hides another: a carriage return ends a line.
enum ControlFilter {
    static func clean(_ text: String) -> String {
        // Fast path.
        guard text.unicodeScalars.contains(where: { $0.isControl && $0 != "\n" && $0 != "\t" }) else { return text }
        var out = String.UnicodeScalarView()
        var (parser, isAfterReturn) = (ControlParser(), false)
        for scalar in text.unicodeScalars {
            parser.take(scalar) { token in
                switch token {
                case .character(let scalar),
                    .control(let scalar) where scalar == "\t":
                    out.append(scalar)
                case .control("\n"): if !isAfterReturn { out.append("\n") }
                case .control("\r"): out.append("\n")
                case .text(let text): out.append(contentsOf: text.unicodeScalars)
                case .control, .sequence, .escape: break
                }
                isAfterReturn = token == .control("\r")
            }
        }
        return String(out) + parser.finish()
    }
}
