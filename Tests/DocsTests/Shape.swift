/// Compares the output that a page shows with real output, by shape.
///
/// In a shown line `…` stands for any text; a line that is only `…` for any number of lines; a number for any number; a
/// time for any time; a run of blanks for any run of blanks. An id stands for the id that takes its place in the real
/// output: the first match binds it, later ones must agree, and later commands of the page get the real one.
struct Shape {
    /// The real id for each id of the page.
    private(set) var ids: [String: String] = [:]

    /// Replaces the ids of the page that are bound, the longest first.
    func resolve(_ command: String) -> String {
        ids.keys.sorted { $0.count > $1.count }.reduce(command) { $0.replacing($1, with: ids[$1] ?? $1) }
    }

    /// Whether the real lines have the shape of the shown ones; binds ids if they do.
    mutating func matches(shown: [String], real: [String]) -> Bool {
        let shown = shown.filter { !$0.allSatisfy(\.isWhitespace) }
        let real = real.filter { !$0.allSatisfy(\.isWhitespace) }
        guard let bound = Self.match(shown[...], real[...], ids) else { return false }
        ids = bound
        return true
    }

    private static func match(
        _ shown: ArraySlice<String>, _ real: ArraySlice<String>, _ ids: [String: String]
    ) -> [String: String]? {
        guard let first = shown.first else { return real.isEmpty ? ids : nil }
        if first.allSatisfy({ $0 == "…" || $0.isWhitespace }) {
            return (real.startIndex...real.endIndex).lazy.compactMap { match(shown.dropFirst(), real[$0...], ids) }
                .first
        }
        guard let line = real.first, let bound = match(line: first, line, ids) else { return nil }
        return match(shown.dropFirst(), real.dropFirst(), bound)
    }

    private static func match(line shown: String, _ real: String, _ ids: [String: String]) -> [String: String]? {
        var pattern = ""
        var names: [String] = []
        var rest = shown[...]
        while !rest.isEmpty {
            let token = Token.next(in: &rest)
            pattern += token.pattern(ids)
            if case .id(let id) = token, ids[id] == nil { names.append(id) }
        }
        guard let match = try? Regex(pattern).wholeMatch(in: real) else { return nil }
        var ids = ids
        for (index, name) in names.enumerated() {
            guard let value = match.output[index + 1].substring else { return nil }
            if let known = ids[name], known != String(value) { return nil }
            ids[name] = String(value)
        }
        return ids
    }
}

/// A piece of a shown line.
private enum Token {
    case anything, blanks, number, time
    case id(String)
    case text(Character)

    /// Takes the first token off a line.
    static func next(in rest: inout Substring) -> Token {
        if let match = rest.prefixMatch(of: /\d{4}-\d{2}-\d{2}T[0-9:.]+Z/) {
            rest = rest[match.range.upperBound...]
            return .time
        }
        if let match = rest.prefixMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){1,3}(-[0-9a-f]{12})?|[0-9a-f]{32}/) {
            rest = rest[match.range.upperBound...]
            return .id(String(match.0))
        }
        if let match = rest.prefixMatch(of: /[0-9]+([.][0-9]+)*/) {
            rest = rest[match.range.upperBound...]
            return .number
        }
        if let match = rest.prefixMatch(of: /\s+/) {
            rest = rest[match.range.upperBound...]
            return .blanks
        }
        let character = rest.removeFirst()
        return character == "…" ? .anything : .text(character)
    }

    func pattern(_ ids: [String: String]) -> String {
        switch self {
        case .anything: ".*"
        case .blanks: #"\s+"#
        case .number: #"[0-9]+(?:\.[0-9]+)*"#
        case .time: #"[0-9T:.-]+Z"#
        case .id(let id): ids[id].map(Self.escaped) ?? "([0-9a-f]{8}[0-9a-f-]*)"
        case .text(let character): Self.escaped(String(character))
        }
    }

    private static func escaped(_ text: String) -> String {
        text.map { $0.isASCII && ($0.isPunctuation || $0.isSymbol) ? "\\\($0)" : "\($0)" }.joined()
    }
}
