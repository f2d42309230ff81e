import ArgumentParser

/// Arguments that begin with a dash but are text, such as the prompt `- item` or `--x y` in quotes: an option's name has no
/// white space. ArgumentParser takes them for options.
enum DashedText {
    /// Parses a command line.
    /// - Throws: What ArgumentParser throws for the command line as it is, when no other reading of it is valid.
    static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        // First the other readings: as it is, `- check` would be the options c, h, e and k.
        for reading in readings(arguments) {
            guard let command = try? Wegent.parseAsRoot(reading) else { continue }
            if let run = command as? RunCommand, !isInOrder(run.words, arguments) { continue }
            return command
        }
        return try Wegent.parseAsRoot(arguments)
    }

    /// Returns whether an argument can only be text.
    static func isText(_ argument: String) -> Bool {
        guard argument.hasPrefix("-") else { return false }
        let name = argument.prefix { $0 != "=" }
        return name.contains(where: \.isWhitespace)
    }

    /// Returns the readings of a command line with such texts: as the values of the options before them; behind `--`, where
    /// they stand or after all options. Empty without such texts.
    static func readings(_ arguments: [String]) -> [[String]] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        let (options, rest) = (arguments[..<end], arguments[end...].dropFirst())
        guard let first = options.firstIndex(where: isText) else { return [] }
        let inPlace = Array(options[..<first]) + ["--"] + options[first...] + rest
        let moved = options.filter { !isText($0) } + ["--"] + options.filter(isText) + rest
        let hasOptionsBehind = options[first...].contains { $0.hasPrefix("-") && $0 != "-" && !isText($0) }
        let attached = attached(options) + arguments[end...]
        return (attached == arguments ? [] : [attached]) + (hasOptionsBehind ? [] : [inPlace]) + [moved]
    }

    private static func attached(_ arguments: ArraySlice<String>) -> [String] {
        arguments.reduce(into: []) { out, argument in
            if isText(argument), let last = out.last, last.hasPrefix("-"), last != "-", !last.contains("=") {
                out[out.count - 1] = "\(last)=\(argument)"
            } else {
                out.append(argument)
            }
        }
    }

    /// What ArgumentParser says about an option that does not exist; nil when there is none. It names a missing argument
    /// first, although `-fast` was to be that argument.
    static func unknownOption(_ arguments: [String]) -> String? {
        for reading in [arguments, arguments + ["text"]] {
            do { _ = try Wegent.parseAsRoot(reading) } catch {
                let text = Wegent.fullMessage(for: error)
                if text.contains("Unknown option") { return text }
            }
        }
        return nil
    }

    /// What to do about an option that does not exist; nil when the command line has none.
    static func advice(_ arguments: [String]) -> String? {
        guard
            let option = arguments.prefix(while: { $0 != "--" }).dropFirst().last(where: {
                $0.hasPrefix("-") && $0 != "-"
            })
        else { return nil }
        let name = TerminalEscaping.line(arguments.first ?? "")
        return
            "if '\(TerminalEscaping.line(TextWidth.fit(option, 40)))' is text and not an option, write -- before it, "
            + "after all options: wegent \(name) -- TEXT"
    }

    /// Whether `words` occur among the arguments in this order.
    private static func isInOrder(_ words: [String], _ arguments: [String]) -> Bool {
        var rest = arguments[...]
        for word in words {
            guard let index = rest.firstIndex(of: word) else { return false }
            rest = rest[(index + 1)...]
        }
        return true
    }
}
