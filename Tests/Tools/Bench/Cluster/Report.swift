import Foundation

/// What the commands print: lines of tables, each at once, also into a pipe.
enum Report {
    /// Prints a line. Nobody has to read it: the processes must be ended all the same.
    static func say(_ line: String) {
        signal(SIGPIPE, SIG_IGN)
        let bytes = Array("\(line)\n".utf8)
        _ = write(1, bytes, bytes.count)
    }

    /// Prints a figure under its name, with its unit and, where NUMBERS asks for one, what is aimed at.
    static func figure(_ name: String, _ value: Double, _ unit: String, aim: String? = nil) {
        let number = value.isNaN ? "     n/a" : String(format: value.magnitude < 100 ? "%10.2f" : "%10.0f", value)
        let left = name.padding(toLength: max(48, name.count), withPad: " ", startingAt: 0)
        say(
            left + number + " " + unit.padding(toLength: max(18, unit.count), withPad: " ", startingAt: 0)
                + (aim.map { "aim: \($0)" } ?? ""))
    }

    /// Milliseconds.
    static func ms(_ duration: Duration) -> Double { duration / .milliseconds(1) }
}
