#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's process table, read from `/proc` (proc(5)). On systems without it there is no table, and only
/// process groups can be found.
enum SystemProcesses {
    /// Returns every process, also those that have ended and were not collected.
    static func all() -> [ProcessEntry] { table()?.entries ?? [] }

    /// The most listings for one table; each reads only the processes that are new in it.
    private static let mostListings = 100

    /// Returns every process, and whether the table is complete. A process that ends while the table is read may have
    /// started another that was not listed yet: then the ids are listed again, and only the new ones are read, until a listing
    /// has none that ended.
    /// - Parameter hasEnded: looks at each process once, right after it was read; whether it had ended since it was listed.
    /// - Returns: nil when it cannot be read, for want of file descriptors.
    static func table(
        _ hasEnded: (ProcessEntry) -> Bool = { $0.isOver }
    ) -> (entries: [ProcessEntry], isWhole: Bool)? {
        var entries: [ProcessEntry] = []
        var seen: Set<Int32> = []
        for _ in 0..<mostListings {
            guard let pids = pids() else { return nil }
            var isComplete = true
            for pid in pids where seen.insert(pid).inserted {
                errno = 0
                if let entry = entry(pid) {
                    entries.append(entry)
                    if hasEnded(entry) { isComplete = false }
                } else if errno == EMFILE || errno == ENFILE {
                    return nil
                } else {
                    isComplete = false
                }
            }
            if isComplete { return (entries, true) }
        }
        return (entries, false)
    }

    /// Returns the ids of all processes; nil when they cannot be read.
    static func pids() -> [Int32]? {
        #if os(Linux)
            guard let directory = opendir("/proc") else { return nil }
            defer { closedir(directory) }
            var pids: [Int32] = []
            while let next = readdir(directory) {
                let pid = withUnsafeBytes(of: next.pointee.d_name) { number($0.prefix { $0 != 0 }) }
                if let pid { pids.append(Int32(truncatingIfNeeded: pid)) }
            }
            return pids
        #else
            return nil
        #endif
    }

    /// Returns one process; nil when there is none with this id.
    static func entry(_ pid: Int32) -> ProcessEntry? {
        guard let stat = read("/proc/\(pid)/stat", upTo: 4096),
            // The program's name is in parentheses and may contain anything, parentheses too.
            let end = stat.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let parent = number(fields[1]), let group = number(fields[2]),
            let session = number(fields[3]), let start = number(fields[19])
        else { return nil }
        let state = fields[0].first
        // PF_KTHREAD, the kernel's flag for its own threads, which never have an environment.
        let isKernels = number(fields[6]).map { $0 & 0x20_0000 != 0 } ?? false
        return ProcessEntry(
            key: .init(pid: pid, start: start), parent: Int32(truncatingIfNeeded: parent),
            group: Int32(truncatingIfNeeded: group), session: Int32(truncatingIfNeeded: session),
            // The end of the environment in memory; an empty environment has an end as well.
            isBetween: fields.count > 48 && number(fields[48]) == 0 && !isKernels,
            hasNoVariables: isKernels || fields.count > 48 && fields[47] == fields[48] && number(fields[48]) != 0,
            isOver: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"), isKernels: isKernels)
    }

    /// What is known of a process's mark.
    enum Marking: Equatable {
        case marked(ProcessMark)
        case unmarked
        /// It is between two programs, or has just ended.
        case unknown
    }

    /// Returns the mark in a process's environment, as it was when its program was started.
    static func mark(of pid: Int32) -> Marking {
        // It may get its program, and the next one, between a reading and the look at its entry.
        for _ in 0..<3 {
            guard let bytes = read("/proc/\(pid)/environ", upTo: 4 << 20) else {
                // Processes of another user: their environments cannot be read, and they are not ours to end.
                return errno == EACCES || errno == EPERM ? .unmarked : .unknown
            }
            guard bytes.isEmpty else { return mark(in: bytes) }
            guard let entry = entry(pid), !entry.isBetween, !entry.isOver else { return .unknown }
            if entry.hasNoVariables { return .unmarked }
        }
        return .unknown
    }

    private static func mark(in bytes: [UInt8]) -> Marking {
        var found: [String: String] = [:]
        for variable in bytes.split(separator: 0) where variable.starts(with: prefix) {
            let parts = variable.split(separator: UInt8(ascii: "="), maxSplits: 1).map {
                String(decoding: $0, as: UTF8.self)
            }
            if parts.count == 2 { found[parts[0]] = parts[1] }
        }
        return ProcessMark(found).map { .marked($0) } ?? .unmarked
    }

    private static let prefix = Array("WEGENT_".utf8)

    /// - Returns: nil for text that is no number, and for a number that is too large; 0 for a negative one (a kernel
    ///   thread's session is -1).
    private static func number(_ digits: some Collection<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        guard !digits.isEmpty else { return nil }
        for digit in digits {
            if digit == UInt8(ascii: "-") { return 0 }
            guard (48...57).contains(digit), value < UInt64.max / 20 else { return nil }
            value = value * 10 + UInt64(digit - 48)
        }
        return value
    }

    private static func read(_ path: String, upTo limit: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer {
            let reason = errno
            close(file)
            errno = reason
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while bytes.count < limit {
            let count = systemRead(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}

// The method above hides the function of the same name.
private func systemRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(file, buffer, count)
}
