import ArgumentParser
import Foundation

/// `wegent-bench emit`: the program that the tasks of the other commands run. Each line is one write(2) and starts with the
/// current time.
struct EmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emit",
        abstract: "Writes timestamped lines, as the agent of the other commands.",
        discussion: """
            Each line is the current time in nanoseconds since 1970, padded with `x`, in a write of its own.

              wegent-bench emit --count 3 --interval-ms 10
            """)

    @Option(help: "Number of lines.")
    var count = 10

    @Option(help: "Milliseconds between two lines; 0 = full speed.")
    var intervalMs = 0.0

    @Option(help: "Bytes of a line with its line feed, at least 20.")
    var width = 20

    @Flag(help: "Keep writes apart in the pipe (O_DIRECT), so that each is read on its own.")
    var apart = false

    func validate() throws {
        guard count > 0, intervalMs >= 0, (20...4096).contains(width) else {
            throw ValidationError("--count must be at least 1, --interval-ms at least 0, --width 20 to 4096")
        }
    }

    func run() async throws {
        if apart { try Self.keepApart() }
        var line = [UInt8](repeating: UInt8(ascii: "x"), count: width)
        line[width - 1] = UInt8(ascii: "\n")
        let start = WallClock.nanoseconds()
        for number in 0..<count {
            if intervalMs > 0 { Self.sleep(until: start + Int64(Double(number) * intervalMs * 1e6)) }
            Self.stamp(WallClock.nanoseconds(), into: &line)
            guard Self.write(line) else { return }
        }
    }

    /// Sets packet mode (pipe(2)), in which a read returns one write.
    private static func keepApart() throws {
        #if os(Linux)
            #if arch(arm64)
                let direct: Int32 = 0o200000
            #else
                let direct: Int32 = 0o40000
            #endif
            guard fcntl(1, F_SETFL, fcntl(1, F_GETFL) | direct) == 0 else {
                throw ValidationError("--apart needs a pipe as standard output")
            }
        #else
            throw ValidationError("--apart needs Linux")
        #endif
    }

    private static func sleep(until moment: Int64) {
        let left = moment - WallClock.nanoseconds()
        guard left > 0 else { return }
        var time = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
        nanosleep(&time, nil)
    }

    /// Writes the 19 digits of a timestamp; there are 19 until the year 2286.
    private static func stamp(_ nanoseconds: Int64, into line: inout [UInt8]) {
        var rest = nanoseconds
        for index in stride(from: 18, through: 0, by: -1) {
            line[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    private static func write(_ line: [UInt8]) -> Bool {
        var done = 0
        while done < line.count {
            let count = line[done...].withUnsafeBytes { Foundation.write(1, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}
