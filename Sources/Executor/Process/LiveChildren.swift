import Messages
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The process groups that an executor has started and that may still run: the only record of them, so that none
/// outlives the executor, however it ends.
///
/// ``Child`` adds a group as soon as the system has given it an id and removes it when nothing of it is left.
final class LiveChildren: Sendable {
    private struct State {
        /// The leader of each group.
        var leaders: [Int32: ProcessEntry.Key] = [:]
        var isClosed = false
    }

    /// How often ``killAll()`` looks again for processes that were started while it killed.
    private static let rounds = 20

    /// The id of this run of the executor, which every child carries in its environment.
    let boot: BootID
    private let state = Mutex(State())

    init(boot: BootID = .generate()) { self.boot = boot }

    /// Adds a group that was just started.
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

    /// Removes a group of which nothing is left.
    func dismiss(_ pid: Int32) { state.withLock { _ = $0.leaders.removeValue(forKey: pid) } }

    /// How many groups may still run.
    var count: Int { state.withLock { $0.leaders.count } }

    /// Kills everything at once and lets nothing be started afterwards. Does not wait; safe on any thread.
    /// - Parameter wholeProcess: whether to kill every child of this process, also one that is just being started and
    ///   has no mark yet. Only for the end of a program that has no other children.
    func killAll(wholeProcess: Bool = false) {
        let leaders = state.withLock { state in
            state.isClosed = true
            return state.leaders
        }
        for (pid, leader) in leaders where Self.isOurs(leader) { kill(-pid, SIGKILL) }
        for _ in 0..<Self.rounds where !killMarked(wholeProcess) { return }
    }

    /// A group's id stays taken while one of its processes runs; a leader with another start time leads a new group.
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
