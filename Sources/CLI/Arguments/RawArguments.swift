import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The arguments of the process as the bytes that it was started with. `CommandLine.arguments` would replace bytes that are
/// not UTF-8, so that a task would run another prompt than the one that was typed.
enum RawArguments {
    /// Returns the arguments of this process without its own name.
    /// - Throws: As ``text(_:)``.
    static func read() throws -> [String] {
        try (1..<max(1, Int(CommandLine.argc))).compactMap { CommandLine.unsafeArgv[$0] }.map { argument in
            let count = Int(strlen(argument))
            return Array(UnsafeRawBufferPointer(start: argument, count: count))
        }.enumerated().map { try text($1, number: $0 + 1) }
    }

    /// Returns an argument as text.
    /// - Parameter number: Its position, from 1.
    /// - Throws: `ValidationError` that shows the argument with the bytes that are not UTF-8 as `\xNN`.
    static func text(_ bytes: [UInt8], number: Int) throws -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        throw ValidationError(
            "argument \(number) is not UTF-8 text: '\(shown(bytes))'; set the terminal or the script to UTF-8, "
                + "or pass a prompt with `wegent run -` through `iconv -t UTF-8`")
    }

    /// Returns the bytes as text: bytes that are not UTF-8 as `\xNN`, invisible characters escaped, at most 60 characters.
    private static func shown(_ bytes: [UInt8]) -> String {
        var (out, rest) = ("", bytes[...])
        while !rest.isEmpty, out.count < 60 {
            let length = (1...4).first { $0 <= rest.count && String(validating: rest.prefix($0), as: UTF8.self) != nil }
            if let length {
                out += TerminalEscaping.line(String(decoding: rest.prefix(length), as: UTF8.self))
            } else {
                out += "\\x" + String(0x100 | Int(rest[rest.startIndex]), radix: 16).dropFirst()
            }
            rest = rest.dropFirst(length ?? 1)
        }
        return rest.isEmpty ? out : out + "…"
    }
}
