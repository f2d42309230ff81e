import Foundation

/// What the system says of processes that are not our children.
public enum ProcessTable {
    /// Whether the process still runs. One that has ended and that nobody has waited for yet does not: an orphan waits
    /// for the system's first process, which takes its time on some machines.
    public static func isAlive(_ pid: pid_t) -> Bool {
        guard kill(pid, 0) == 0 || errno == EPERM else { return false }
        #if os(Linux)
            // proc(5): the state follows the program's name, which is in parentheses and may contain more of them.
            guard let stat = FileManager.default.contents(atPath: "/proc/\(pid)/stat"),
                let name = stat.lastIndex(of: UInt8(ascii: ")")), name + 2 < stat.endIndex
            else { return false }
            return stat[name + 2] != UInt8(ascii: "Z") && stat[name + 2] != UInt8(ascii: "X")
        #else
            return true
        #endif
    }
}
