#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The processes of one child: it leads its own session and group, and whatever it starts belongs to it until it
/// leaves on purpose (`setsid`).
struct ProcessGroup: Hashable, Sendable {
    /// The group's number, which is its leader's process id.
    let id: Int32

    /// Whether a process of the group still runs. One that has ended and was not yet waited for does not: orphans wait
    /// for the system's first process, which takes its time on some machines.
    var isAlive: Bool {
        guard kill(-id, 0) == 0 || errno == EPERM else { return false }
        #if os(Linux)
            return members.contains { $0.state != UInt8(ascii: "Z") && $0.state != UInt8(ascii: "X") }
        #else
            return true
        #endif
    }

    /// Sends a signal to every process of the group.
    func signal(_ number: Int32) { kill(-id, number) }

    /// Asks the group to end, waits up to `grace` seconds, and kills what is left.
    func end(grace: Double) async {
        guard isAlive else { return }
        signal(SIGTERM)
        // A stopped process acts on the signal only when it goes on.
        signal(SIGCONT)
        if await isGone(within: grace) { return }
        signal(SIGKILL)
        _ = await isGone(within: 1)
    }

    /// Whether the group is gone within `seconds`. The kernel tells nobody when a group becomes empty, so it is asked.
    func isGone(within seconds: Double) async -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        var pause = Duration.milliseconds(2)
        while isAlive {
            guard clock.now < deadline else { return false }
            let next = pause
            // In a task of its own: a caller that was cancelled still wants the group dead, and politely.
            await Task.detached { try? await Task.sleep(for: next) }.value
            pause = min(pause * 2, .milliseconds(50))
        }
        return true
    }

    #if os(Linux)
        /// The group's processes, with the state that `/proc/N/stat` gives (see proc(5)).
        private var members: [(pid: Int32, state: UInt8)] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return names.compactMap { name in
                guard let pid = Int32(name), let stat = FileManager.default.contents(atPath: "/proc/\(name)/stat"),
                    // The program's name is in parentheses and may contain anything, parentheses too.
                    let end = stat.lastIndex(of: UInt8(ascii: ")"))
                else { return nil }
                let fields = stat[stat.index(after: end)...].split(separator: UInt8(ascii: " "))
                guard fields.count > 2, let group = Int32(String(decoding: fields[2], as: UTF8.self)), group == id
                else {
                    return nil
                }
                return (pid, fields[0].first ?? 0)
            }
        }
    #endif
}
