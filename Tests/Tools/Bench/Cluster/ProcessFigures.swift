import Foundation

/// The system's counters of a process; only Linux lets other processes read them.
enum ProcessFigures {
    /// Processor time in seconds since its start, without its children (proc(5): `utime` + `stime`, in ticks of 10 ms); not
    /// a number where it cannot be read.
    static func cpu(_ pid: Int32) -> Double {
        guard let text = read("/proc/\(pid)/stat"), let name = text.lastIndex(of: ")") else { return .nan }
        let fields = text[name...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident memory in bytes; not a number where it cannot be read.
    static func resident(_ pid: Int32) -> Double {
        guard let fields = read("/proc/\(pid)/statm")?.split(separator: " "), fields.count > 1,
            let pages = Double(fields[1])
        else { return .nan }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
