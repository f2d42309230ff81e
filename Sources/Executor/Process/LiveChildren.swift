import Messages
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The one place that knows which process groups an executor has started and that may still run, so that none of them
/// outlives it, however it ends.
///
/// ``Child`` puts a group in as soon as the system has given it a number and takes it out when nothing of it is left.
final class LiveChildren: Sendable {
    private struct State {
        /// The leader of each group.
        var leaders: [Int32: ProcessEntry.Key] = [:]
        var isClosed = false
    }

    /// How often ``killAll()`` looks again for what was started while it killed.
    private static let rounds = 20

    /// The life of the executor, which every child carries in its environment.
    let boot: BootID
    private let state = Mutex(State())

    init(boot: BootID = .generate()) { self.boot = boot }

    /// Takes note of a group that was just started.
    /// - Returns: its leader; nil when everything was killed already: then this group was killed as well.
    func admit(_ pid: Int32) -> ProcessEntry.Key? {
        let leader = SystemProcesses.entry(pid)?.key ?? ProcessEntry.Key(pid: pid, start: 0)
        let isOpen = state.withLock { state in
            if !state.isClosed { state.leaders[pid] = leader }
            return !state.isClosed
        }
        if !isOpen { kill(-pid, SIGKILL) }
        return isOpen ? leader : nil
    }

    /// Forgets a group of which nothing is left.
    func dismiss(_ pid: Int32) { state.withLock { _ = $0.leaders.removeValue(forKey: pid) } }

    /// How many groups may still run.
    var count: Int { state.withLock { $0.leaders.count } }

    /// Kills everything at once and lets nothing be started any more. Does not wait; safe on any thread.
    /// - Parameter wholeProcess: whether every child of this process is meant, also one that has not got its mark yet
    ///   because it is just being started. Only for the end of a process that has no other children.
    func killAll(wholeProcess: Bool = false) {
        let leaders = state.withLock { state in
            state.isClosed = true
            return state.leaders
        }
        for (pid, leader) in leaders where Self.isOurs(leader) { kill(-pid, SIGKILL) }
        for _ in 0..<Self.rounds where !killMarked(wholeProcess) { return }
    }

    /// The number of a group stays taken while one of its processes runs; a leader of another start is a new group.
    private static func isOurs(_ leader: ProcessEntry.Key) -> Bool {
        SystemProcesses.entry(leader.pid).map { leader.start == 0 || $0.key == leader } ?? true
    }

    /// - Returns: whether there was something to kill.
    private func killMarked(_ wholeProcess: Bool) -> Bool {
        let own = getpid()
        let since = SystemProcesses.entry(own)?.key.start ?? 0
        var found = false
        for entry in SystemProcesses.all() where !entry.isOver && entry.pid != own && entry.key.start >= since {
            let isMarked =
                switch SystemProcesses.mark(of: entry.pid) {
                case .marked(let mark): mark.boot == boot.description
                default: false
                }
            guard isMarked || (wholeProcess && entry.parent == own) else { continue }
            found = true
            if entry.group == entry.pid { kill(-entry.pid, SIGKILL) }
            kill(entry.pid, SIGKILL)
        }
        return found
    }
}
