#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Collects evidence that a process does not run: its state, and for how long it has used no processor time. Only on Linux;
/// elsewhere there is never any.
struct ProcessWatch: Sendable {
    /// What the kernel shows of a process.
    struct Sample: Sendable, Equatable {
        let process: Int
        /// Its start in clock ticks: another process with the same id has another one.
        let start: UInt64
        /// The processor time that it has used, in ns.
        let used: UInt64
        /// The letter of its state (proc(5)); T or t = stopped.
        var state: Character
    }

    private var seen: Sample?
    private var since: Int64 = 0

    /// Looks at a process, in monotonic ms.
    mutating func look(_ process: Int?, at now: Int64, _ sample: (Int) -> Sample? = ProcessWatch.sample) {
        let found = process.flatMap(sample)
        if found?.process != seen?.process || found?.start != seen?.start || found?.used != seen?.used { since = now }
        seen = found
    }

    /// Returns why a process certainly does not run: it is stopped, or has used no processor time for `ms`; nil = it may run.
    func evidence(against process: Int, at now: Int64, for ms: Int64) -> String? {
        guard let seen, seen.process == process else { return nil }
        if seen.state == "T" || seen.state == "t" { return "its state is \(seen.state) (stopped)" }
        guard now - since >= ms else { return nil }
        return "it has used no processor time for \((now - since) / 1000) s (state \(seen.state))"
    }

    /// Asks the kernel; nil = there is no such process, or it cannot be seen.
    static func sample(_ process: Int) -> Sample? {
        #if os(Linux)
            let file = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return nil }
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 1024)
            let count = read(file, &bytes, bytes.count)
            guard count > 0 else { return nil }
            let text = String(decoding: bytes[..<count], as: UTF8.self)
            // The name before it is in parentheses and may contain anything.
            guard let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count > 19, let state = fields[0].first, let start = UInt64(fields[19]) else { return nil }
            var clock = clockid_t()
            var used = timespec()
            guard clock_getcpuclockid(pid_t(process), &clock) == 0, clock_gettime(clock, &used) == 0 else { return nil }
            return Sample(
                process: process, start: start, used: UInt64(used.tv_sec) * 1_000_000_000 + UInt64(used.tv_nsec),
                state: state)
        #else
            return nil
        #endif
    }
}
