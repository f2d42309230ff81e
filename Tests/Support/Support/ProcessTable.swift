import Foundation

/// The system's view of processes that are not children of this one.
public enum ProcessTable {
    /// Whether the process runs. A zombie does not: on some machines the init process takes a while to reap an orphan.
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
