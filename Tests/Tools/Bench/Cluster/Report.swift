import Foundation

/// Prints the lines of the commands' tables, unbuffered also into a pipe.
enum Report {
    /// Prints a line. A closed pipe is ignored, since the started processes must still be ended.
    static func line(_ line: String) {
        signal(SIGPIPE, SIG_IGN)
        let bytes = Array("\(line)\n".utf8)
        _ = write(1, bytes, bytes.count)
    }

    /// Prints a figure with its name and unit, and with its aim, if there is one.
    static func figure(_ name: String, _ value: Double, _ unit: String, aim: String? = nil) {
        let number = value.isNaN ? "     n/a" : String(format: value.magnitude < 100 ? "%10.2f" : "%10.0f", value)
        let left = name.padding(toLength: max(48, name.count), withPad: " ", startingAt: 0)
        line(
            left + number + " " + unit.padding(toLength: max(18, unit.count), withPad: " ", startingAt: 0)
                + (aim.map { "aim: \($0)" } ?? ""))
    }

    /// Returns a duration in milliseconds.
    static func ms(_ duration: Duration) -> Double { duration / .milliseconds(1) }
}
